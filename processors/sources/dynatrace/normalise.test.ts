import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { dynatrace } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(dynatrace, FOLDER)

describeIdentity(dynatrace, FOLDER, 'key')
