import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Pulsetic webhooks; see README.md. */
export const pulsetic: SourceAdapter = { id: 'pulsetic', guide, normalise }
