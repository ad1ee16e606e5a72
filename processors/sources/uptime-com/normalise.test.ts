import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { uptimeCom } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(uptimeCom, FOLDER)

describeIdentity(uptimeCom, FOLDER)
