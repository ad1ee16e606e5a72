import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** LogicMonitor custom HTTP delivery; see README.md. */
export const logicmonitor: SourceAdapter = { id: 'logicmonitor', guide, normalise }
