import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Hydrozen.io webhooks; see README.md. */
export const hydrozen: SourceAdapter = { id: 'hydrozen', guide, normalise }
