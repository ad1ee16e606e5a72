import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Opsgenie Alert API clients; see README.md. */
export const opsgenieApi: SourceAdapter = { id: 'opsgenie-api', guide, normalise }
