import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Cronitor webhooks; see README.md. */
export const cronitor: SourceAdapter = { id: 'cronitor', guide, normalise }
