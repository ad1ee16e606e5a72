import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { recognise } from './recognise.ts'

/** An adapter for a tool we have none for: reads common field names; see README.md. */
export function unknownAdapter(source: string): SourceAdapter {
  return { id: source, guide, normalise: (payload) => recognise(payload, source, '', { isUnknownTool: true }) }
}
