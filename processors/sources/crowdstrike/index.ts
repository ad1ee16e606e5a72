import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** CrowdStrike Falcon: event stream, alerts of the API, Fusion workflows; see README.md. */
export const crowdstrike: SourceAdapter = { id: 'crowdstrike', guide, normalise }
