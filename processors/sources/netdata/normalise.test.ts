import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { netdata } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(netdata, FOLDER)

describeIdentity(netdata, FOLDER)
