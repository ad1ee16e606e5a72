import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { scom } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(scom, FOLDER)

describeIdentity(scom, FOLDER)
