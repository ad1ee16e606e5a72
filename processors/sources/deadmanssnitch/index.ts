import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Dead Man's Snitch webhooks; see README.md. */
export const deadmanssnitch: SourceAdapter = { id: 'deadmanssnitch', guide, normalise }
