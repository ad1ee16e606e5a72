import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Amazon GuardDuty findings through EventBridge and SNS; see README.md. */
export const awsGuardduty: SourceAdapter = { id: 'aws-guardduty', guide, normalise }
