import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Apex Ping webhooks; see README.md. */
export const apexping: SourceAdapter = { id: 'apexping', guide, normalise }
