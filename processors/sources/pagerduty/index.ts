import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** PagerDuty webhooks, versions 3, 2 and 1; see README.md. */
export const pagerduty: SourceAdapter = { id: 'pagerduty', guide, normalise }
