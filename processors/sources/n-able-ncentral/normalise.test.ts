import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { nAbleNcentral } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(nAbleNcentral, FOLDER)

describeIdentity(nAbleNcentral, FOLDER)
