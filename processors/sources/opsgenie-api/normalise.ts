import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, firstText, isObject, listOf, textEntries, textOf } from '../json.ts'
import { readMarks } from '../marks.ts'
import { nameOfCheck, withoutState } from '../sentence.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, type SeverityTable } from '../words.ts'

const SOURCE = 'opsgenie-api'

/** `priority` ("Alert priority settings"); Opsgenie itself takes P3 where a client gives none, which says nothing of the alert. */
const PRIORITIES: SeverityTable = { p1: 'critical', p2: 'high', p3: 'medium', p4: 'low', p5: 'info' }

/** What the edge writes for the part of the path behind an alert. Notes, tags, snoozes and the like are about an alert that goes on as it is. */
const ACTIONS: Readonly<Record<string, AlertStatus>> = { create: 'firing', close: 'resolved', delete: 'resolved', acknowledge: 'acknowledged' }

const CHECK_NAMES = ['alertname', 'checkname', 'check', 'rulename', 'rule', 'monitorname', 'monitor', 'triggername', 'trigger', 'signature'] as const

/** The body of "Create Alert", or of an action with `action` and `alias` added by the endpoint; one, or an array. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a request to the Alert API is an object with message, or one with action and alias')]
  const action = (firstText(element, 'action') ?? 'create').slice(0, 64).toLowerCase()
  const status = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined
  if (status === undefined) return []
  const alias = firstText(element, 'alias')
  const message = firstText(element, 'message')
  if (alias === null && message === null) return [reject(path, 'no alias and no message: an alert needs a message, an action the alias of its alert')]
  const details = at(element, 'details')
  const entity = firstText(element, 'entity') ?? new Fields(details).path('entity', 'hostname', 'host', 'instance', 'server', 'node', 'device')
  const marks = readMarks(message)
  const named = new Fields(details).path(...CHECK_NAMES)
  return [
    makeAlert({
      source: SOURCE,
      externalId: alias,
      asset: entity,
      signature: named ?? (marks.text === null ? null : nameOfCheck(withoutState(marks.text), entity)),
      severity: severityFrom(PRIORITIES, firstText(element, 'priority')),
      status,
      title: message,
      message: firstText(element, 'description') ?? firstText(element, 'note') ?? message,
      startsAtMs: instantMs(new Fields(details).path('startsat', 'startedat', 'starttime')),
      labels: [
        ['opsgenie_source', firstText(element, 'source')], ['tags', listOf(element['tags']).slice(0, 32).flatMap((tag) => textOf(tag) ?? []).join(',') || null],
        ['responder', firstText(element, ['responders', '0', 'name'], ['teams', '0', 'name'])], ['user', status === 'firing' ? null : firstText(element, 'user')], ...textEntries(details),
      ],
    }),
  ]
}
