import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, firstText, isObject, textEntries, textOf, type JsonObject } from '../json.ts'
import { stateOfText, withoutState } from '../sentence.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom } from '../words.ts'

/**
 * Reads an alarm of UniFi Network: `{app, name, message, severity, parameters: {UNIFIcategory, UNIFIhost, …}}`, and its older form, one element of
 * `events` with `alert_key` and `alert_id`; null for everything else.
 */
export function readNetwork(body: unknown): Normalised | null {
  if (!isObject(body)) return null
  if (firstText(body, 'alert_key') !== null) return readEvent(body)
  const parameters = body['parameters']
  return isObject(parameters) && (textOf(body['name']) !== null || textOf(body['message']) !== null) ? readAlarm(body, parameters) : null
}

function readAlarm(body: JsonObject, parameters: JsonObject): Normalised {
  const fields = new Fields(parameters)
  const name = firstText(body, 'name')
  const status = statusOf(name, fields)
  const kind = name === null ? null : withoutState(name)
  const device = fields.path('unifidevicemac')
  return [
    makeAlert({
      source: 'unifi-protect',
      // `alarm_id` is the rule that was set up. Offline and online of one device are one problem, known by the device.
      externalId: device === null || kind === null || kind === name ? null : `${device}:${kind}`,
      asset: fields.path('unifidevicename', 'unifihost', 'unifidevicemac'),
      signature: name,
      // The grade of an end is the message's.
      severity: status === 'resolved' ? 'unknown' : severityOf(firstText(body, 'severity')),
      status,
      title: firstText(body, 'message') ?? name,
      message: firstText(body, 'message'),
      startsAtMs: status === 'resolved' ? null : instantMs(fields.path('unifiutctime') ?? firstText(body, 'timestamp')),
      labels: [
        ...textEntries(parameters).filter(([parameter]) => parameter.startsWith('UNIFI')).slice(0, 40),
        ['category', fields.path('unificategory')],
        ['app', firstText(body, 'app')],
        ['alarm_id', firstText(body, 'alarm_id', 'alarmId')],
        ['event_class', firstText(body, 'deviceEventClassId')],
      ],
    }),
  ]
}

function readEvent(event: JsonObject): Normalised {
  return [
    makeAlert({
      source: 'unifi-protect', externalId: firstText(event, 'alert_id'), asset: null, signature: firstText(event, 'alert_key'), severity: 'unknown', status: 'firing',
      title: firstText(event, 'alert_key'), message: null, startsAtMs: null,
      labels: [['event', firstText(event, 'id')], ['site_id', firstText(at(event, 'scope'), 'site_id')]],
    }),
  ]
}

/** What clients and administrators do is told too; nothing is ill then. */
function statusOf(name: string | null, fields: Fields): AlertStatus {
  const words = (name ?? '').slice(0, 200)
  const isRoutine = /\bclient (?:connected|disconnected|roamed)\b|\badmin\b/i.test(words) || fields.path('unifisubcategory')?.toLowerCase().startsWith('admin') === true
  if (isRoutine) return 'no_data'
  return /\b(?:re)?connected$/i.test(words) ? 'resolved' : (stateOfText(words) ?? 'firing')
}

/** The severity of the Common Event Format: 0 to 3 low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high; or a word. */
function severityOf(text: string | null): Severity {
  if (text === null || !/^\d{1,2}$/.test(text) || Number(text) > 10) return severityFrom(SEVERITY_WORDS, text)
  const number = Number(text)
  return number >= 9 ? 'critical' : number >= 7 ? 'high' : number >= 4 ? 'medium' : 'low'
}
