import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Datadog webhooks, whatever template the customer chose; see README.md. */
export const datadog: SourceAdapter = { id: 'datadog', guide, normalise }
