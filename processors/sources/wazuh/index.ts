import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Wazuh alerts through the Integrator; see README.md. */
export const wazuh: SourceAdapter = { id: 'wazuh', guide, normalise }
