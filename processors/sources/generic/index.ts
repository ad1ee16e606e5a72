import type { SourceAdapter } from '../source.ts'
import { normalise } from './normalise.ts'

/** The generic body of `POST /api/webhooks/alerts`; see README.md. */
export const generic: SourceAdapter = { id: 'generic', normalise }
