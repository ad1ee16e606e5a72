import { describeGolden, describeIdentity } from '../../../test/harness/golden.ts'
import { zabbix } from './index.ts'

const FOLDER = import.meta.dirname

describeGolden(zabbix, FOLDER)

describeIdentity(zabbix, FOLDER)
