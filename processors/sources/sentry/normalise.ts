import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, textOf, type JsonObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type StatusTable } from '../words.ts'
import { issueIdOf, kindOf, levelOf, projectOf, tagsOf, titleOf } from './event.ts'

/**
 * What happened to an issue (Sentry, "Issues" webhooks). Archived (formerly ignored) ends it: Sentry speaks up again with `unresolved` when the
 * issue escalates. Being assigned changes nothing, so the issue's own status counts then.
 */
const ISSUE_ACTIONS: StatusTable = { created: 'firing', unresolved: 'firing', resolved: 'resolved', archived: 'resolved', ignored: 'resolved' }
const ISSUE_STATES: StatusTable = { unresolved: 'firing', reprocessing: 'firing', resolved: 'resolved', resolvedinnextrelease: 'resolved', ignored: 'resolved', muted: 'resolved', archived: 'resolved' }

/** A metric alert's action is its grade (Sentry, "Metric alerts" webhooks); `open` stands for no grade. */
const METRIC_STATES: StatusTable = { critical: 'firing', warning: 'firing', open: 'firing', resolved: 'resolved' }
/** `metric_alert.status`, where the action says nothing: 1 detected, 2 closed, 10 warning, 20 critical. */
const METRIC_STATUS_NUMBERS: StatusTable = { 1: 'firing', 2: 'resolved', 10: 'firing', 20: 'firing' }

/** Resources that carry no alert: comments, the installation itself, answers of Sentry's assistant. */
const OTHER_RESOURCES = ['comment', 'comment_id', 'installation', 'run_id', 'preprodArtifactId'] as const

/** One hook; scripts also collect several in an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(hook: unknown, path: string): Normalised {
  if (!isObject(hook)) return [reject(path, 'a Sentry hook is an object; point the webhook of an internal integration at this address')]
  const data = hook['data']
  const action = firstText(hook, 'action')
  const metric = at(data, 'metric_alert')
  if (isObject(metric)) return readMetricAlert(metric, action, data)
  const issue = at(data, 'issue')
  if (isObject(issue)) return readIssue(issue, action)
  const event = [at(data, 'event'), at(data, 'error')].find(isObject)
  if (event !== undefined) return readEvent(event, data)
  if (OTHER_RESOURCES.some((name) => at(data, name) !== undefined)) return []
  if (data === undefined && isObject(hook['event'])) return readPluginEvent(hook, hook['event'])
  if (data === undefined && firstText(hook, 'project', 'project_slug', 'culprit') !== null) return readPluginEvent(hook, {})
  return [reject(path, 'no issue, event, error or metric_alert in data; switch on the resources issue and error and use the integration as an alert action')]
}

function readIssue(issue: JsonObject, action: string | null): Normalised {
  const acted = statusFrom(ISSUE_ACTIONS, action)
  return [
    makeAlert({
      source: 'sentry',
      externalId: firstText(issue, 'id'),
      asset: projectOf(issue),
      signature: kindOf(issue),
      severity: levelOf(issue),
      status: acted === 'unknown' ? statusFrom(ISSUE_STATES, firstText(issue, 'status')) : acted,
      title: titleOf(issue),
      message: firstText(issue, ['metadata', 'value'], 'culprit'),
      startsAtMs: instantMs(issue['firstSeen']),
      labels: [
        ...(['shortId', 'platform', 'culprit', 'logger', 'level', 'priority', 'substatus', 'issueType', 'issueCategory', 'count', 'userCount'] as const).map((name) => [name, firstText(issue, name)] as const),
        ['project', projectOf(issue)],
        ['action', action],
        ['filename', firstText(issue, ['metadata', 'filename'])],
        ['assigned_to', firstText(issue, ['assignedTo', 'name'])],
        ['link', firstText(issue, 'web_url', 'permalink', 'url')],
      ],
    }),
  ]
}

/** An event, sent for itself (`error.created`) or because an alert rule matched (`event_alert.triggered`). Its issue is the problem. */
function readEvent(event: JsonObject, data: unknown): Normalised {
  return [
    makeAlert({
      source: 'sentry',
      externalId: issueIdOf(event) ?? firstText(event, 'event_id'),
      asset: projectOf(event),
      signature: kindOf(event),
      severity: levelOf(event),
      status: 'firing',
      title: titleOf(event),
      message: firstText(event, 'message', ['metadata', 'value'], 'culprit'),
      startsAtMs: instantMs(event['datetime']) ?? instantMs(event['timestamp']),
      labels: [
        ...tagsOf(event),
        ...(['platform', 'environment', 'release', 'culprit', 'level', 'event_id'] as const).map((name) => [name, firstText(event, name)] as const),
        ['project', projectOf(event)],
        ['rule', firstText(data, 'triggered_rule', ['issue_alert', 'title'])],
        ['link', firstText(event, 'web_url', 'issue_url')],
      ],
    }),
  ]
}

function readMetricAlert(metric: JsonObject, action: string | null, data: unknown): Normalised {
  const rule = at(metric, 'alert_rule')
  const acted = statusFrom(METRIC_STATES, action)
  const status: AlertStatus = acted === 'unknown' ? statusFrom(METRIC_STATUS_NUMBERS, firstText(metric, 'status')) : acted
  const severity: Severity = severityFrom({ critical: 'critical', warning: 'medium' }, action)
  return [
    makeAlert({
      source: 'sentry',
      externalId: firstText(metric, 'id', 'identifier'),
      asset: firstText(metric, ['projects', '0']) ?? firstText(rule, ['projects', '0']),
      signature: firstText(rule, 'name') ?? firstText(metric, 'title'),
      severity,
      status,
      title: firstText(data, 'description_title') ?? firstText(rule, 'name') ?? firstText(metric, 'title'),
      message: firstText(data, 'description_text'),
      startsAtMs: instantMs(metric['date_started']) ?? instantMs(metric['date_detected']) ?? instantMs(metric['date_created']),
      labels: [
        ...(['aggregate', 'query', 'dataset', 'environment', 'time_window'] as const).map((name) => [name, firstText(rule, name)] as const),
        ['rule_id', firstText(rule, 'id')],
        ['organization_id', firstText(metric, 'organization_id')],
        ['action', action],
        ['link', firstText(data, 'web_url')],
      ],
    }),
  ]
}

/** The WebHooks plugin: facts of the issue around its newest event. */
function readPluginEvent(hook: JsonObject, event: JsonObject): Normalised {
  const whole = { ...event, level: textOf(hook['level']) ?? event['level'] }
  return [
    makeAlert({
      source: 'sentry',
      externalId: firstText(hook, 'id') ?? issueIdOf(hook) ?? firstText(event, 'event_id'),
      asset: firstText(hook, 'project_slug', 'project', 'project_name'),
      signature: kindOf(event) ?? firstText(hook, 'message', 'culprit'),
      severity: levelOf(whole),
      status: 'firing',
      title: titleOf(event) ?? firstText(hook, 'message', 'culprit'),
      message: firstText(hook, 'message') ?? firstText(event, ['exception', 'values', '0', 'value'], ['metadata', 'value'], 'culprit'),
      startsAtMs: instantMs(event['datetime']) ?? instantMs(event['timestamp']) ?? instantMs(event['received']),
      labels: [
        ...tagsOf(event),
        ...(['environment', 'release', 'platform', 'event_id'] as const).map((name) => [name, firstText(event, name)] as const),
        ['culprit', firstText(hook, 'culprit')],
        ['level', firstText(whole, 'level')],
        ['rule', firstText(hook, ['triggering_rules', '0'])],
        ['link', firstText(hook, 'url')],
      ],
    }),
  ]
}
