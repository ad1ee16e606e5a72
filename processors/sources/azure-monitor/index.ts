import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Azure Monitor action groups, common and older schemas; see README.md. */
export const azureMonitor: SourceAdapter = { id: 'azure-monitor', guide, normalise }
