import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Any event of Amazon EventBridge; see README.md. */
export const awsEventbridge: SourceAdapter = { id: 'aws-eventbridge', guide, normalise }
