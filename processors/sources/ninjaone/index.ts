import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** NinjaOne webhooks and alert objects; see README.md. */
export const ninjaone: SourceAdapter = { id: 'ninjaone', guide, normalise }
