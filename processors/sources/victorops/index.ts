import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** VictorOps and Splunk On-Call REST clients; see README.md. */
export const victorops: SourceAdapter = { id: 'victorops', guide, normalise }
