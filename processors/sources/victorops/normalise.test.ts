import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { victorops } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(victorops, FOLDER)

describeIdentity(victorops, FOLDER)
