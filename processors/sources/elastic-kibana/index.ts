import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Elastic Kibana alerting: webhook connectors, alert documents and Watcher; see README.md. */
export const elasticKibana: SourceAdapter = { id: 'elastic-kibana', guide, normalise }
