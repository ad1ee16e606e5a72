import type { SourceAdapter } from '../source.ts'
import { normalise } from './normalise.ts'

/** Datadog webhooks, whatever template the customer chose; see README.md. */
export const datadog: SourceAdapter = { id: 'datadog', normalise }
