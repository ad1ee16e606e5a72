import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** AppDynamics HTTP request templates; see README.md. */
export const appdynamics: SourceAdapter = { id: 'appdynamics', guide, normalise }
