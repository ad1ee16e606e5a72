import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { generic } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(generic, FOLDER)

describeIdentity(generic, FOLDER)
