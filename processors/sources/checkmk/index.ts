import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Checkmk notification scripts; see README.md. */
export const checkmk: SourceAdapter = { id: 'checkmk', guide, normalise }
