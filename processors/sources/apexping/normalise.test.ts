import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { apexping } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(apexping, FOLDER)

describeIdentity(apexping, FOLDER)
