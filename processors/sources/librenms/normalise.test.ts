import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { librenms } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(librenms, FOLDER)

describeIdentity(librenms, FOLDER)
