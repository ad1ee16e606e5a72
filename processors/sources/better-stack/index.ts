import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Better Stack outgoing webhooks; see README.md. */
export const betterStack: SourceAdapter = { id: 'better-stack', guide, normalise }
