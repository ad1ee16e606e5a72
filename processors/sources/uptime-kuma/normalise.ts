import { makeAlert, reject } from '../build.ts'
import { at, firstText, isObject, jsonInside, listOf, textOf, type JsonObject } from '../json.ts'
import type { Normalised } from '../source.ts'
import { beganAtMs, readOneOrMany } from '../uptime.ts'
import { statusFrom, type StatusTable } from '../words.ts'
import { isCertificateMessage, readMessage } from './message.ts'

/** `heartbeat.status` (Uptime Kuma, src/util.ts). A pending heartbeat is a failed try before the last one: it cannot tell yet. */
const STATUSES: StatusTable = { 0: 'firing', 1: 'resolved', 2: 'no_data' }
const MAINTENANCE = '3'

/** Monitor types whose address is a URL; the others keep an empty `https://` in that field. */
const URL_TYPES = new Set(['http', 'keyword', 'json-query', 'real-browser', 'websocket-upgrade'])

/** Reads Kuma's own JSON, its form-data variant (the same JSON in the field `data`), and messages of custom bodies. */
export function normalise(payload: unknown): Normalised {
  return readOneOrMany(payload, readOne)
}

function readOne(element: unknown, path: string): Normalised {
  const inside = objectAt(element, 'data')
  const body = inside !== null && (Object.hasOwn(inside, 'msg') || Object.hasOwn(inside, 'heartbeat')) ? inside : element
  if (!isObject(body) && textOf(body) === null) return [reject(path, 'an Uptime Kuma notification is an object; set Request Body of the webhook to "Preset - application/json"')]
  const heartbeat = objectAt(body, 'heartbeat') ?? objectAt(body, 'heartbeatJSON')
  const monitor = objectAt(body, 'monitor') ?? objectAt(body, 'monitorJSON')
  if (heartbeat === null && monitor === null) return readMessage(body, path)
  const message = firstText(body, 'msg')
  const isCertificate = heartbeat === null && isCertificateMessage(message)
  const id = firstText(heartbeat, 'monitorID', 'monitor_id') ?? firstText(monitor, 'id')
  const name = firstText(monitor, 'name') ?? firstText(body, 'name')
  const asset = assetOf(monitor)
  const code = firstText(heartbeat, 'status')
  if (code === MAINTENANCE) return []
  const status = isCertificate ? 'firing' : statusFrom(STATUSES, code)
  if (id === null && name === null && asset === null) return [reject(path, 'no monitor; set Request Body of the webhook to "Preset - application/json", or send monitorJSON and heartbeatJSON in a custom body')]
  return [
    makeAlert({
      source: 'uptime-kuma',
      externalId: id === null ? null : isCertificate ? `${id}:certificate` : id,
      asset,
      signature: name,
      severity: 'unknown',
      status,
      title: firstText(body, 'title') ?? message ?? name ?? `Monitor ${id ?? asset}`,
      message: firstText(heartbeat, 'msg') ?? message,
      startsAtMs: beganAtMs(status, timeOf(heartbeat)),
      labels: [
        ...tagsOf(monitor),
        ['monitor_type', firstText(monitor, 'type')],
        ['monitor_path', firstText(monitor, 'pathName')],
        ['port', firstText(monitor, 'port')],
        ['ping_ms', firstText(heartbeat, 'ping')],
        ['event_type', firstText(body, 'event_type')],
        ['urgency', firstText(body, 'urgency')],
      ],
    }),
  ]
}

/** The object at a name, which custom bodies and form fields hold as JSON text. */
function objectAt(value: unknown, name: string): JsonObject | null {
  const found = at(value, name)
  const parsed = typeof found === 'string' ? jsonInside(found.slice(0, 262_144)) : found
  return isObject(parsed) ? parsed : null
}

function assetOf(monitor: unknown): string | null {
  const given = firstText(monitor, 'url')
  const url = given === 'https://' || given === 'http://' ? null : given
  const type = firstText(monitor, 'type')
  if (type === null || URL_TYPES.has(type)) return url ?? firstText(monitor, 'hostname')
  return firstText(monitor, 'hostname', 'docker_container', 'grpcUrl') ?? url
}

/** `time` is in UTC without saying so (heartbeats are stored so); `localDateTime` goes with `timezoneOffset`. */
function timeOf(heartbeat: unknown): string | null {
  const time = firstText(heartbeat, 'time')
  const local = firstText(heartbeat, 'localDateTime')
  const offset = firstText(heartbeat, 'timezoneOffset')
  return time ?? (local === null || offset === null ? null : `${local}${offset}`)
}

/** A tag without a value has the value `true`. */
function tagsOf(monitor: unknown): (readonly [string, string])[] {
  return listOf(at(monitor, 'tags')).slice(0, 32).flatMap((tag) => {
    const name = firstText(tag, 'name')
    return name === null ? [] : [[name, firstText(tag, 'value') ?? 'true'] as const]
  })
}
