import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { cronitor } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(cronitor, FOLDER)

describeIdentity(cronitor, FOLDER)
