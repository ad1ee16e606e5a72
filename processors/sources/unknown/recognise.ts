import type { AlertStatus, Severity } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { Fields } from '../fields.ts'
import { at, isObject, jsonInside, textOf, type JsonObject } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised, NormalisedAlert } from '../source.ts'
import { instantMs } from '../time.ts'
import { SEVERITY_WORDS, severityFrom } from '../words.ts'
import * as names from './names.ts'
import { stateOfField, stateOfSentence } from './status.ts'

/** What the envelope around the payload already said. */
export interface Hints {
  readonly title?: string | null
  readonly time?: string | null
}

/**
 * Reads a payload of a tool nobody wrote an adapter for, by common field names. The label `recognised_confidence` (0 to 1) says how much of
 * what an alert needs was found: an id, an asset, a check, a severity and a state. Words that stand in no table stay unknown; a message
 * that has no state at all is taken as firing, like the generic body.
 */
export function recognise(payload: unknown, source: string, path: string, hints: Hints = {}): Normalised {
  if (Array.isArray(payload)) return readEach(payload, path, (element, elementPath) => recogniseOne(element, source, elementPath, hints))
  const list = listName(payload)
  if (list === null) return recogniseOne(payload, source, path, hints)
  const elements = at(payload, list)
  return readEach(Array.isArray(elements) ? elements : [], `${path}/${list}`, (element, elementPath) => recogniseOne(element, source, elementPath, hints))
}

/** A list of objects is several alerts, unless the object around it names an alert of its own: then it is detail. */
export function listName(payload: unknown): string | null {
  if (!isObject(payload)) return null
  for (const name of names.LIST_NAMES) {
    const list = payload[name]
    if (!Array.isArray(list) || list.length === 0 || !list.every((element) => isObject(element))) continue
    const own = new Fields(Object.fromEntries(Object.entries(payload).filter(([key]) => key !== name)))
    if (own.path(...names.ID_NAMES, ...names.SIGNATURE_NAMES) === null) return name
  }
  return null
}

const SUBJECT_STEPS_MAX = 4

/** The innermost object that a message is about, such as `event.data` of an envelope, and the names that lead to it. */
function subjectOf(payload: JsonObject): { readonly subject: JsonObject; readonly path: readonly string[] } {
  let subject = payload
  const path: string[] = []
  for (let step = 0; step < SUBJECT_STEPS_MAX; step++) {
    const name = names.SUBJECT_NAMES.find((candidate) => {
      const value = at(subject, candidate)
      return isObject(value) && Object.keys(value).length >= 2
    })
    const inner = name === undefined ? undefined : at(subject, name)
    if (name === undefined || !isObject(inner)) break
    subject = inner
    path.push(name)
  }
  return { subject, path }
}

/** Where the text of a field was found. */
export interface Found {
  readonly field: string
  /** The name it goes by, in the form of `fieldName`. */
  readonly name: string
  readonly text: string
  /** Names that lead to the object it was looked for in; its own place follows from name and text. */
  readonly within: readonly string[]
}

/** Looks into the subject first and then into the whole message. */
class Lookup {
  readonly #levels: readonly { readonly fields: Fields; readonly within: readonly string[] }[]
  readonly entries: Fields['entries']
  /** The first find of each field. */
  readonly found = new Map<string, Found>()

  constructor(payload: JsonObject) {
    const whole = { fields: new Fields(payload), within: [] }
    const { subject, path } = subjectOf(payload)
    this.#levels = subject === payload ? [whole] : [{ fields: new Fields(subject), within: path }, whole]
    this.entries = whole.fields.entries
  }

  /** The first text that `accept` takes, names in order within each level: own fields first, then anything deeper. */
  find<T>(wanted: readonly string[], accept: (text: string) => T | null, field: string): T | null {
    for (const { fields, within } of this.#levels) {
      for (const read of [fields.path.bind(fields), fields.any.bind(fields)]) {
        for (const name of wanted) {
          const text = read(name)
          const taken = text === null ? null : accept(text)
          if (taken === null || text === null) continue
          if (!this.found.has(field)) this.found.set(field, { field, name, text, within })
          return taken
        }
      }
    }
    return null
  }
}

/** Where the recogniser finds each field of one element; empty where it is no object. */
export function findingsOf(element: unknown): ReadonlyMap<string, Found> {
  if (!isObject(element)) return new Map()
  const lookup = new Lookup(element)
  alertOf(lookup, '', {})
  return lookup.found
}

function recogniseOne(element: unknown, source: string, path: string, hints: Hints): Normalised {
  const text = textOf(element)
  const inside = text === null ? undefined : jsonInside(text.slice(0, 262_144))
  const body = isObject(inside) ? inside : isObject(element) ? element : { text }
  const lookup = new Lookup(body)
  if (lookup.entries.length === 0) return [reject(path, 'nothing in it is text: an alert needs at least a message; post the generic body of /api/webhooks/alerts where the tool lets you choose')]
  return [alertOf(lookup, source, hints)]
}

function alertOf(lookup: Lookup, source: string, hints: Hints): NormalisedAlert {
  const title = hints.title ?? lookup.find(names.TITLE_NAMES, worded, 'title')
  const marks = readMarks(title)
  const externalId = lookup.find(names.ID_NAMES, plain, 'externalId')
  const asset = lookup.find(names.ASSET_NAMES, nameOfAsset, 'asset')
  const check = lookup.find(names.SIGNATURE_NAMES, nameOfCheck, 'signature') ?? lookup.find(names.KIND_NAMES, compoundKind, 'signature') ?? lookup.find(names.LAST_SIGNATURE_NAMES, nameOfCheck, 'signature')
  const signature = readMarks(check).text
  const graded: Severity | null = lookup.find(names.SEVERITY_NAMES, gradeOf, 'severity')
  const told: AlertStatus | null = flagOf(lookup) ?? lookup.find(names.STATUS_NAMES, stateOfField, 'status') ?? marks.status ?? stateOfSentence(title) ?? stateOfSentence(signature)
  // A word for the state that we do not know is counted as unknown; no word at all means that the tool only speaks up when something is wrong.
  const silent: AlertStatus = lookup.find(['status', 'state'], plain, 'state') === null ? 'firing' : 'unknown'
  return makeAlert({
    source,
    externalId,
    asset,
    signature: signature ?? marks.text,
    severity: graded ?? marks.severity ?? 'unknown',
    status: told ?? silent,
    title: title ?? signature ?? lookup.entries.find(([, value]) => worded(value) !== null)?.[1] ?? null,
    message: lookup.find(names.MESSAGE_NAMES, worded, 'message'),
    startsAtMs: lookup.find(names.TIME_NAMES, instantMs, 'startedAt') ?? instantMs(hints.time),
    labels: [['recognised_confidence', confidence([externalId, asset, signature, graded, told])], ...labelsOf(lookup.entries)],
  })
}

/** The word's grade, or that of the last word of a compound name such as `CRITICALITY_LEVEL_WARNING`. */
export function gradeOf(word: string): Severity | null {
  const last = word.length > 64 || word.includes(' ') ? null : (word.split(/[^A-Za-z0-9]+/).at(-1) ?? null)
  const severity = severityFrom(SEVERITY_WORDS, word)
  const graded = severity === 'unknown' ? severityFrom(SEVERITY_WORDS, last) : severity
  return graded === 'unknown' ? null : graded
}

/** A truth value whose name says what it means. */
function flagOf(lookup: Lookup): AlertStatus | null {
  const ended = lookup.find(ENDED_FLAGS, truth, 'status')
  if (ended !== null) return stateOfFlag('resolved', ended)
  const began = lookup.find(BEGAN_FLAGS, truth, 'status')
  return began === null ? null : stateOfFlag('firing', began)
}

const ENDED_FLAGS = ['resolved', 'isresolved', 'isup', 'up', 'healthy', 'closed', 'cleared']
const BEGAN_FLAGS = ['active', 'isactive', 'firing', 'isfiring', 'isdown', 'triggered']

/** What a truth value of this name says of the state; null for other names and texts. */
export function stateOfFlag(name: string, text: string): AlertStatus | null {
  if (truth(text) === null) return null
  if (ENDED_FLAGS.includes(name)) return text === 'true' ? 'resolved' : 'firing'
  return BEGAN_FLAGS.includes(name) ? (text === 'true' ? 'firing' : 'resolved') : null
}

function truth(text: string): string | null {
  return text === 'true' || text === 'false' ? text : null
}

function plain(text: string): string | null {
  return /^[{[]\s*["{[]/.test(text) ? null : text
}

/** A text for people has a letter and is no address, truth value or JSON. */
function worded(text: string): string | null {
  return plain(text) !== null && /\p{L}/u.test(text.slice(0, 512)) && !/^(https?:\/\/\S*|true|false)$/.test(text.slice(0, 2_048)) ? text : null
}

/** A check's name is no state, no grade and no dotted event type like `alert.resolved`. */
function nameOfCheck(text: string): string | null {
  if (worded(text) === null || stateOfField(text) !== null && !text.includes(' ')) return null
  return severityFrom(SEVERITY_WORDS, text) === 'unknown' ? text : null
}

function compoundKind(text: string): string | null {
  // An underscore joins and is no part of what is joined: read as both, a text of 60 characters takes longer than anybody waits.
  return /^_*[^\W_]+(?:[:/._-]+[^\W_]+)+_*$/.test(text.slice(0, 256)) ? nameOfCheck(text) : null
}

/** A resource may be an address, but neither a link into the tool itself nor a person's. */
function nameOfAsset(text: string): string | null {
  const isLink = /^https?:\/\//.test(text) && text.includes('?')
  return isLink || /^[^\s@]{1,64}@[^\s@]+$/.test(text.slice(0, 320)) ? null : plain(text)
}

/** Each field under its last step, or under its whole path where that name is taken; then short names: `policy` for `policy_name` and for `policy: {name}`. */
function labelsOf(entries: Fields['entries']): readonly (readonly [string, string])[] {
  const labels = new Map<string, string>()
  const window = entries.slice(0, FIELDS_WINDOW)
  for (const [path, text] of window) {
    const leaf = path.slice(path.lastIndexOf('.') + 1)
    labels.set(leaf === '' || labels.has(leaf) ? path : leaf, text)
  }
  for (const [path, text] of window) {
    const short = /(?:^|\.)(\w+?)(?:_name|Name|\.(?:name|summary|displayName))$/.exec(path.slice(-128))?.[1]
    if (short !== undefined && !labels.has(short)) labels.set(short, text)
  }
  return [...labels]
}

const FIELDS_WINDOW = 256

function confidence(found: readonly (string | null)[]): string {
  return (found.filter((part) => part !== null).length / found.length).toFixed(1)
}
