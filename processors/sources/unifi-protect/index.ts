import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** UniFi Alarm Manager webhooks; see README.md. */
export const unifiProtect: SourceAdapter = { id: 'unifi-protect', guide, normalise }
