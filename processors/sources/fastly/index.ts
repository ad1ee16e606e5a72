import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Fastly observability alerts; see README.md. */
export const fastly: SourceAdapter = { id: 'fastly', guide, normalise }
