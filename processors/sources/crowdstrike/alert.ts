import { makeAlert, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, firstText, isObject, jsonInside, textEntries } from '../json.ts'
import type { Normalised, NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom } from '../words.ts'
import { SEVERITY_NAMES, STATE_NUMBERS, STATES, severityOfNumber } from './words.ts'

/** An alert, detection or incident as the API answers it ("Alerts v2", "Detections", "Incidents"). Null where it is none. */
export function readApiAlert(body: unknown): NormalisedAlert | null {
  const id = firstText(body, 'composite_id', 'detection_id', 'incident_id')
  if (id === null) return null
  const name = firstText(body, 'display_name', 'name', ['behaviors', '0', 'display_name'], ['behaviors', '0', 'scenario'], 'scenario', 'incident_type')
  const number = Number(firstText(body, 'severity', 'max_severity') ?? Number.NaN)
  const named = severityFrom(SEVERITY_NAMES, firstText(body, 'severity_name', 'max_severity_displayname'))
  const state = firstText(body, 'status', 'state')
  return makeAlert({
    source: 'crowdstrike',
    externalId: id,
    asset: firstText(body, ['device', 'hostname'], ['hosts', '0', 'hostname'], 'hostname', ['host_names', '0'], 'source_endpoint_host_name', ['device', 'device_id'], 'agent_id', 'user_name'),
    // Incidents are called `Incident on web-1 at 2026-02-03T04:05:06Z`.
    signature: /^Incident on .{1,256} at \d{4}-/.test(name ?? '') ? 'Incident' : name,
    severity: named === 'unknown' ? severityOfNumber(number, false) : named,
    status: state === null ? 'firing' : /^\d+$/.test(state.slice(0, 8)) ? statusFrom(STATE_NUMBERS, state) : statusFrom(STATES, state),
    title: name,
    message: firstText(body, 'description', ['behaviors', '0', 'description']),
    startsAtMs: instantMs(firstText(body, 'start_time', 'first_behavior', 'timestamp', 'created_timestamp', 'start', 'created')),
    labels: [
      ...textEntries(body),
      ['Tactic', firstText(body, 'tactic', ['behaviors', '0', 'tactic'])],
      ['Technique', firstText(body, 'technique', ['behaviors', '0', 'technique'])],
      ['site', firstText(body, ['device', 'site_name'])],
    ],
  })
}

/**
 * A webhook action of a Fusion workflow: the variables a person chose, flat with dots (`detections.severity`) or nested, under `data` or at the
 * top, with what the workflow says of itself in `meta`.
 */
export function readFusion(body: unknown, path: string): Normalised {
  const given = at(body, 'data')
  const inner = typeof given === 'string' ? jsonInside(given.slice(0, 262_144)) : given
  const fields = new Fields(isObject(inner) ? inner : body)
  const meta = at(body, 'meta')
  const name = fields.any('detectname', 'displayname', 'detectionname', 'alertname', 'detectionsname', 'categoryname', 'incidentname', 'rulename', 'name', 'triggername', 'technique') ?? firstText(meta, 'trigger_name', 'event_name')
  const id = fields.any('compositeid', 'detectionid', 'detectid', 'incidentid', 'alertid', 'detectionsid', 'id')
  if (name === null && id === null) return [reject(path, 'no name or id of a detection; give the webhook action of the workflow the fields of the template in this tool\'s guide')]
  const word = fields.any('severityname', 'detectionsseverity', 'severitydisplayname', 'severity')
  const state = fields.any('status', 'state')
  return [
    makeAlert({
      source: 'crowdstrike',
      externalId: id,
      asset: fields.any('hostname', 'computername', 'deviceshostname', 'devicehostname', 'sensorhostname', 'endpointname', 'host', 'deviceid', 'agentid'),
      signature: name,
      severity: word !== null && /^\d+(\.\d+)?$/.test(word.slice(0, 8)) ? severityOfNumber(Number(word), false) : severityFrom(SEVERITY_NAMES, word),
      status: state === null ? 'firing' : statusFrom(STATES, state),
      title: name,
      message: fields.any('description', 'detectdescription', 'detectionsdescription'),
      startsAtMs: instantMs(fields.any('starttime', 'eventcreationtime', 'createdtimestamp', 'timestamp', 'observedtime')) ?? instantMs(at(meta, 'timestamp')),
      labels: [
        ...fields.entries.slice(0, 48),
        ['Tactic', fields.any('tactic')],
        ['Technique', fields.any('technique')],
        ['workflow', firstText(meta, 'event_name', 'workflow_name')],
        ['trigger', firstText(meta, 'trigger_name')],
        ['url', fields.any('falconhostlink', 'detectionsurl', 'url') ?? firstText(meta, 'event_reference_url')],
      ],
    }),
  ]
}
