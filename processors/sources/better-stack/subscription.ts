import { makeAlert } from '../build.ts'
import { at, firstText, isObject, listOf, type JsonObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { beganAtMs } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** States of a status page (`page.status_indicator`) and of its components. */
const STATES: StatusTable = { operational: 'resolved', degraded: 'firing', downtime: 'firing', maintenance: 'no_data' }

/** Reads what a status page sends to its webhook subscribers: an incident, planned work, or a change of a component; null where it is none of them. */
export function readSubscription(element: JsonObject): Normalised | null {
  const page = element['page']
  const component = element['component']
  if (isObject(component)) return readComponent(component, element['component_update'], page)
  const isPlanned = isObject(element['maintenance'])
  const report = isPlanned ? element['maintenance'] : element['incident']
  const id = firstText(report, 'id')
  const name = firstText(report, 'name')
  if (!isObject(report) || (id === null && name === null)) return null
  const latest = listOf(at(report, 'incident_updates') ?? at(report, 'maintenance_updates'))[0]
  // A report has no state of its own: it is over when the whole page is well again.
  const isWell = firstText(page, 'status_indicator') === 'operational'
  return [
    makeAlert({
      source: 'better-stack',
      externalId: id,
      asset: null,
      signature: name,
      severity: isPlanned ? 'info' : 'unknown',
      status: isPlanned ? 'no_data' : isWell ? 'resolved' : 'firing',
      title: name,
      message: firstText(latest, 'body'),
      startsAtMs: instantMs(at(report, 'starts_at')) ?? instantMs(at(report, 'created_at')),
      labels: [['ends_at', firstText(report, 'ends_at')], ['link', firstText(report, 'shortlink')], ...pageLabels(page)],
    }),
  ]
}

function readComponent(component: JsonObject, update: unknown, page: unknown): Normalised {
  const told = firstText(update, 'new_status') ?? firstText(component, 'status')
  const status = statusFrom(STATES, told)
  const name = firstText(component, 'name')
  return [
    makeAlert({
      source: 'better-stack',
      externalId: firstText(component, 'id') ?? firstText(update, 'component_id'),
      asset: name,
      signature: 'component status',
      severity: 'unknown',
      status,
      title: `${name ?? 'Component'}: ${told ?? 'unknown'}`,
      message: null,
      startsAtMs: beganAtMs(status, at(update, 'created_at')),
      labels: [['status', told], ['old_status', firstText(update, 'old_status')], ...pageLabels(page)],
    }),
  ]
}

function pageLabels(page: unknown): readonly (readonly [string, string | null])[] {
  return [['page_id', firstText(page, 'id')], ['page_status', firstText(page, 'status_description', 'status_indicator')]]
}
