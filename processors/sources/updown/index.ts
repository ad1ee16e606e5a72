import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** updown.io webhooks; see README.md. */
export const updown: SourceAdapter = { id: 'updown', guide, normalise }
