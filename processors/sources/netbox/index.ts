import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** NetBox event rules; see README.md. */
export const netbox: SourceAdapter = { id: 'netbox', guide, normalise }
