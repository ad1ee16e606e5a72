import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { veeam } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(veeam, FOLDER)

describeIdentity(veeam, FOLDER)
