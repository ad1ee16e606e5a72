import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { pulsetic } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(pulsetic, FOLDER)

describeIdentity(pulsetic, FOLDER)
