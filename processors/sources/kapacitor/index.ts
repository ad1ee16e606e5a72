import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Kapacitor alert nodes that post their alert data; see README.md. */
export const kapacitor: SourceAdapter = { id: 'kapacitor', guide, normalise }
