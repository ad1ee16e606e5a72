import type { SourceAdapter } from '../source.ts'
import { normalise } from './normalise.ts'

/** Prometheus Alertmanager webhooks; see README.md. */
export const alertmanager: SourceAdapter = { id: 'alertmanager', normalise }
