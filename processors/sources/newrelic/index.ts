import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** New Relic workflows and the older notification channels; see README.md. */
export const newrelic: SourceAdapter = { id: 'newrelic', guide, normalise }
