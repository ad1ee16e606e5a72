import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Riemann events; see README.md. */
export const riemann: SourceAdapter = { id: 'riemann', guide, normalise }
