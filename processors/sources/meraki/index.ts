import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Cisco Meraki dashboard webhooks; see README.md. */
export const meraki: SourceAdapter = { id: 'meraki', guide, normalise }
