import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Icinga notification commands, Icinga Notifications and API events; see README.md. */
export const icinga: SourceAdapter = { id: 'icinga', guide, normalise }
