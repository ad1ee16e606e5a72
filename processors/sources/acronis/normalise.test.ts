import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { acronis } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(acronis, FOLDER)

describeIdentity(acronis, FOLDER)
