import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** ServerGuard24 notifications; see README.md. */
export const serverguard24: SourceAdapter = { id: 'serverguard24', guide, normalise }
