import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** AWS Security Hub findings in ASFF and OCSF; see README.md. */
export const awsSecurityhub: SourceAdapter = { id: 'aws-securityhub', guide, normalise }
