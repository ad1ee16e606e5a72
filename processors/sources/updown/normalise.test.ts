import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { updown } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(updown, FOLDER)

describeIdentity(updown, FOLDER)
