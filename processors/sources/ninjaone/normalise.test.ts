import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { ninjaone } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(ninjaone, FOLDER)

describeIdentity(ninjaone, FOLDER)
