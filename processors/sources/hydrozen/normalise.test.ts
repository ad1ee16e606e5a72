import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { hydrozen } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(hydrozen, FOLDER)

describeIdentity(hydrozen, FOLDER)
