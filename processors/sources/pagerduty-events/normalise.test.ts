import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { pagerdutyEvents } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(pagerdutyEvents, FOLDER)

describeIdentity(pagerdutyEvents, FOLDER)
