import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Atera alert objects; see README.md. */
export const atera: SourceAdapter = { id: 'atera', guide, normalise }
