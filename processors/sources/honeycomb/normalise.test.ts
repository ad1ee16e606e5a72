import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { honeycomb } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(honeycomb, FOLDER)

describeIdentity(honeycomb, FOLDER, 'key')
