import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** The generic body of `POST /api/webhooks/alerts`; see README.md. */
export const generic: SourceAdapter = { id: 'generic', guide, normalise }
