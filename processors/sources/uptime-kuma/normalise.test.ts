import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { uptimeKuma } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(uptimeKuma, FOLDER)

describeIdentity(uptimeKuma, FOLDER)
