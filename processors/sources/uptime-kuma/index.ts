import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Uptime Kuma webhook notifications; see README.md. */
export const uptimeKuma: SourceAdapter = { id: 'uptime-kuma', guide, normalise }
