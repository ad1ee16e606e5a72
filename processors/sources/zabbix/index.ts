import type { SourceAdapter } from '../source.ts'
import { guide } from './guide.ts'
import { normalise } from './normalise.ts'

/** Zabbix media types and action scripts; see README.md. */
export const zabbix: SourceAdapter = { id: 'zabbix', guide, normalise }
