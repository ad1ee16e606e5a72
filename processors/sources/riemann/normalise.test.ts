import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { riemann } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(riemann, FOLDER)

describeIdentity(riemann, FOLDER, 'key')
