import type { Severity } from '../../../schemas/records.ts'
import { at } from '../json.ts'
import type { Kind } from './kind.ts'

/** Keys of `finding-severity-counts`, worst first ("Amazon ECR events and EventBridge"). UNDEFINED is a finding nobody rated. */
const COUNTS: readonly (readonly [string, Severity])[] = [['CRITICAL', 'critical'], ['HIGH', 'high'], ['MEDIUM', 'medium'], ['LOW', 'low'], ['INFORMATIONAL', 'info'], ['UNDEFINED', 'unknown']]

/** The scan of an image: what it found is as bad as its worst finding, and a scan that found nothing ends it. */
export function readImageScan(detail: unknown): Kind {
  const asset = ['repository-name']
  if (at(detail, 'scan-status') !== 'COMPLETE') return { asset, state: ['scan-status'], states: { failed: 'firing' } }
  const worst = COUNTS.find(([name]) => Number(at(detail, 'finding-severity-counts', name)) > 0)
  return worst === undefined ? { asset, status: 'resolved' } : { asset, status: 'firing', graded: worst[1] }
}
