import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { datadog } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(datadog, FOLDER)

describeIdentity(datadog, FOLDER)
