import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { awsResourceName } from '../aws-resource.ts'
import { makeAlert } from '../build.ts'
import { at, firstText, isObject, jsonInside, listOf, textEntries, textOf } from '../json.ts'
import type { NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom } from '../words.ts'
import { KINDS } from './catalogue.ts'
import { readTask } from './ecs-task.ts'
import { readImageScan } from './image-scan.ts'
import { JOBS, type Kind, type Path } from './kind.ts'
import { rdsMeaning } from './rds.ts'

/** Where services that are in no list usually keep what we look for. */
const ANY: Kind = {
  asset: ['instance-id', 'instanceId', 'resourceId', 'resource-id', 'resourceArn', 'host', 'hostname', 'name', 'jobName'],
  state: ['state', 'status', 'Status', 'currentStatus'],
  states: { ...JOBS, stopped: 'unknown', cancelled: 'unknown', canceled: 'unknown', alarm: 'firing', unhealthy: 'firing', healthy: 'resolved', active: 'unknown', running: 'unknown' },
  severity: ['severity', 'Severity', ['severity', 'label']],
  message: ['message', 'Message', 'description', 'reason', 'statusMessage'],
}

/** One event by its `detail-type`. `DetailType` and a `Detail` of text are the fields of PutEvents, which people copy from. */
export function readEvent(event: unknown, kindName: string, source: string): NormalisedAlert {
  const given = at(event, 'detail') ?? at(event, 'Detail')
  const detail = typeof given === 'string' ? jsonInside(given) : given
  const kind = kindOf(kindName, detail)
  const rds = kindName.startsWith('RDS ') ? rdsMeaning(firstText(detail, 'EventID'), listOf(at(detail, 'EventCategories')).flatMap((name) => textOf(name) ?? [])) : null
  const asset = nameOf(first(detail, kind.asset)) ?? nameOf(firstText(event, ['resources', '0']))
  const told = rds?.status ?? statusOf(detail, kind)
  // A kind whose states we know told a step on the way or a note: neither ill nor well. Of an event nobody described, a rule of the customer's own says that it matters.
  const status = told === 'unknown' && kind !== ANY ? 'no_data' : told
  const pair = rds?.pair ?? kind.pair
  return makeAlert({
    source,
    externalId: first(detail, kind.id) ?? (pair === undefined || asset === null ? null : [firstText(event, 'account'), firstText(event, 'region'), firstText(event, 'source'), asset, pair].map((part) => part ?? '').join(':')),
    asset,
    signature: first(detail, kind.signature) ?? kindName,
    severity: severityOf(detail, kind),
    status,
    title: first(detail, kind.title) ?? kindName,
    message: first(detail, kind.message),
    startsAtMs: startOf(event, detail, { ...kind, ...(pair === undefined ? {} : { pair }) }, status),
    labels: [
      ...textEntries(detail),
      ['event_source', firstText(event, 'source', 'Source')],
      ['detail_type', kindName],
      ['account', firstText(event, 'account')],
      ['region', firstText(event, 'region')],
      ['event_id', firstText(event, 'id')],
      ['resource_arn', firstText(event, ['resources', '0'])],
      ['categories', listOf(at(detail, 'EventCategories')).flatMap((name) => textOf(name) ?? []).slice(0, 8).join(',') || null],
    ],
  })
}

/** How this event is read: by its kind, or by its detail where the kind alone does not tell. */
function kindOf(kindName: string, detail: unknown): Kind {
  if (kindName === 'ECS Task State Change') return readTask(detail)
  if (kindName === 'ECR Image Scan') return readImageScan(detail)
  return Object.hasOwn(KINDS, kindName) ? (KINDS[kindName] ?? ANY) : ANY
}

/** ECS groups tasks as `service:web` and `family:batch`. */
function nameOf(text: string | null): string | null {
  const name = awsResourceName(text)
  return name?.startsWith('service:') === true || name?.startsWith('family:') === true ? name.slice(name.indexOf(':') + 1) || name : name
}

function statusOf(detail: unknown, kind: Kind): AlertStatus {
  if (kind.status !== undefined) return kind.status
  // The first of the places whose word the table knows: a service may tell its event before its level.
  for (const path of kind.state ?? []) {
    const status = statusFrom(kind.states ?? JOBS, first(detail, [path]))
    if (status !== 'unknown') return status
  }
  return 'unknown'
}

function severityOf(detail: unknown, kind: Kind): Severity {
  const word = first(detail, kind.severity)
  const graded = word === null ? 'unknown' : severityFrom(kind.severities ?? SEVERITY_WORDS, word)
  return graded === 'unknown' ? (kind.graded ?? 'unknown') : graded
}

/** When it began; the time of an event that says that something ended is not that. */
function startOf(event: unknown, detail: unknown, kind: Kind, status: AlertStatus): number | null {
  const said = instant(first(detail, kind.startsAt))
  if (said !== null && (status !== 'resolved' || kind.pair === undefined)) return said
  return status === 'resolved' ? null : instant(firstText(event, 'time', 'Time'))
}

/** The services' own samples are dated at the epoch itself, which elsewhere means no time. */
function instant(text: string | null): number | null {
  return instantMs(text) ?? (text !== null && /^1970-01-01T00:00:00(\.0+)?Z$/.test(text.slice(0, 40)) ? 0 : null)
}

function first(detail: unknown, paths: readonly Path[] | undefined): string | null {
  return paths === undefined || !isObject(detail) ? null : firstText(detail, ...paths)
}
