import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Sophos Central alerts and events; see README.md. */
export const sophosCentral: SourceAdapter = { id: 'sophos-central', guide, normalise }
