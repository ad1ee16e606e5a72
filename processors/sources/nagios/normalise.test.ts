import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { nagios } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(nagios, FOLDER)

describeIdentity(nagios, FOLDER)
