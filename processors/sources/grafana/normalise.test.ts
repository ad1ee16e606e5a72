import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { grafana } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(grafana, FOLDER)

describeIdentity(grafana, FOLDER)
