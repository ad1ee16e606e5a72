import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject, jsonInside, textOf } from '../json.ts'
import { readMarks, type MarkedTitle } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import { knows, SEVERITY_WORDS, severityFrom, STATUS_WORDS, statusFrom } from '../words.ts'
import * as names from './names.ts'

/** What the envelope around the payload already said. */
export interface Hints {
  readonly title?: string | null
  readonly time?: string | null
}

/**
 * Reads a payload of a tool nobody wrote an adapter for, by common field names. The label `recognised_confidence` (0 to 1) says how much of
 * what an alert needs was found: an id, an asset, a check, a severity and a state. Words that stand in no table stay unknown.
 */
export function recognise(payload: unknown, source: string, path: string, hints: Hints = {}): Normalised {
  if (Array.isArray(payload)) return readEach(payload, path, (element, elementPath) => recogniseOne(element, source, elementPath, hints))
  const list = listName(payload)
  if (list === null) return recogniseOne(payload, source, path, hints)
  return readEach(at(payload, list) as readonly unknown[], `${path}/${list}`, (element, elementPath) => recogniseOne(element, source, elementPath, hints))
}

/** A list of several objects is several alerts; a list of one beside a fuller object may be detail, so the object itself must say little. */
function listName(payload: unknown): string | null {
  if (!isObject(payload)) return null
  for (const name of names.LIST_NAMES) {
    const list = payload[name]
    if (Array.isArray(list) && list.length > 0 && list.every((element) => isObject(element))) {
      const own = new Fields(Object.fromEntries(Object.entries(payload).filter(([key]) => key !== name)))
      if (own.path(...names.ID_NAMES, ...names.SIGNATURE_NAMES) === null) return name
    }
  }
  return null
}

function recogniseOne(element: unknown, source: string, path: string, hints: Hints): Normalised {
  const text = textOf(element)
  const inside = text === null ? undefined : jsonInside(text.slice(0, 262_144))
  const fields = new Fields(inside ?? (isObject(element) ? element : { text }))
  if (fields.entries.length === 0) return [reject(path, 'nothing in it is text: an alert needs at least a message; post the generic body of /api/webhooks/alerts where the tool lets you choose')]
  const title = hints.title ?? fields.any(...names.TITLE_NAMES)
  const marks = readMarks(title)
  const named = readMarks(fields.any(...names.SIGNATURE_NAMES))
  const externalId = fields.any(...names.ID_NAMES)
  const asset = fields.any(...names.ASSET_NAMES)
  const severity = severityOf(fields, marks)
  const status = statusOf(fields, marks, named)
  const signature = named.text ?? marks.text
  return [
    makeAlert({
      source,
      externalId,
      asset,
      signature,
      severity,
      status,
      title: title ?? fields.entries[0]?.[1] ?? null,
      message: fields.any(...names.MESSAGE_NAMES),
      startsAtMs: timeOf(fields) ?? instantMs(hints.time),
      labels: [['recognised_confidence', confidence([externalId, asset, signature, severity === 'unknown' ? null : severity, status === 'unknown' ? null : status])], ...fields.entries],
    }),
  ]
}

function severityOf(fields: Fields, marks: MarkedTitle): Severity {
  for (const name of names.SEVERITY_NAMES) {
    const severity = severityFrom(SEVERITY_WORDS, fields.any(name))
    if (severity !== 'unknown') return severity
  }
  return marks.severity ?? 'unknown'
}

/** The first field that holds a word of the table; `alert.resolved` and `check_down` are read by their last word. */
function statusOf(fields: Fields, marks: MarkedTitle, named: MarkedTitle): AlertStatus {
  for (const name of names.STATUS_NAMES) {
    const word = fields.any(name)
    if (word === null || word.length > 64) continue
    if (knows(STATUS_WORDS, word)) return statusFrom(STATUS_WORDS, word)
    const last = word.split(/[\s._:/-]+/).at(-1) ?? ''
    if (knows(STATUS_WORDS, last)) return statusFrom(STATUS_WORDS, last)
  }
  return marks.status ?? named.status ?? 'unknown'
}

function timeOf(fields: Fields): number | null {
  for (const name of names.TIME_NAMES) {
    const ms = instantMs(fields.any(name))
    if (ms !== null) return ms
  }
  return null
}

function confidence(found: readonly (string | null)[]): string {
  return (found.filter((part) => part !== null).length / found.length).toFixed(1)
}
