import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { opentelemetry } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(opentelemetry, FOLDER)

describeIdentity(opentelemetry, FOLDER)
