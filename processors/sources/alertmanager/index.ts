import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Prometheus and Alertmanager; see README.md. */
export const alertmanager: SourceAdapter = { id: 'alertmanager', guide, normalise }
