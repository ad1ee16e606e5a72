import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Opsgenie and Jira Service Management outgoing webhooks; see README.md. */
export const opsgenie: SourceAdapter = { id: 'opsgenie', guide, normalise }
