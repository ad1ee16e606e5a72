import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Syslog lines over HTTP; see README.md. */
export const syslog: SourceAdapter = { id: 'syslog', guide, normalise }
