import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** SentinelOne threats, alerts and activities; see README.md. */
export const sentinelone: SourceAdapter = { id: 'sentinelone', guide, normalise }
