import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { kapacitor } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(kapacitor, FOLDER)

describeIdentity(kapacitor, FOLDER, 'key')
