import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Acronis Cyber Protect alerts; see README.md. */
export const acronis: SourceAdapter = { id: 'acronis', guide, normalise }
