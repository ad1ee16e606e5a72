import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Sentry integrations (issues, errors, issue alerts, metric alerts) and the older WebHooks plugin; see README.md. */
export const sentry: SourceAdapter = { id: 'sentry', guide, normalise }
