import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { awsCloudwatch } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(awsCloudwatch, FOLDER)

describeIdentity(awsCloudwatch, FOLDER)
