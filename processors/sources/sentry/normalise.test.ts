import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { sentry } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(sentry, FOLDER)

describeIdentity(sentry, FOLDER, 'key')
