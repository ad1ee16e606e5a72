import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** N-able N-central notifications as XML; see README.md. */
export const nAbleNcentral: SourceAdapter = { id: 'n-able-ncentral', guide, normalise }
