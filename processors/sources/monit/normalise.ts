import { makeAlert, readEach, reject } from '../build.ts'
import { firstText, isObject, textOf } from '../json.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { statusFrom, type StatusTable } from '../words.ts'

/** What an event is about, by its bit (Monit manual, "Setting an event filter"). */
const EVENTS: Readonly<Record<string, string>> = {
  1: 'checksum', 2: 'resource', 4: 'timeout', 8: 'timestamp', 16: 'size', 32: 'connection', 64: 'permission', 128: 'uid', 256: 'gid', 512: 'nonexist', 1024: 'invalid', 2048: 'data',
  4096: 'exec', 8192: 'fsflags', 16384: 'icmp', 32768: 'content', 65536: 'instance', 131072: 'action', 262144: 'pid', 524288: 'ppid', 1048576: 'heartbeat', 2097152: 'status',
  4194304: 'uptime', 8388608: 'link', 16777216: 'speed', 33554432: 'saturation', 67108864: 'bytein', 134217728: 'byteout', 268435456: 'packetin', 536870912: 'packetout', 1073741824: 'exist',
}

/** Monit itself was started, stopped or reloaded, or a person told it to do something: nothing is wrong. */
const NOT_ALERTS = new Set(['instance', 'action'])

/** Succeeded, failed, changed; "changed not" ends a change, and init says that nothing is known yet. */
const STATES: StatusTable = { 0: 'resolved', 1: 'firing', 2: 'firing', 3: 'resolved', 4: 'no_data' }

const KINDS: Readonly<Record<string, string>> = { 0: 'filesystem', 1: 'directory', 2: 'file', 3: 'process', 4: 'host', 5: 'system', 6: 'fifo', 7: 'program', 8: 'network' }
const ACTIONS: Readonly<Record<string, string>> = { 1: 'alert', 2: 'restart', 3: 'stop', 4: 'exec', 5: 'unmonitor', 6: 'start', 7: 'monitor' }

/** A post of Monit to M/Monit, as texts by element name. Each carries one event, or only how things stand. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(payload: unknown, path: string): Normalised {
  if (!isObject(payload)) return [reject(path, 'a post of Monit is XML; point "set mmonit" of the control file here')]
  const bit = ofEvent(payload, 'id')
  const service = ofEvent(payload, 'service')
  if (bit === null || service === null) {
    if (firstText(payload, 'localhostname', 'incarnation') !== null) return []
    return [reject(path, 'neither an event nor a status of Monit; point "set mmonit" of the control file here')]
  }
  const about = named(EVENTS, bit) ?? `event ${bit}`
  if (NOT_ALERTS.has(about)) return []
  const kind = named(KINDS, ofEvent(payload, 'type'))
  const host = textOf(payload['localhostname'])
  const status = statusFrom(STATES, ofEvent(payload, 'state'))
  const message = ofEvent(payload, 'message')
  return [
    makeAlert({
      source: 'monit',
      externalId: `${firstText(payload, 'monitid', 'localhostname') ?? ''}:${service}:${bit}`,
      // A check of a remote host is named after that host.
      asset: kind === 'host' ? service : host,
      signature: kind === 'host' ? about : `${service} ${about}`,
      severity: 'unknown',
      status,
      title: message === null ? null : `${service}: ${message}`,
      message,
      startsAtMs: status === 'firing' ? instantMs(ofEvent(payload, 'collected_sec')) : null,
      labels: [['service', service], ['kind', kind], ['event', about], ['action', named(ACTIONS, ofEvent(payload, 'action'))], ['monit_host', host], ['platform', textOf(payload['platform.name'])]],
    }),
  ]
}

/** An element of the event, also where another part of the post has one of that name. */
function ofEvent(payload: Readonly<Record<string, unknown>>, name: string): string | null {
  return firstText(payload, `event.${name}`, name)
}

function named(table: Readonly<Record<string, string>>, key: string | null): string | null {
  return key !== null && Object.hasOwn(table, key) ? (table[key] ?? null) : null
}
