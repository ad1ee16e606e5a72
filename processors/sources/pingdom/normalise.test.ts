import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { pingdom } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(pingdom, FOLDER)

describeIdentity(pingdom, FOLDER)
