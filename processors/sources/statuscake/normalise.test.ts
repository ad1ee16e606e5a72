import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { statuscake } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(statuscake, FOLDER)

describeIdentity(statuscake, FOLDER)
