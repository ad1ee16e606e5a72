import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** OpenTelemetry logs over OTLP; see README.md. */
export const opentelemetry: SourceAdapter = { id: 'opentelemetry', guide, normalise }
