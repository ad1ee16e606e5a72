import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Datto RMM webhooks and alert objects; see README.md. */
export const dattoRmm: SourceAdapter = { id: 'datto-rmm', guide, normalise }
