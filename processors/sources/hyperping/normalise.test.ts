import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { hyperping } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(hyperping, FOLDER)

describeIdentity(hyperping, FOLDER)
