import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { prtg } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(prtg, FOLDER)

describeIdentity(prtg, FOLDER)
