import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Notifications of Atlassian Statuspage; see README.md. */
export const statuspage: SourceAdapter = { id: 'statuspage', guide, normalise }
