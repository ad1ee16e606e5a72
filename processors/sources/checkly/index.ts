import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Checkly webhook alert channels; see README.md. */
export const checkly: SourceAdapter = { id: 'checkly', guide, normalise }
