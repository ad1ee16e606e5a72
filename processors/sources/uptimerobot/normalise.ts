import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'
import { beganAtMs, readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'
import { readChat } from './chat.ts'

/** *alertType* (UptimeRobot help, "Webhook integration"): 1 down, 2 up, 3 a certificate or a domain is about to expire; and *alertTypeFriendlyName*. */
const STATUSES: StatusTable = { 1: 'firing', 2: 'resolved', 3: 'firing', down: 'firing', up: 'resolved' }

/** The log types of the API for a monitor that was started or paused, which are acts of a person. */
const NOT_ALERTS = new Set(['98', '99', 'started', 'paused'])

/** A reminder about something of the monitor that is not its state, so that an `up` does not end it. */
type Kind = 'ssl' | 'domain' | null

/** Reads the variables as form fields, as JSON of that form, or as the customer's own JSON. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) {
    const chat = readChat(element)
    if (chat !== null) return [chat]
    return [reject(path, 'an UptimeRobot notification is a form or an object; tick "Send default variables as POST parameters" or paste a JSON POST value')]
  }
  const fields = new Fields(element)
  const given = (...names: readonly string[]): string | null => filledIn(fields.path(...names), names)
  const id = given('monitorid')
  const name = given('monitorfriendlyname', 'monitorname', 'friendlyname')
  const url = given('monitorurl', 'monitortarget')
  const type = given('alerttype')
  const word = given('alerttypefriendlyname', 'alerttypename', 'alertstatus', 'status', 'state')
  // A template of another shape is a chat message, or read like that of an unknown tool.
  if (id === null && name === null && url === null) {
    const chat = readChat(element)
    return chat === null ? recognise(element, 'uptimerobot', path) : [chat]
  }
  if ([type, word].some((text) => text !== null && NOT_ALERTS.has(text.toLowerCase()))) return []
  const domainDate = given('domainexpiredate', 'domainexpirydate')
  const sslDate = given('sslexpirydate')
  const kind = kindOf(type, word, domainDate !== null && sslDate === null)
  const status = statusOf(type, word, kind)
  return [
    makeAlert({
      source: 'uptimerobot',
      externalId: id === null ? null : kind === null ? id : `${id}:${kind}`,
      asset: url,
      signature: kind === null || id !== null ? (name ?? url) : `${name ?? url ?? 'monitor'} ${kind} expiry`,
      severity: 'unknown',
      status,
      title: `${name ?? url ?? id} ${kind === null ? `is ${word ?? status}` : `${kind} expiry`}`,
      message: given('alertdetails', 'message'),
      startsAtMs: beganAtMs(status, given('alertdatetime', 'alerttime')),
      labels: [
        ['alert_type', word],
        ['alert_id', given('alertid')],
        ['monitor_type', given('monitortype', 'monitortypefriendlyname')],
        ['monitor_group', given('monitorgroup', 'monitorgroupname')],
        ['tags', given('monitortags', 'tags')],
        ['http_status_code', given('httpstatuscode', 'statuscode')],
        ['duration_s', given('alertduration')],
        ['ssl_expiry_date', sslDate],
        ['ssl_expiry_days_left', given('sslexpirydaysleft')],
        ['domain_expiry_date', domainDate],
      ],
    }),
  ]
}

function statusOf(type: string | null, word: string | null, kind: Kind): AlertStatus {
  const byType = statusFrom(STATUSES, type)
  const told = byType === 'unknown' ? statusFrom(STATUSES, word) : byType
  return told === 'unknown' && kind !== null ? 'firing' : told
}

/** Type 3 is a certificate or a domain: the word says which, else the date that came with it. */
function kindOf(type: string | null, word: string | null, isDomainDate: boolean): Kind {
  const text = (word ?? '').slice(0, 64).toLowerCase()
  if (text.includes('domain') && !text.includes('ssl')) return 'domain'
  if (text.includes('ssl') || text.includes('certificate')) return 'ssl'
  if (type === '3') return isDomainDate ? 'domain' : 'ssl'
  return null
}

/** A variable that was not filled in arrives as `*monitorURL*`, or as `monitorURL` where the asterisks were lost in the template. */
function filledIn(text: string | null, names: readonly string[]): string | null {
  if (text === null || (text.length <= 64 && /^\*[A-Za-z]+\*$/.test(text))) return null
  return names.includes(text.toLowerCase()) ? null : text
}
