import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Healthchecks webhooks; see README.md. */
export const healthchecks: SourceAdapter = { id: 'healthchecks', guide, normalise }
