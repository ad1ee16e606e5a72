import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { monit } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(monit, FOLDER)

describeIdentity(monit, FOLDER)
