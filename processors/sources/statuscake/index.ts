import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** StatusCake contact group webhooks; see README.md. */
export const statuscake: SourceAdapter = { id: 'statuscake', guide, normalise }
