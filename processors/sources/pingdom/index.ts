import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Pingdom state change webhooks; see README.md. */
export const pingdom: SourceAdapter = { id: 'pingdom', guide, normalise }
