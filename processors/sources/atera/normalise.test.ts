import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { atera } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(atera, FOLDER)

describeIdentity(atera, FOLDER)
