import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { dattoRmm } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(dattoRmm, FOLDER)

describeIdentity(dattoRmm, FOLDER)
