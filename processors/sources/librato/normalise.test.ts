import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { librato } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(librato, FOLDER)

describeIdentity(librato, FOLDER, 'key')
