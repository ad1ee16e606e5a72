import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { newrelic } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(newrelic, FOLDER)

describeIdentity(newrelic, FOLDER, 'key')
