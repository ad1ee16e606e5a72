import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { connectwiseAutomate } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(connectwiseAutomate, FOLDER)

describeIdentity(connectwiseAutomate, FOLDER)
