import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Uptime.com Custom Postback URL; see README.md. */
export const uptimeCom: SourceAdapter = { id: 'uptime-com', guide, normalise }
