import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Grafana alert notifications, unified, legacy and custom; see README.md. */
export const grafana: SourceAdapter = { id: 'grafana', guide, normalise }
