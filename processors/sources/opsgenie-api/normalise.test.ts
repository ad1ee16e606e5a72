import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { opsgenieApi } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(opsgenieApi, FOLDER)

describeIdentity(opsgenieApi, FOLDER)
