import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Netdata Agent custom notifications and Netdata Cloud webhooks; see README.md. */
export const netdata: SourceAdapter = { id: 'netdata', guide, normalise }
