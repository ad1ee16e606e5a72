import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Google Cloud Monitoring webhook and Pub/Sub notifications; see README.md. */
export const gcpMonitoring: SourceAdapter = { id: 'gcp-monitoring', guide, normalise }
