import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { azureMonitor } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(azureMonitor, FOLDER)

describeIdentity(azureMonitor, FOLDER)
