import { makeAlert, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { listText, readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** The field `Status` (StatusCake, "Webhooks"). */
const STATUSES: StatusTable = { down: 'firing', up: 'resolved' }

/** Reads the fields of a contact group's webhook, as a form or as JSON. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a StatusCake alert is a form; set Webhook Method of the contact group to POST')]
  const fields = new Fields(element)
  const id = fields.path('testid', 'id')
  const url = fields.path('url', 'websiteurl', 'ip')
  const name = fields.path('name', 'testname') ?? url
  if (id === null && name === null) return [reject(path, 'no TestID, Name or URL; set Webhook Method of the contact group to POST')]
  const word = fields.path('status')
  return [
    makeAlert({
      source: 'statuscake',
      externalId: id,
      asset: url,
      signature: name,
      severity: 'unknown',
      status: statusFrom(STATUSES, word),
      title: `${name ?? id} is ${word ?? 'in an unknown state'}`,
      message: fields.path('statuscode') === null ? null : `Status code ${fields.path('statuscode')}`,
      startsAtMs: null,
      // The field Token is made of the account's API key: it is no label.
      labels: [
        ['StatusCode', fields.path('statuscode')],
        ['Method', fields.path('method')],
        ['IP', fields.path('ip')],
        ['Tags', listText(at(element, 'Tags') ?? at(element, 'tags'))],
        ['Checkrate', fields.path('checkrate')],
        ['ContactGroup', fields.path('contactgroup')],
      ],
    }),
  ]
}
