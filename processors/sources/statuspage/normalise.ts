import { makeAlert, reject } from '../build.ts'
import { at, firstText, isObject, listOf, type JsonObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { beganAtMs, listText, readOneOrMany } from '../uptime.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** `impact` of an incident (Statuspage, "Top-level status and incident impact calculations"); none says that nobody is affected. */
const IMPACTS: SeverityTable = { critical: 'critical', major: 'high', minor: 'low', maintenance: 'info', majoroutage: 'critical', partialoutage: 'high', degradedperformance: 'low' }

/** A component's status as the impact it makes (the same page): major outage critical, partial outage major, degraded minor. */
const COMPONENT_SEVERITIES: SeverityTable = { majoroutage: 'critical', partialoutage: 'high', degradedperformance: 'low', undermaintenance: 'info' }

/** `status` of an incident. Planned work is announced, not a problem: it never opens one. */
const INCIDENT_STATUSES: StatusTable = {
  investigating: 'firing', identified: 'firing', monitoring: 'firing', resolved: 'resolved', postmortem: 'resolved',
  scheduled: 'no_data', notstartedyet: 'no_data', inprogress: 'no_data', verifying: 'no_data', completed: 'resolved',
}

const COMPONENT_STATUSES: StatusTable = { operational: 'resolved', degradedperformance: 'firing', partialoutage: 'firing', majoroutage: 'firing', undermaintenance: 'no_data' }

/** Reads the notification a status page sends to its webhook subscribers: of an incident, of planned work, or of one component. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a Statuspage notification is an object with incident or component')]
  const page = element['page']
  const incident = element['incident'] ?? element['maintenance']
  if (isObject(incident) && firstText(incident, 'id', 'name') !== null) return readIncident(incident, page)
  const component = element['component']
  if (isObject(component) && firstText(component, 'id', 'name') !== null) return readComponent(component, element['component_update'], page)
  return [reject(path, 'no incident and no component; subscribe to the status page by webhook')]
}

function readIncident(incident: JsonObject, page: unknown): Normalised {
  const components = listOf(incident['components'])
  const latest = at(incident, 'incident_updates', '0') ?? at(incident, 'maintenance_updates', '0')
  const name = firstText(incident, 'name')
  return [
    makeAlert({
      source: 'statuspage',
      externalId: firstText(incident, 'id'),
      asset: components.length === 1 ? firstText(components[0], 'name') : null,
      signature: name,
      severity: severityFrom(IMPACTS, word(firstText(incident, 'impact'))),
      status: statusFrom(INCIDENT_STATUSES, word(firstText(incident, 'status') ?? firstText(latest, 'status'))),
      title: name,
      message: firstText(latest, 'body'),
      startsAtMs: instantMs(incident['started_at']) ?? instantMs(incident['created_at']),
      labels: [
        ['component', listText(components, 'name')],
        ['impact', firstText(incident, 'impact')],
        ['status', firstText(incident, 'status')],
        ['scheduled_for', firstText(incident, 'scheduled_for')],
        ['scheduled_until', firstText(incident, 'scheduled_until')],
        ['link', firstText(incident, 'shortlink', 'url')],
        ...pageLabels(page),
      ],
    }),
  ]
}

function readComponent(component: JsonObject, update: unknown, page: unknown): Normalised {
  const told = firstText(update, 'new_status') ?? firstText(component, 'status')
  const status = statusFrom(COMPONENT_STATUSES, word(told))
  const name = firstText(component, 'name')
  return [
    makeAlert({
      source: 'statuspage',
      externalId: firstText(component, 'id') ?? firstText(update, 'component_id'),
      asset: name,
      signature: 'component status',
      severity: severityFrom(COMPONENT_SEVERITIES, word(told)),
      status,
      title: `${name ?? 'Component'}: ${(told ?? 'unknown').replaceAll('_', ' ')}`,
      message: firstText(component, 'description'),
      startsAtMs: beganAtMs(status, at(update, 'created_at')),
      labels: [['status', told], ['old_status', firstText(update, 'old_status')], ['component_type', firstText(update, 'component_type')], ...pageLabels(page)],
    }),
  ]
}

function pageLabels(page: unknown): readonly (readonly [string, string | null])[] {
  return [['page_id', firstText(page, 'id')], ['page_url', firstText(page, 'url')], ['page_status', firstText(page, 'status_description')]]
}

/** The letters of a status: pages of other makers send this format with `PARTIALOUTAGE` for `partial_outage`. */
function word(text: string | null): string | null {
  return text === null ? null : text.slice(0, 64).replace(/[^a-z]/gi, '')
}
