import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { isObject } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { zonedMs } from '../time.ts'
import { severityFrom, STATUS_WORDS, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Severity of the rule; a recovery carries `ok`, which is none. */
const SEVERITIES: SeverityTable = { critical: 'critical', warning: 'medium', info: 'info', informational: 'info' }

/** Number of an alert's state (LibreNMS, AlertState): recovered, active, acknowledged, worse, better, changed. */
const STATES: StatusTable = { ...STATUS_WORDS, 0: 'resolved', 1: 'firing', 2: 'acknowledged', 3: 'firing', 4: 'firing', 5: 'firing', alerting: 'firing', alert: 'firing', worse: 'firing', better: 'firing', recovered: 'resolved' }

/** One alert; an array of them is read too. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a LibreNMS alert is an object or a form; set the body of the API transport as the guide shows')]
  const fields = new Fields(element)
  const title = fields.path('title', 'subject', 'alerttitle')
  const host = fields.path('hostname', 'host', 'alerthostname', 'devicehostname', 'sysname', 'devicesysname', 'display', 'device', 'ip')
  const rule = fields.path('name', 'rulename', 'alertname', 'alertrule') ?? plainRule(fields.path('rule')) ?? ruleInTitle(title)
  if (isTest(fields, title)) return []
  if (host === null && rule === null && title === null) return [reject(path, 'no host, rule or title; send {{ $alert->hostname }}, {{ $alert->name }} and {{ $alert->state }} in the body')]
  const severity = fields.path('severity', 'alertseverity')
  const status = statusOf(fields, severity, title)
  return [
    makeAlert({
      source: 'librenms',
      externalId: identityOf(fields),
      asset: host,
      signature: rule,
      severity: severityFrom(SEVERITIES, severity),
      status,
      title: title ?? rule,
      message: fields.path('msg', 'message', 'alertmsg', 'body', 'text', 'description'),
      startsAtMs: status === 'resolved' ? null : zonedMs(fields.path('timestamp', 'alerttimestamp')),
      labels: [
        ...['os', 'hardware', 'location', 'type', 'ip', 'uptime_short', 'elapsed', 'version', 'uid'].map((name) => [name, fields.path(name.replace('_', ''))] as const),
        ['sysName', fields.path('sysname')],
        ['device_id', fields.path('deviceid')],
        ['alert_id', fields.path('alertid')],
        ['rule_id', fields.path('ruleid')],
        ['state', fields.path('state')],
        ['url', fields.path('url', 'deviceurl', 'link', 'procedure', 'proc')],
      ],
    }),
  ]
}

/** The row of a device and a rule, which is one row for as long as both exist; `uid` and `id` are new with each change. */
function identityOf(fields: Fields): string | null {
  const alertId = fields.path('alertid')
  if (alertId !== null) return alertId
  const device = fields.path('deviceid', 'devicedeviceid')
  const rule = fields.path('ruleid')
  return device === null || rule === null ? null : `${device}:${rule}`
}

function statusOf(fields: Fields, severity: string | null, title: string | null): AlertStatus {
  const word = fields.path('state', 'alertstate', 'alertstatus')
  if (word !== null) return statusFrom(STATES, word)
  if (severity?.toLowerCase() === 'ok') return 'resolved'
  // `status` is the device's own, a number, in the full body; where it is a word a template put the alert's state there.
  const told = fields.path('status')
  if (told !== null && !/^\d/.test(told) && statusFrom(STATES, told) !== 'unknown') return statusFrom(STATES, told)
  // Default titles: `Alert for device x - rule`, `Device x recovered from rule`, `Device x acknowledged rule`, `... got worse`.
  const said = (title ?? '').slice(0, 512).toLowerCase()
  if (said.includes(' recovered from ')) return 'resolved'
  if (said.includes(' acknowledged ')) return 'acknowledged'
  if (said.startsWith('alert for device') || said.includes(' got worse') || said.includes(' got better')) return 'firing'
  return readMarks(title).status ?? 'unknown'
}

/** Newer releases send the rule's condition as JSON in `rule`; older ones its text. A condition is no name. */
function plainRule(rule: string | null): string | null {
  return rule === null || rule.startsWith('{') || rule.startsWith('%') ? null : rule
}

/** The name in the default titles: `Alert for device x - name`, `Device x recovered from name`. */
function ruleInTitle(title: string | null): string | null {
  const text = (title ?? '').slice(0, 1_024)
  for (const mark of text.startsWith('Alert for device ') ? [' - '] : text.startsWith('Device ') ? [' recovered from ', ' acknowledged '] : []) {
    const index = text.indexOf(mark)
    if (index > 0) return text.slice(index + mark.length).trim() || null
  }
  return null
}

/** "Test transport" sends a made-up device. */
function isTest(fields: Fields, title: string | null): boolean {
  return (title ?? '').startsWith('Testing transport from') || (fields.path('hostname') === 'testing' && fields.path('name') === 'Test-Rule')
}
