import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** PagerDuty Events API v2 and v1 clients; see README.md. */
export const pagerdutyEvents: SourceAdapter = { id: 'pagerduty-events', guide, normalise }
