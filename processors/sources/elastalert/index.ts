import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** ElastAlert and ElastAlert 2: HTTP POST alerters with the customer's own fields; see README.md. */
export const elastalert: SourceAdapter = { id: 'elastalert', guide, normalise }
