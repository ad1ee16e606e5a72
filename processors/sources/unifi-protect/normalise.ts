import { makeAlert, readEach } from '../build.ts'
import { at, firstText, isObject, listOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { recognise } from '../unknown/recognise.ts'
import { readNetwork } from './network.ts'

/** One alarm with its triggers; an array where a relay gathered several. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(body: unknown, path: string): Normalised {
  const alarm = isObject(at(body, 'alarm')) ? at(body, 'alarm') : body
  const triggers = at(alarm, 'triggers')
  // Alarms of other UniFi applications have no triggers and names of their own.
  if (!Array.isArray(triggers) || triggers.length === 0) return readOther(body, path)
  const seen = new Set<string>()
  return readEach(triggers, `${path}/triggers`, (trigger, triggerPath) => {
    const event = firstText(trigger, 'eventId')
    // What the button Test Alarm sends.
    if (event === 'testEventId') return []
    // One event may be listed once for each moment it was seen.
    const same = event === null ? null : JSON.stringify([event, firstText(trigger, 'key'), firstText(trigger, 'device')])
    if (same !== null && seen.has(same)) return []
    if (same !== null) seen.add(same)
    return readTrigger(trigger, alarm, body, triggerPath)
  })
}

/** Alarms of UniFi Network, alone or in `events`; every other application is read by common names. */
function readOther(body: unknown, path: string): Normalised {
  const events = at(body, 'events')
  const read = (element: unknown, elementPath: string): Normalised => readNetwork(element) ?? recognise(element, 'unifi-protect', elementPath)
  return Array.isArray(events) && events.length > 0 ? readEach(events, `${path}/events`, read) : read(body, path)
}

function readTrigger(trigger: unknown, alarm: unknown, body: unknown, path: string): Normalised {
  const key = firstText(trigger, 'key') ?? firstText(alarm, ['conditions', '0', 'condition', 'source'])
  const device = firstText(trigger, 'device', ['device', 'name'], ['device', 'id'], 'deviceId') ?? firstText(alarm, ['sources', '0', 'device'])
  const event = firstText(trigger, 'eventId', ['value', 'eventId'])
  if (key === null && device === null && event === null) return recognise(trigger, 'unifi-protect', path)
  const name = firstText(alarm, 'name')
  return [
    makeAlert({
      source: 'unifi-protect',
      externalId: event,
      asset: device,
      signature: key ?? name,
      // Protect has no severities, and says of no event that it is over.
      severity: 'unknown',
      status: 'firing',
      title: name ?? key,
      message: [name, key, device].filter((text) => text !== null).join(' - ') || null,
      startsAtMs: instantMs(at(trigger, 'timestamp')) ?? instantMs(at(body, 'timestamp')) ?? instantMs(at(alarm, 'timestamp')),
      labels: [
        ['alarm', name],
        ['condition', listOf(at(alarm, 'conditions')).slice(0, 16).flatMap((condition) => firstText(condition, ['condition', 'source'], 'source') ?? []).join(',') || null],
        ['zone', firstText(trigger, ['zones', 'zone', '0'])],
        ['group', firstText(trigger, ['group', 'name'])],
        ['value', firstText(trigger, 'value')],
        ['link', firstText(alarm, 'eventLocalLink', 'eventPath') ?? firstText(body, 'eventLocalLink')],
      ],
    }),
  ]
}
