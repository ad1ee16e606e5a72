import type { AlertStatus } from '../../../schemas/records.ts'
import { awsResourceName } from '../aws-resource.ts'
import { makeAlert } from '../build.ts'
import { at, firstText } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** `severity_id` and `severity` of OCSF. 0 and 99 are unknown and other. */
const SEVERITIES: SeverityTable = { 1: 'info', 2: 'low', 3: 'medium', 4: 'high', 5: 'critical', 6: 'critical', informational: 'info', low: 'low', medium: 'medium', high: 'high', critical: 'critical', fatal: 'critical' }

/** `status_id` and `status` of an OCSF finding: new, in progress, suppressed, resolved, archived, deleted. */
const STATUSES: StatusTable = { 1: 'firing', 2: 'acknowledged', 3: 'resolved', 4: 'resolved', 5: 'resolved', 6: 'resolved', new: 'firing', 'in progress': 'acknowledged', suppressed: 'resolved', resolved: 'resolved', archived: 'resolved', deleted: 'resolved' }

/** True for a finding of the Open Cybersecurity Schema Framework, which the newer Security Hub sends. */
export function isOcsf(finding: unknown): boolean {
  return at(finding, 'finding_info') !== undefined
}

/** One OCSF finding. Null where it has neither id nor title. */
export function readOcsf(finding: unknown, event: unknown, source: string): NormalisedAlert | null {
  const id = firstText(finding, ['finding_info', 'uid'], ['metadata', 'uid'])
  const title = firstText(finding, ['finding_info', 'title'])
  if (id === null && title === null) return null
  const resource = firstText(finding, ['resources', '0', 'uid'], ['resources', '0', 'name'], ['resource', 'uid'])
  return makeAlert({
    source,
    externalId: id,
    asset: awsResourceName(resource),
    signature: firstText(finding, ['compliance', 'control']) ?? typeOf(finding) ?? title,
    severity: severityFrom(SEVERITIES, firstText(finding, ['vendor_attributes', 'severity_id'], 'severity_id', 'severity')),
    status: statusOf(finding),
    title,
    message: firstText(finding, ['finding_info', 'desc'], 'message'),
    startsAtMs: instantMs(firstText(finding, ['finding_info', 'first_seen_time_dt'], ['finding_info', 'first_seen_time'], ['finding_info', 'created_time_dt'], ['finding_info', 'created_time'], 'time_dt', 'time')),
    labels: [
      ['account', firstText(finding, ['cloud', 'account', 'uid']) ?? firstText(event, 'account')],
      ['account_name', firstText(finding, ['cloud', 'account', 'name'])],
      ['region', firstText(finding, ['cloud', 'region'], ['resources', '0', 'region']) ?? firstText(event, 'region')],
      ['product', firstText(finding, ['metadata', 'product', 'name'])],
      ['class', firstText(finding, 'class_name')],
      ['type', firstText(finding, ['finding_info', 'types', '0'])],
      ['resource_type', firstText(finding, ['resources', '0', 'type'])],
      ['resource_arn', resource],
      ['compliance', firstText(finding, ['compliance', 'status'])],
    ],
  })
}

/** GuardDuty's titles name instances, so its type stands for the check. */
function typeOf(finding: unknown): string | null {
  const product = (firstText(finding, ['metadata', 'product', 'name'], ['metadata', 'product', 'uid']) ?? '').slice(0, 512).toLowerCase()
  return product.includes('guardduty') ? firstText(finding, ['finding_info', 'types', '0']) : null
}

function statusOf(finding: unknown): AlertStatus {
  if ((firstText(finding, ['compliance', 'status']) ?? '').toLowerCase() === 'pass') return 'resolved'
  const word = firstText(finding, 'status_id') ?? firstText(finding, 'status')
  // 0 and 99 say that the product has no status of its own.
  return word === null || word === '0' || word === '99' ? 'firing' : statusFrom(STATUSES, word)
}
