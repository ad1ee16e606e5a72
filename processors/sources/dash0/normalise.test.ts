import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { dash0 } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(dash0, FOLDER)

describeIdentity(dash0, FOLDER, 'key')
