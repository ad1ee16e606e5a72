import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { opsgenie } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(opsgenie, FOLDER)

describeIdentity(opsgenie, FOLDER)
