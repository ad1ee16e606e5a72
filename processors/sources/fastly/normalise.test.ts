import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { fastly } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(fastly, FOLDER)

describeIdentity(fastly, FOLDER, 'key')
