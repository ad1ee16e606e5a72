import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** LibreNMS API transport; see README.md. */
export const librenms: SourceAdapter = { id: 'librenms', guide, normalise }
