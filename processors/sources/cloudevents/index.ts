import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** CloudEvents 1.0; see README.md. */
export const cloudevents: SourceAdapter = { id: 'cloudevents', guide, normalise }
