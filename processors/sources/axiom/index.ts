import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Axiom monitors; see README.md. */
export const axiom: SourceAdapter = { id: 'axiom', guide, normalise }
