import type { AlertStatus } from '../../../schemas/records.ts'
import { readAlertmanagerText } from '../alertmanager-text.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { firstText, isObject, textEntries } from '../json.ts'
import { readMarks } from '../marks.ts'
import { nameOfCheck, shapeOf } from '../sentence.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { severityFrom, type SeverityTable } from '../words.ts'

const SOURCE = 'victorops'

/** `message_type` ("Incident fields glossary"). */
const SEVERITIES: SeverityTable = { critical: 'critical', warning: 'medium', info: 'info' }

/**
 * The same word as a state. INFO is an entry in the timeline that opens no incident, so it opens no problem either. OK and UP are what some clients
 * of Nagios' kind send for RECOVERY.
 */
const STATES: Readonly<Record<string, AlertStatus>> = {
  critical: 'firing', warning: 'firing', recovery: 'resolved', ok: 'resolved', up: 'resolved', acknowledgement: 'acknowledged', ack: 'acknowledged', info: 'no_data',
}

/** Fields with a place of their own. */
const TAKEN = new Set(['message_type', 'entity_id', 'state_message', 'timestamp', 'state_start_time', 'entity_display_name'])

/** One message of the REST endpoint, or an array of them. */
export function normalise(payload: unknown): Normalised {
  return Array.isArray(payload) ? readEach(payload, '', readOne) : readOne(payload, '')
}

function readOne(element: unknown, path: string): Normalised {
  if (!isObject(element)) return [reject(path, 'a message of the REST endpoint is an object with message_type and entity_id')]
  const type = firstText(element, 'message_type')
  const entityId = firstText(element, 'entity_id')
  const message = firstText(element, 'state_message')
  const shown = firstText(element, 'entity_display_name')
  if (entityId === null && message === null && shown === null) return [reject(path, 'no entity_id, entity_display_name or state_message; entity_id is what ties CRITICAL and RECOVERY together')]
  const entity = readEntity(entityId)
  const word = (type ?? '').slice(0, 64).trim().toLowerCase()
  const told = readAlertmanagerText(message)
  const asset = firstText(element, 'host_name', 'hostname', 'host', 'host_alias') ?? entity.host ?? told?.asset ?? null
  const named = readMarks(shown).text
  return [
    makeAlert({
      source: SOURCE,
      externalId: entityId,
      asset,
      signature: firstText(element, 'service_description', 'service', 'check_name', 'check', 'alert_name', 'alertname', 'SERVICEDESC') ?? entity.check ?? told?.alertname ?? (named === null ? null : nameOfCheck(named, asset)) ?? nameOf(entityId) ?? (message === null ? null : shapeOf(message)),
      severity: severityFrom(SEVERITIES, word),
      status: Object.hasOwn(STATES, word) ? (STATES[word] ?? 'unknown') : 'unknown',
      title: shown ?? message ?? entityId,
      message,
      startsAtMs: instantMs(element['state_start_time']) ?? (word === 'critical' || word === 'warning' ? instantMs(element['timestamp']) : null),
      labels: [...(told?.labels ?? []), ...textEntries(element).filter(([name]) => !TAKEN.has(name))],
    }),
  ]
}

/** An entity id is free, but `check/host` is how the vendor's own examples and the plugins for Nagios' kind write it; a host has a dot, a digit or a hyphen in it. */
function readEntity(entityId: string | null): { check: string | null; host: string | null } {
  const id = (entityId ?? '').slice(0, 1_024)
  const slash = id.lastIndexOf('/')
  if (slash <= 0 || slash === id.length - 1 || id.includes('://')) return { check: null, host: null }
  const [before, after] = [id.slice(0, slash).trim(), id.slice(slash + 1).trim()]
  if (looksLikeHost(after)) return { check: before, host: after }
  const first = id.slice(0, id.indexOf('/')).trim()
  return looksLikeHost(first) ? { check: id.slice(id.indexOf('/') + 1).trim(), host: first } : { check: null, host: null }
}

function looksLikeHost(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9][a-z0-9.-]*$/i.test(text) && /[.\d-]/.test(text) && /[a-z]/i.test(text)
}

/** An entity id that people can read; a bare number or hash names nothing. */
function nameOf(entityId: string | null): string | null {
  const shape = shapeOf(entityId ?? '')
  return /\p{L}/u.test(shape) ? shape : null
}
