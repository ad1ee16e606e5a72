import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { pagerduty } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(pagerduty, FOLDER)

describeIdentity(pagerduty, FOLDER)
