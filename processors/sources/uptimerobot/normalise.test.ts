import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { uptimerobot } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(uptimerobot, FOLDER)

describeIdentity(uptimerobot, FOLDER)
