import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** CloudWatch alarms through SNS, EventBridge and Lambda; see README.md. */
export const awsCloudwatch: SourceAdapter = { id: 'aws-cloudwatch', guide, normalise }
