import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { alertmanager } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(alertmanager, FOLDER)

describeIdentity(alertmanager, FOLDER)
