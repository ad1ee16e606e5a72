import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Dash0 check rules; see README.md. */
export const dash0: SourceAdapter = { id: 'dash0', guide, normalise }
