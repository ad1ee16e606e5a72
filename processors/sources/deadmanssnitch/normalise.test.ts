import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { deadmanssnitch } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(deadmanssnitch, FOLDER)

describeIdentity(deadmanssnitch, FOLDER)
