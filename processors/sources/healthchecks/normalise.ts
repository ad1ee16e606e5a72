import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject, textOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { recognise } from '../unknown/recognise.ts'
import { beganAtMs, listText, readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'
import { readSentence } from './sentence.ts'

/** $STATUS, the `status` of $JSON, and the words of the forms for paging services. A check in grace is late, but not down yet. */
const STATUSES: StatusTable = { down: 'firing', trigger: 'firing', up: 'resolved', resolve: 'resolved', grace: 'no_data', new: 'no_data', started: 'no_data' }
const PAUSED = 'paused'

/** Reads a body of the customer's own ($CODE, $NAME, $STATUS, …), a check as JSON ($JSON), the form for paging services, and plain sentences. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  const body = isObject(element) ? element : { text: textOf(element) }
  const fields = new Fields(body)
  const sentence = readSentence(fields.path('title', 'subject', 'summary', 'message', 'text', 'msg', 'description'))
  const id = fields.path('incidentkey', 'code', 'checkcode', 'checkid', 'uuid', 'checkuuid', 'uniquekey', 'id', 'checkuniquekey') ?? uuidIn(fields.path('pingurl', 'checkpingurl'))
  const name = fields.path('name', 'checkname', 'check', 'slug', 'checkslug') ?? sentence.name
  if (id === null && name === null) return fields.entries.length === 0 ? [reject(path, 'nothing of a check; put $CODE, $NAME and $STATUS into the request body of the webhook')] : recognise(body, 'healthchecks', path)
  const word = fields.path('eventtype', 'status', 'state', 'checkstatus')
  if (word?.toLowerCase() === PAUSED) return []
  const status = statusOf(word, sentence.status)
  return [
    makeAlert({
      source: 'healthchecks',
      externalId: id,
      asset: fields.path('host', 'hostname', 'server', 'asset', 'device'),
      signature: name,
      severity: 'unknown',
      status,
      title: fields.path('title', 'subject', 'summary') ?? sentence.text ?? (word === null ? name : `${name ?? id} is ${word}`),
      message: fields.path('description', 'message', 'text', 'msg', 'body', 'desc', 'checkdesc'),
      startsAtMs: beganAtMs(status, fields.path('now', 'timestamp', 'time', 'date')),
      labels: [
        ['tags', listText(at(body, 'tags') ?? at(body, 'check', 'tags'))],
        ['slug', fields.path('slug', 'checkslug')],
        ['exit_status', fields.path('exitstatus')],
        ['last_ping', fields.path('lastping', 'checklastping')],
        ['schedule', fields.path('schedule', 'checkschedule')],
        ['client', fields.path('client')],
        ['client_url', fields.path('clienturl')],
      ],
    }),
  ]
}

function statusOf(word: string | null, told: AlertStatus | null): AlertStatus {
  const status = statusFrom(STATUSES, word)
  return status === 'unknown' ? (told ?? 'unknown') : status
}

/** The last step of a ping URL, where it is the check's code rather than a slug. The URL itself lets anybody ping, so it is no label. */
function uuidIn(url: string | null): string | null {
  const last = (url ?? '').slice(-36)
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(last) ? last : null
}
