import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { isObject, textOf } from '../json.ts'
import { shapeOf, stateOfText, withoutState } from '../sentence.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { readDeviceEvent, type DeviceEvent } from './device-event.ts'
import { framesOf } from './frames.ts'
import { readLine, type SyslogLine } from './line.ts'

const SOURCE = 'syslog'

/** Severities of RFC 5424, table 2: emergency, alert, critical, error, warning, notice, informational, debug. */
const SEVERITIES: readonly Severity[] = ['critical', 'critical', 'critical', 'high', 'medium', 'info', 'info', 'info']
const WARNING = 4
/** Network devices report the end of a failure with the severity of the failure: `changed state to up`. Any other word of relief inside an error is not trusted. */
const IS_BACK = /\b(?:changed state to|is now|is|came|back|link) (?:up|online|ok|normal)\b[.\s]{0,8}$/i
const FACILITIES = ['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp', 'ntp', 'audit', 'alert', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7']
/** Words for severities, where a forwarder sends fields instead of a line. */
const NAMES: Readonly<Record<string, number>> = { emerg: 0, emergency: 0, panic: 0, alert: 1, crit: 2, critical: 2, err: 3, error: 3, warning: 4, warn: 4, notice: 5, info: 6, informational: 6, debug: 7 }

/** Lines, as one text; or what forwarders make of them: JSON objects with fields, or an array of lines or objects. */
export function normalise(payload: unknown): Normalised {
  if (typeof payload === 'string') return readEach(framesOf(payload), '', (line) => readMessage(readLine(String(line))))
  if (Array.isArray(payload)) return readEach(payload, '', readElement)
  return readElement(payload, '')
}

function readElement(element: unknown, path: string): Normalised {
  const text = textOf(element)
  if (text !== null) return readMessage(readLine(text))
  const line = isObject(element) ? readFields(element) : null
  return line === null ? [reject(path, 'no syslog message: send lines of RFC 5424 or 3164, or objects with message, host and severity')] : readMessage(line)
}

/** Names that rsyslog (jsonmesg and its templates), syslog-ng (`$(format-json)`) and journald give the same things. */
function readFields(element: unknown): SyslogLine | null {
  const fields = new Fields(element)
  const raw = fields.path('rawmsg', 'raw')
  const message = fields.path('msg', 'message', 'log')
  if (message === null) return raw === null ? null : readLine(raw)
  const severity = fields.path('severity', 'syslogseverity', 'priority', 'level', 'pri', 'syslogseveritytext', 'severitytext', 'loglevel')
  return {
    severity: severityNumber(severity), facility: null, timestamp: fields.path('timegenerated', 'timereported', 'timestamp', 'isodate', 'date', 'time'),
    host: fields.path('hostname', 'host', 'sourcehost', 'fromhost'), app: fields.path('programname', 'appname', 'program', 'syslogidentifier', 'syslogtag', 'app', 'tag'),
    process: fields.path('procid', 'pid', 'syslogpid'), messageId: fields.path('msgid', 'messageid'), data: [], message,
  }
}

function severityNumber(text: string | null): number | null {
  if (text === null) return null
  if (/^[0-7]$/.test(text)) return Number(text)
  const word = text.slice(0, 32).toLowerCase()
  return Object.hasOwn(NAMES, word) ? (NAMES[word] ?? null) : null
}

function readMessage(line: SyslogLine): Normalised {
  // `CEF:` looks like the tag of a program.
  const event = readDeviceEvent(line.app === 'CEF' || line.app === 'LEEF' ? `${line.app}:${line.message}` : line.message)
  if (event !== null) return readEvent(line, event)
  const { severity, host, app, messageId, message } = line
  const said = stateOfText(message)
  // A program that restarts or a link that comes up speaks of it as a notice; what says neither is no sign of trouble.
  const isTrouble = severity !== null && severity <= WARNING
  const isOver = isTrouble ? IS_BACK.test(message.slice(-200)) : said === 'resolved'
  const status: AlertStatus = isOver ? 'resolved' : isTrouble || said === 'firing' ? 'firing' : 'no_data'
  const shape = shapeOf(withoutState(message))
  // A message id of RFC 5424 belongs to its program and names the kind; a mnemonic of a network device covers all its interfaces.
  const what = messageId === null ? shape : app === null ? [messageId, shape].filter((part) => part !== '').join(': ') : messageId
  return [
    makeAlert({
      source: SOURCE,
      externalId: null,
      asset: host,
      signature: app === null ? what : what === '' ? app : `${app}: ${what}`,
      severity: severity === null ? 'unknown' : (SEVERITIES[severity] ?? 'unknown'),
      status,
      title: message === '' ? app : message,
      message,
      startsAtMs: instantMs(line.timestamp),
      labels: [
        ['app', app], ['process', line.process], ['message_id', messageId], ['facility', line.facility === null ? null : (FACILITIES[line.facility] ?? null)],
        ...line.data,
      ],
    }),
  ]
}

/** Grades of its own that open a problem. */
const TROUBLES = new Set<Severity>(['critical', 'high', 'medium'])

/** An event of a security device: its own name, grade and host stand above those of the line. */
function readEvent(line: SyslogLine, event: DeviceEvent): Normalised {
  const severity = event.severity ?? (line.severity === null ? 'unknown' : (SEVERITIES[line.severity] ?? 'unknown'))
  const isOver = IS_BACK.test((event.message ?? event.name).slice(-200))
  return [
    makeAlert({
      source: SOURCE,
      externalId: null,
      asset: event.host ?? line.host,
      signature: event.name,
      severity,
      status: isOver ? 'resolved' : TROUBLES.has(severity) ? 'firing' : 'no_data',
      title: event.message ?? event.name,
      message: event.message ?? event.name,
      startsAtMs: instantMs(event.time) ?? instantMs(line.timestamp),
      labels: [...event.labels, ['facility', line.facility === null ? null : (FACILITIES[line.facility] ?? null)]],
    }),
  ]
}
