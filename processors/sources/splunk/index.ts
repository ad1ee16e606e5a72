import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Splunk's webhook alert action; see README.md. */
export const splunk: SourceAdapter = { id: 'splunk', guide, normalise }
