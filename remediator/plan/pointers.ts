/** What an alert's labels say about where its machine is. Labels are text from outside: what is read here is a claim, and targets.ts decides whether it is believed. */
import type { Cloud } from '../../schemas/runs.ts'

/** A machine that a label claims to be meant. */
export interface Pointer {
  readonly cloud: Cloud
  /** Account id, subscription or project in lower case; null: the label does not say. */
  readonly account: string | null
  /** AWS instance or managed-node id, else the name of the machine. */
  readonly instanceId: string
  /** Azure resource group, GCP zone. */
  readonly group: string | null
  readonly region: string | null
  /** The label that says it. */
  readonly label: string
}

const LABELS_MAX = 200
const VALUE_CHARS = 1_000
/** Instances of EC2 and managed nodes of Systems Manager. */
const AWS_ID = /^(?:i-[0-9a-f]{8}(?:[0-9a-f]{9})?|mi-[0-9a-f]{17})$/
const AWS_ARN = /^arn:aws[a-z-]{0,12}:(?:ec2|ssm):([a-z]{2}(?:-[a-z]{2,10}){1,3}-\d):(\d{12}):(?:instance|managed-instance)\/((?:m?i)-[0-9a-f]{8,17})$/
const AZURE_ID = /^\/subscriptions\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\/resourcegroups\/([\w.()-]{1,90})\/providers\/microsoft\.compute\/virtualmachines\/([\w.-]{1,64})$/i
const GCP_ID = /^(?:(?:https:)?\/\/(?:www\.)?(?:compute\.)?googleapis\.com\/(?:compute\/v1\/)?)?projects\/([a-z][a-z0-9-]{4,28}[a-z0-9])\/zones\/([a-z]+-[a-z]+\d+-[a-z])\/instances\/([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$/
const INSTANCE_NAMES = ['instance_id', 'instanceid', 'instance-id', 'aws_instance_id', 'ec2_instance_id', 'host_id', 'cloud.instance.id', 'host.id', 'instance']
const AWS_ACCOUNT_NAMES = ['aws_account', 'aws_account_id', 'account_id', 'accountid', 'aws_owner_id', 'cloud.account.id', 'account']
const AWS_REGION_NAMES = ['region', 'aws_region', 'cloud.region']
const PROJECT_NAMES = ['project_id', 'gcp_project', 'gcp_project_id', 'project']
const ZONE_NAMES = ['zone', 'gcp_zone']
const GCP_INSTANCE_NAMES = ['instance_name', 'gce_instance_name']

/** Every machine that labels name in a form that a cloud uses; nothing for other text. */
export function pointersOf(labels: Readonly<Record<string, string>>): readonly Pointer[] {
  const entries = Object.entries(labels).slice(0, LABELS_MAX).filter(([, value]) => value.length <= VALUE_CHARS).map(([name, value]) => [name, value.trim()] as const)
  const first = (names: readonly string[], form: RegExp): string | null => entries.find(([name, value]) => names.includes(name.toLowerCase()) && form.test(value))?.[1] ?? null
  const found: Pointer[] = []
  for (const [label, value] of entries) {
    const pointer = wholeId(label, value)
    if (pointer !== null) found.push(pointer)
    else if (INSTANCE_NAMES.includes(label.toLowerCase()) && AWS_ID.test(value)) {
      found.push({ cloud: 'aws', account: first(AWS_ACCOUNT_NAMES, /^\d{12}$/), instanceId: value, group: null, region: first(AWS_REGION_NAMES, /^[a-z]{2}(-[a-z]{2,10}){1,3}-\d$/), label })
    }
  }
  const [project, zone, name] = [first(PROJECT_NAMES, /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/), first(ZONE_NAMES, /^[a-z]+-[a-z]+\d+-[a-z]$/), first(GCP_INSTANCE_NAMES, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)]
  if (project !== null && zone !== null && name !== null) found.push({ cloud: 'gcp', account: project, instanceId: name, group: zone, region: zone.slice(0, -2), label: 'instance_name' })
  const seen = new Set<string>()
  return found.filter(({ cloud, account, group, instanceId }) => {
    const key = [cloud, account, group, instanceId].join(' ').toLowerCase()
    return seen.has(key) ? false : (seen.add(key), true)
  })
}

/** The ids that clouds themselves use name the account too. */
function wholeId(label: string, value: string): Pointer | null {
  const arn = AWS_ARN.exec(value)
  if (arn !== null) return { cloud: 'aws', account: arn[2] ?? '', instanceId: arn[3] ?? '', group: null, region: arn[1] ?? null, label }
  const azure = AZURE_ID.exec(value)
  if (azure !== null) return { cloud: 'azure', account: (azure[1] ?? '').toLowerCase(), instanceId: azure[3] ?? '', group: azure[2] ?? null, region: null, label }
  const gcp = GCP_ID.exec(value)
  return gcp === null ? null : { cloud: 'gcp', account: gcp[1] ?? '', instanceId: gcp[3] ?? '', group: gcp[2] ?? null, region: (gcp[2] ?? '').slice(0, -2), label }
}
