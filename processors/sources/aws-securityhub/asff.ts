import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { awsResourceName } from '../aws-resource.ts'
import { makeAlert } from '../build.ts'
import { at, firstText, textEntries } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** `Severity.Label` of ASFF. */
export const LABELS: SeverityTable = { critical: 'critical', high: 'high', medium: 'medium', low: 'low', informational: 'info' }

/**
 * `Workflow.Status`: NOTIFIED says that the owner was told, SUPPRESSED and RESOLVED that nothing is left to do. The older `WorkflowState`
 * had words of its own.
 */
const WORKFLOW: StatusTable = { new: 'firing', notified: 'acknowledged', suppressed: 'resolved', resolved: 'resolved', assigned: 'acknowledged', in_progress: 'acknowledged', deferred: 'acknowledged' }

/** One finding in the AWS Security Finding Format. Null where it has neither id nor title. */
export function readAsff(finding: unknown, event: unknown, source: string): NormalisedAlert | null {
  const id = firstText(finding, 'Id')
  const title = firstText(finding, 'Title')
  if (id === null && title === null) return null
  const resource = firstText(finding, ['Resources', '0', 'Id'])
  return makeAlert({
    source,
    externalId: id,
    asset: awsResourceName(resource),
    signature: signatureOf(finding, title),
    severity: severityOf(finding),
    status: statusOf(finding),
    title,
    message: [firstText(finding, 'Description'), firstText(finding, ['Remediation', 'Recommendation', 'Url'])].filter((text) => text !== null).join('\n') || null,
    startsAtMs: instantMs(firstText(finding, 'FirstObservedAt')) ?? instantMs(firstText(finding, 'CreatedAt')),
    labels: [
      ...textEntries(at(finding, 'UserDefinedFields')),
      ['account', firstText(finding, 'AwsAccountId') ?? firstText(event, 'account')],
      ['account_name', firstText(finding, 'AwsAccountName')],
      ['region', firstText(finding, 'Region', ['Resources', '0', 'Region']) ?? firstText(event, 'region')],
      ['product', firstText(finding, 'ProductName', ['ProductFields', 'aws/securityhub/ProductName'])],
      ['product_arn', firstText(finding, 'ProductArn')],
      ['generator', firstText(finding, 'GeneratorId')],
      ['control', firstText(finding, ['Compliance', 'SecurityControlId'], ['ProductFields', 'ControlId'], ['ProductFields', 'RuleId'])],
      ['type', firstText(finding, ['Types', '0'], ['FindingProviderFields', 'Types', '0'])],
      ['resource_type', firstText(finding, ['Resources', '0', 'Type'])],
      ['resource_arn', resource],
      ['compliance', firstText(finding, ['Compliance', 'Status'])],
      ['workflow', firstText(finding, ['Workflow', 'Status'], 'WorkflowState')],
      ['record_state', firstText(finding, 'RecordState')],
      ['url', firstText(finding, 'SourceUrl')],
    ],
  })
}

/** GuardDuty writes instances and addresses into its titles; its type is the last step of `Types`. Everyone else's title names the check. */
function signatureOf(finding: unknown, title: string | null): string | null {
  const product = `${firstText(finding, 'ProductArn') ?? ''} ${firstText(finding, 'ProductName') ?? ''}`.slice(0, 1_024).toLowerCase()
  if (!product.includes('guardduty')) return title ?? firstText(finding, 'GeneratorId', ['Types', '0'])
  const type = firstText(finding, ['Types', '0'], ['FindingProviderFields', 'Types', '0'])
  return type?.slice(0, 1_024).split('/').at(-1) ?? title
}

function severityOf(finding: unknown): Severity {
  const labelled = severityFrom(LABELS, firstText(finding, ['Severity', 'Label'], ['FindingProviderFields', 'Severity', 'Label']))
  if (labelled !== 'unknown') return labelled
  // Providers that know no labels send 0 to 100, for which ASFF gives the ranges.
  const normalised = Number(firstText(finding, ['Severity', 'Normalized'], ['FindingProviderFields', 'Severity', 'Normalized']) ?? Number.NaN)
  if (!(normalised >= 0 && normalised <= 100)) return 'unknown'
  if (normalised >= 90) return 'critical'
  if (normalised >= 70) return 'high'
  if (normalised >= 40) return 'medium'
  return normalised >= 1 ? 'low' : 'info'
}

function statusOf(finding: unknown): AlertStatus {
  const compliance = firstText(finding, ['Compliance', 'Status'])
  if (firstText(finding, 'RecordState') === 'ARCHIVED' || compliance === 'PASSED') return 'resolved'
  const workflow = firstText(finding, ['Workflow', 'Status'], 'WorkflowState')
  const status = workflow === null ? 'firing' : statusFrom(WORKFLOW, workflow)
  // The check could not be made: neither ill nor well.
  return status === 'firing' && compliance === 'NOT_AVAILABLE' ? 'no_data' : status
}
