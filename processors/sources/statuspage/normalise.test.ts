import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { statuspage } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(statuspage, FOLDER)

describeIdentity(statuspage, FOLDER)
