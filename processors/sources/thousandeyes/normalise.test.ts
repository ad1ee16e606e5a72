import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { thousandeyes } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(thousandeyes, FOLDER)

describeIdentity(thousandeyes, FOLDER)
