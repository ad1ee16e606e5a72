import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { checkly } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(checkly, FOLDER)

describeIdentity(checkly, FOLDER)
