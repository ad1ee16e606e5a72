import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Librato (SolarWinds AppOptics) alert webhooks; see README.md. */
export const librato: SourceAdapter = { id: 'librato', guide, normalise }
