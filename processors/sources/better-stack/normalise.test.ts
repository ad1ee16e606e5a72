import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { betterStack } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(betterStack, FOLDER)

describeIdentity(betterStack, FOLDER)
