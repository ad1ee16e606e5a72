import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { healthchecks } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(healthchecks, FOLDER)

describeIdentity(healthchecks, FOLDER)
