import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Hyperping webhooks; see README.md. */
export const hyperping: SourceAdapter = { id: 'hyperping', guide, normalise }
