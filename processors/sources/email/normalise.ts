import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { isObject, jsonInside } from '../json.ts'
import { readMarks } from '../marks.ts'
import { nameOfCheck, stateOfText, withoutState } from '../sentence.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { stateOfField } from '../unknown/status.ts'
import { knows, SEVERITY_WORDS, severityFrom } from '../words.ts'
import { readMail, type Mail } from './mail.ts'
import { rawMail } from './mime.ts'

const SOURCE = 'email'

const HOSTS = ['host', 'hostname', 'hostaddress', 'server', 'servername', 'device', 'devicename', 'computer', 'computername', 'machine', 'machinename', 'node', 'nodename', 'agent', 'agentname', 'endpoint', 'instance', 'resource', 'resourcename', 'vm', 'vmname', 'asset', 'system', 'client', 'site', 'url', 'monitorurl'] as const
const CHECKS = ['service', 'servicename', 'servicedescription', 'check', 'checkname', 'problemname', 'problem', 'trigger', 'triggername', 'alertname', 'alertrule', 'rule', 'rulename', 'monitor', 'monitorname', 'sensor', 'sensorname', 'job', 'jobname', 'alarmname', 'policy', 'event', 'eventname', 'test', 'metric'] as const
/** Ids that a tool repeats in the mail of the end; the id of a message or event is new each time. */
const IDS = ['originalproblemid', 'problemid', 'incidentid', 'alertid', 'alarmid', 'ticketid', 'fingerprint'] as const
const SEVERITIES = ['severity', 'priority', 'alertseverity', 'criticality', 'urgency', 'importance', 'level'] as const
const STATES = ['notificationtype', 'state', 'status', 'newstate', 'currentstate', 'currentstatus', 'alertstatus', 'alertstate', 'hoststate', 'servicestate', 'result'] as const
const TIMES = ['startedat', 'started', 'starttime', 'problemstarted', 'since', 'triggeredat', 'eventtime', 'alerttime', 'timestamp', 'datetime'] as const

const LINES_MAX = 200

/** One mail, or an array of them. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  const mail = typeof element === 'string' ? plainMail(element) : readMail(element)
  if (mail === null) return [reject(path, 'no subject and no text: post the parsed mail (SendGrid Inbound Parse, Mailgun route, Postmark or CloudMailin)')]
  const subject = withoutReply(mail.subject)
  const marks = readMarks(subject)
  const inside = mail.text === null ? undefined : jsonInside(mail.text)
  const fields = new Fields(isObject(inside) ? inside : fieldsOf(mail.text))
  // Veeam counts behind the job's name what it did this time.
  const titled = marks.text?.slice(0, 1_024).replace(/ \(\d{1,9} (?:objects?|machines?|vms?|files?)\).*$/i, '') ?? null
  const named = titled === null ? null : withoutState(titled.replace(/^\*+\s*|(?<![\s*])\s*\*+$/g, ''))
  const host = fields.path(...HOSTS) ?? marks.scope.find(([name]) => name === 'host')?.[1] ?? hostIn(named)
  const check = fields.path(...CHECKS)
  const told = toldBy(fields)
  const status: AlertStatus = told ?? marks.status ?? stateOfText(marks.text) ?? stateOfText(firstLine(mail.text)) ?? 'firing'
  const severity = severityOf(fields, marks.severity, subject)
  const id = fields.path(...IDS)
  return [
    makeAlert({
      source: SOURCE,
      externalId: id,
      asset: host,
      signature: check ?? (named === null ? null : nameOfCheck(named, host)),
      severity,
      status,
      title: mail.subject,
      message: mail.text,
      startsAtMs: instantMs(fields.path(...TIMES)) ?? (status === 'resolved' ? null : mail.sentAtMs),
      labels: [
        ['recognised_confidence', confidence([id, host, check, severity === 'unknown' ? null : severity, told ?? marks.status])],
        ['sender_domain', mail.domain], ['attachments', mail.attachments === 0 ? null : String(mail.attachments)],
        ...marks.scope, ...fields.entries.slice(0, 40),
      ],
    }),
  ]
}

/** A mail posted as bare text: as it was sent, where it begins with headers and has a subject; else its first line is the subject. */
function plainMail(text: string): Mail | null {
  const whole = rawMail(text.slice(0, 262_144).trimStart())
  if (whole.headers.has('subject') && (whole.headers.has('from') || whole.headers.has('date'))) return readMail({ email: text.trimStart() })
  const [first = '', ...rest] = text.slice(0, 65_536).trim().split('\n')
  const subject = first.replace(/^subject:\s*/i, '').trim()
  return subject === '' ? null : { subject, text: rest.join('\n').trim() || null, sentAtMs: null, domain: null, attachments: 0 }
}

/** Without what forwarding and mailing lists put in front. */
function withoutReply(subject: string | null): string | null {
  let rest = (subject ?? '').trim()
  for (let taken = 0; taken < 6; taken++) {
    const next = rest.replace(/^(?:re|aw|fw|fwd|wg|tr|external|\[(?:external|ext|spam)\]) ?: ?|^\[(?:external|ext|spam)\] ?/i, '').trim()
    if (next === rest) break
    rest = next
  }
  return rest === '' ? subject : rest
}

/** Lines `name: value` or `name = value` of a text. A later line of the same name is another thing. */
function fieldsOf(text: string | null): Record<string, string> {
  const found = new Map<string, string>()
  for (const line of (text ?? '').split(/\r?\n/, LINES_MAX)) {
    const parts = /^[\s*>•-]{0,8}([A-Za-z][\w ./-]{0,40}?)\s*[:=]\s+(\S.*)$/.exec(line.slice(0, 1_024))
    const [, name = '', value = ''] = parts ?? []
    if (parts !== null && name.split(' ').length <= 4 && !found.has(name)) found.set(name, value.trim())
  }
  return Object.fromEntries(found)
}

function toldBy(fields: Fields): AlertStatus | null {
  for (const name of STATES) {
    const value = fields.path(name)
    // An acknowledgement says so in the type of its notification, while the state stays what it was.
    const state = value === null ? null : (stateOfText(value.length <= 40 ? value : null) ?? stateOfField(value))
    if (state !== null) return state
  }
  return null
}

function severityOf(fields: Fields, marked: Severity | null, subject: string | null): Severity {
  for (const name of [...SEVERITIES, ...STATES]) {
    const word = fields.path(name)
    if (knows(SEVERITY_WORDS, word)) return severityFrom(SEVERITY_WORDS, word)
  }
  if (marked !== null) return marked
  const words = new Set((subject ?? '').slice(0, 1_024).toLowerCase().split(/[^a-z0-9]+/, 64))
  // `High CPU` is a name; only `high severity` and the like are a grade.
  if (/\bhigh (?:severity|priority|urgency)\b|\b(?:severity|priority|urgency):? high\b|[[(]high[\])]/i.test((subject ?? '').slice(0, 1_024))) return 'high'
  return (['critical', 'emergency', 'disaster', 'major', 'error', 'warning', 'minor', 'information'] as const).map((word) => (words.has(word) ? severityFrom(SEVERITY_WORDS, word) : 'unknown')).find((severity) => severity !== 'unknown') ?? 'unknown'
}

/** The machine in a subject: `Service Alert: web01/HTTP`, `Host Alert: web01`, `Disk full on db-2`. */
function hostIn(subject: string | null): string | null {
  const text = (subject ?? '').slice(0, 512)
  const nagios = /\b(?:Service|Host) Alert: ([\w.-]{1,253})/i.exec(text)?.[1]
  if (nagios !== undefined) return nagios
  const named = /\b(?:on|host|server|device|from) ([a-z0-9][\w.-]{0,252})/i.exec(text)?.[1]?.replace(/(?<![.-])[.-]+$/, '')
  return named !== undefined && /[\d.-]/.test(named) && /[a-z]/i.test(named) ? named : null
}

function firstLine(text: string | null): string | null {
  return (text ?? '').slice(0, 1_024).split('\n', 3).map((line) => line.trim()).find((line) => line !== '') ?? null
}

function confidence(found: readonly (string | null)[]): string {
  return (found.filter((part) => part !== null).length / found.length).toFixed(1)
}
