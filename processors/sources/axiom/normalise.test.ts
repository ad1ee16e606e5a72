import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { axiom } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(axiom, FOLDER)

describeIdentity(axiom, FOLDER, 'key')
