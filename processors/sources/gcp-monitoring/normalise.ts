import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, jsonInside, textEntries } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'
import { projectsOf, resourceOf } from './resource.ts'

/** The severity level of a policy ("Notification channels", payload version 1.2); `No severity` says that nobody chose one. */
const SEVERITIES: SeverityTable = { critical: 'critical', error: 'high', warning: 'medium' }

const STATES: StatusTable = { open: 'firing', opened: 'firing', closed: 'resolved', resolved: 'resolved', acknowledged: 'acknowledged' }

/** UTF-16 units of base64 that one Pub/Sub message may have. */
const DATA_MAX = 1_048_576

/** One notification of a webhook channel, or what a Pub/Sub push subscription wraps around it. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  const data = at(element, 'message', 'data') ?? at(element, 'data', 'message', 'data')
  const body = typeof data === 'string' ? jsonInside(Buffer.from(data.slice(0, DATA_MAX), 'base64').toString('utf8')) : (data ?? element)
  const incident = isObject(at(body, 'incident')) ? at(body, 'incident') : body
  const id = firstText(incident, 'incident_id')
  const condition = firstText(incident, 'condition_name', ['condition', 'displayName'], 'condition') ?? firstText(incident, 'policy_name')
  if (!isObject(incident) || (id === null && condition === null)) return [reject(path, 'no `incident` with an `incident_id` or a `condition_name`; use a notification channel of the kind Webhooks or Pub/Sub')]
  const isTest = firstText(body, 'version') === 'test'
  const level = firstText(incident, 'severity')
  // Before policies had severities, people put them into a label of the policy.
  const severity = level === null ? severityFrom(SEVERITY_WORDS, firstText(incident, ['policy_user_labels', 'severity'], ['policy_user_labels', 'priority'])) : severityFrom(SEVERITIES, level)
  const summary = firstText(incident, 'summary')
  const documentation = firstText(incident, ['documentation', 'content'], 'documentation')
  return [
    makeAlert({
      source: 'gcp-monitoring',
      externalId: id,
      asset: resourceOf(incident),
      signature: condition,
      severity: isTest ? 'info' : severity,
      status: statusFrom(STATES, firstText(incident, 'state')),
      title: firstText(incident, ['documentation', 'subject']) ?? summary,
      message: [summary, documentation].filter((text) => text !== null).join('\n') || null,
      startsAtMs: instantMs(at(incident, 'started_at')),
      labels: [
        ...textEntries(at(incident, 'resource', 'labels')),
        ...textEntries(at(incident, 'metric', 'labels')),
        ...textEntries(at(incident, 'metadata', 'user_labels')),
        ...textEntries(at(incident, 'policy_user_labels')),
        ['policy', firstText(incident, 'policy_name')],
        ['project', projectsOf(incident)[0] ?? null],
        ['resource_type', firstText(incident, ['resource', 'type'], 'resource_type_display_name')],
        ['resource_id', firstText(incident, 'resource_id')],
        ['metric', firstText(incident, ['metric', 'type'])],
        ['observed_value', firstText(incident, 'observed_value')],
        ['threshold_value', firstText(incident, 'threshold_value')],
        ['url', firstText(incident, 'url')],
        ['test', isTest ? 'true' : null],
      ],
    }),
  ]
}
