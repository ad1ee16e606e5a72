import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Graylog event notifications and the older alarm callback; see README.md. */
export const graylog: SourceAdapter = { id: 'graylog', guide, normalise }
