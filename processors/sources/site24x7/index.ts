import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Site24x7 alarms by webhook; see README.md. */
export const site24x7: SourceAdapter = { id: 'site24x7', guide, normalise }
