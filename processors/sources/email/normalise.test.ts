import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { email } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(email, FOLDER)

describeIdentity(email, FOLDER)
