import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** PRTG Network Monitor, notification method "Execute HTTP Action"; see README.md. */
export const prtg: SourceAdapter = { id: 'prtg', guide, normalise }
