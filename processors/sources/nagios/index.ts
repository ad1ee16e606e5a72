import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Nagios Core and XI notification commands; see README.md. */
export const nagios: SourceAdapter = { id: 'nagios', guide, normalise }
