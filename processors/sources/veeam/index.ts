import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Veeam ONE, Backup & Replication and Service Provider Console notifications; see README.md. */
export const veeam: SourceAdapter = { id: 'veeam', guide, normalise }
