import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Conviva alerts; see README.md. */
export const conviva: SourceAdapter = { id: 'conviva', guide, normalise }
