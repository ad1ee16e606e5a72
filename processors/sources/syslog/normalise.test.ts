import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { syslog } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(syslog, FOLDER)

describeIdentity(syslog, FOLDER)
