import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { cloudevents } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(cloudevents, FOLDER)

describeIdentity(cloudevents, FOLDER)
