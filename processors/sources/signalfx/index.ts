import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Splunk Observability Cloud (SignalFx) detectors; see README.md. */
export const signalfx: SourceAdapter = { id: 'signalfx', guide, normalise }
