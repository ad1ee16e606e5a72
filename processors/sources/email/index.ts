import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Mails parsed by a gateway; see README.md. */
export const email: SourceAdapter = { id: 'email', guide, normalise }
