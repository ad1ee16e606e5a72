import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Dynatrace problem notifications and problem events; see README.md. */
export const dynatrace: SourceAdapter = { id: 'dynatrace', guide, normalise }
