import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Monit, as it speaks to M/Monit; see README.md. */
export const monit: SourceAdapter = { id: 'monit', guide, normalise }
