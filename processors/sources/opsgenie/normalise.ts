import { makeAlert, readEach, reject } from '../build.ts'
import { at, firstText, isObject, listOf, textEntries, textOf } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, statusFrom, type SeverityTable, type StatusTable } from '../words.ts'

/** Priorities as the alert API writes them; older webhooks give the number alone. */
const SEVERITIES: SeverityTable = { p1: 'critical', p2: 'high', p3: 'medium', p4: 'low', p5: 'info', 1: 'critical', 2: 'high', 3: 'medium', 4: 'low', 5: 'info' }

/** Actions that tell a state, and actions that only an open alert can see. A deleted alert will never be closed, so it ends here. */
const ACTIONS: StatusTable = {
  create: 'firing', acknowledge: 'acknowledged', unacknowledge: 'firing', close: 'resolved', delete: 'resolved',
  escalate: 'firing', escalatenext: 'firing', escalatetonext: 'firing', assignownership: 'firing', assign: 'firing', takeownership: 'firing', snooze: 'firing', snoozeended: 'firing', unsnooze: 'firing', addteam: 'firing', addresponder: 'firing', updatepriority: 'firing', updatemessage: 'firing', updatedescription: 'firing', reopen: 'firing',
}

/** Notes, tags, details and custom actions are possible on a closed alert too and say nothing of its state, so they change none. */
const NOTHING_SAID = 'no_data'

const STATUSES: StatusTable = { open: 'firing', closed: 'resolved', resolved: 'resolved', acked: 'acknowledged', acknowledged: 'acknowledged' }

/** One action on one alert; an array of them is read too. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  const alert = at(element, 'alert')
  if (!isObject(element) || (!isObject(alert) && firstText(element, 'action') === null)) return [reject(path, 'an Opsgenie webhook has `action` and `alert`; use the integration type Webhook')]
  // Actions on schedules, heartbeats and incidents have no alert.
  if (!isObject(alert)) return []
  const action = firstText(element, 'action')
  const word = (action ?? '').slice(0, 64).toLowerCase().replace(/[^a-z]/g, '')
  const id = firstText(alert, 'alertId', 'id', 'tinyId', 'alias')
  const message = firstText(alert, 'message')
  if (id === null && message === null) return [reject(`${path}/alert`, 'an alert without alertId and message; switch on "Add alert details to payload" in the integration')]
  const said = statusFrom(ACTIONS, word)
  const details = at(alert, 'details')
  return [
    makeAlert({
      source: 'opsgenie',
      externalId: id,
      asset: firstText(alert, 'entity') ?? firstText(details, 'host', 'hostname', 'Host', 'Hostname', 'host_name', 'instance'),
      signature: readMarks(message).text,
      severity: severityFrom(SEVERITIES, firstText(alert, 'priority')),
      status: said !== 'unknown' ? said : action === null ? statusFrom(STATUSES, firstText(alert, 'status')) : NOTHING_SAID,
      title: message,
      message: firstText(alert, 'description', 'note') ?? message,
      startsAtMs: instantMs(at(alert, 'createdAt') ?? at(alert, 'insertedAt')),
      labels: [
        ...textEntries(details),
        ['alias', firstText(alert, 'alias')],
        ['tinyId', firstText(alert, 'tinyId')],
        ['entity', firstText(alert, 'entity')],
        ['alert_source', firstText(alert, 'source')],
        ['tags', joined(at(alert, 'tags'))],
        ['team', firstText(alert, 'team') ?? joined(at(alert, 'teams'))],
        ['priority', firstText(alert, 'priority')],
        ['owner', firstText(alert, 'owner')],
        ['action', action],
        ['integration', firstText(element, 'integrationName')],
      ],
    }),
  ]
}

/** The first 32 texts of a list, joined by commas; null without any. */
function joined(list: unknown): string | null {
  const texts = listOf(list).slice(0, 32).flatMap((item) => textOf(item) ?? firstText(item, 'name', 'id') ?? [])
  return texts.length === 0 ? null : texts.join(', ')
}
