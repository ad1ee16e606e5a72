import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Honeycomb triggers and burn alerts; see README.md. */
export const honeycomb: SourceAdapter = { id: 'honeycomb', guide, normalise }
