import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { icinga } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(icinga, FOLDER)

describeIdentity(icinga, FOLDER)
