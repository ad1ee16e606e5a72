import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { signalfx } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(signalfx, FOLDER)

describeIdentity(signalfx, FOLDER, 'key')
