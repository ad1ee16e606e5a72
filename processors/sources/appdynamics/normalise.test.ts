import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { appdynamics } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(appdynamics, FOLDER)

describeIdentity(appdynamics, FOLDER, 'key')
