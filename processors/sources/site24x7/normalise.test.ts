import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { site24x7 } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(site24x7, FOLDER)

describeIdentity(site24x7, FOLDER)
