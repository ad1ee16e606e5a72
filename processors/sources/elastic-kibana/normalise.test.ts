import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { elasticKibana } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(elasticKibana, FOLDER)

describeIdentity(elasticKibana, FOLDER, 'key')
