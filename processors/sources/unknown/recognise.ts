import type { NormalisedAlert } from '../../../schemas/alert.ts'
import type { AlertStatus } from '../../../schemas/records.ts'
import { makeAlert, readEach, reject } from '../build.ts'
import { fieldName } from '../fields.ts'
import { isObject, jsonInside, textOf, type JsonObject } from '../json.ts'
import { readMarks } from '../marks.ts'
import type { Normalised } from '../source.ts'
import { instantMs } from '../time.ts'
import type { Choice } from './choose.ts'
import { entriesOf, type Entry } from './entries.ts'
import { factsOf } from './facts.ts'
import { labelsOf } from './labels.ts'
import { listOfAlerts } from './lists.ts'
import { stateOfSentence } from './status.ts'
import { fieldsOfText } from './texts.ts'
import { gradeInTitle, worded } from './values.ts'

export { listName } from './lists.ts'
export { stateOfFlag } from './status.ts'
export { gradeOf } from './values.ts'

/** What is known beside the payload. */
export interface Hints {
  /** What the envelope around the payload already said. */
  readonly title?: string | null
  readonly time?: string | null
  /** True where the tool has no adapter at all, so that the alert says how it was read. */
  readonly isUnknownTool?: boolean
}

/**
 * Reads a payload of a tool nobody wrote an adapter for, by common field names. The label `recognised_confidence` (0 to 1) says how much of
 * what an alert needs was found: an id, an asset, a check, a severity and a state. Words that stand in no table stay unknown; a message
 * that has no state at all is taken as firing, like the generic body.
 */
export function recognise(payload: unknown, source: string, path: string, hints: Hints = {}): Normalised {
  if (Array.isArray(payload)) return readEach(payload, path, (element, elementPath) => recogniseOne(element, source, elementPath, hints))
  const list = listOfAlerts(payload)
  if (list === null) return recogniseOne(payload, source, path, hints)
  return readEach(list.elements, [path, ...list.steps].join('/'), (element, elementPath) => recogniseOne(element, source, elementPath, hints))
}

/** Where the text of a field was found. */
export interface Found {
  readonly field: string
  /** Its own name, in the form of `fieldName`. */
  readonly name: string
  readonly text: string
  /** Names that lead to the object it stands in. */
  readonly within: readonly string[]
}

/** Where the recogniser finds each field of one element; empty where it is no object. */
export function findingsOf(element: unknown): ReadonlyMap<string, Found> {
  if (!isObject(element)) return new Map()
  const facts: Readonly<Record<string, Choice<unknown> | null>> = { ...factsOf(entriesOf(element)) }
  return new Map(
    Object.entries(facts).flatMap(([field, choice]): [string, Found][] => {
      if (choice === null) return []
      const { steps, text } = choice.entry
      return [[field, { field, name: fieldName(steps.at(-1) ?? ''), text, within: steps.slice(0, -1) }]]
    }),
  )
}

function recogniseOne(element: unknown, source: string, path: string, hints: Hints): Normalised {
  const text = textOf(element)
  const body: JsonObject = isObject(element) ? opened(element) : text === null ? {} : fieldsOfText(text)
  const entries = entriesOf(body)
  if (entries.length === 0) return [reject(path, 'nothing in it is text: an alert needs at least a message; post the generic body of /api/webhooks/alerts where the tool lets you choose')]
  return [alertOf(entries, source, hints)]
}

/** Envelopes of queues carry what they are about as JSON inside a text. */
const CARRIERS = new Set(['message', 'payload', 'body', 'data', 'detail', 'details', 'text', 'event', 'alert'])
const CARRIED_CHARS_MAX = 262_144

function opened(element: JsonObject): JsonObject {
  const carried = Object.entries(element).flatMap(([name, value]) => {
    const inside = typeof value === 'string' && value.length <= CARRIED_CHARS_MAX && CARRIERS.has(name.toLowerCase()) ? jsonInside(value) : undefined
    return isObject(inside) ? [[name, inside] as const] : []
  })
  return carried.length === 0 ? element : { ...element, ...Object.fromEntries(carried) }
}

function alertOf(entries: readonly Entry[], source: string, hints: Hints): NormalisedAlert {
  const facts = factsOf(entries)
  const title = hints.title ?? facts.title?.value ?? null
  const marks = readMarks(title)
  const signature = readMarks(facts.signature?.value ?? null).text ?? marks.text
  const told = facts.status?.value ?? marks.status ?? stateOfSentence(title) ?? stateOfSentence(signature)
  // A word for the state that we do not know is counted as unknown; no word at all means that the tool only speaks up when something is wrong.
  const silent: AlertStatus = facts.state === null ? 'firing' : 'unknown'
  // A title stands in for the check's name, and is none.
  const named = facts.signature?.entry === facts.title?.entry ? null : facts.signature
  const found = [facts.externalId, facts.asset, named, facts.severity, told]
  const confidence = (found.filter((part) => part !== null).length / found.length).toFixed(1)
  return makeAlert({
    source,
    externalId: facts.externalId?.value ?? null,
    asset: facts.asset?.value ?? null,
    signature,
    severity: facts.severity?.value ?? marks.severity ?? gradeInTitle(title) ?? 'unknown',
    status: told ?? silent,
    title: title ?? signature ?? entries.find((entry) => worded(entry.text) !== null)?.text ?? null,
    message: facts.message?.value ?? null,
    startsAtMs: facts.startedAt?.value ?? instantMs(hints.time),
    labels: [['recognised_confidence', confidence], ...(hints.isUnknownTool === true ? [['recognised', 'true'] as const] : []), ...labelsOf(entries)],
  })
}
