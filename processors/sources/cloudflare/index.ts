import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Cloudflare notifications; see README.md. */
export const cloudflare: SourceAdapter = { id: 'cloudflare', guide, normalise }
