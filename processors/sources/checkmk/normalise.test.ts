import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { checkmk } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(checkmk, FOLDER)

describeIdentity(checkmk, FOLDER)
