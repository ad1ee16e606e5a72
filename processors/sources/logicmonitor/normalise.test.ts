import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { logicmonitor } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(logicmonitor, FOLDER)

describeIdentity(logicmonitor, FOLDER)
