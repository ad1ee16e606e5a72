import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Fail2Ban actions; see README.md. */
export const fail2ban: SourceAdapter = { id: 'fail2ban', guide, normalise }
