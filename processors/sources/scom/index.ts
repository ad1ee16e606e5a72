import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** System Center Operations Manager notifications; see README.md. */
export const scom: SourceAdapter = { id: 'scom', guide, normalise }
