import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { serverguard24 } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(serverguard24, FOLDER)

describeIdentity(serverguard24, FOLDER)
