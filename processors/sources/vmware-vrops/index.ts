import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** VMware Aria Operations (vRealize Operations) notifications; see README.md. */
export const vmwareVrops: SourceAdapter = { id: 'vmware-vrops', guide, normalise }
