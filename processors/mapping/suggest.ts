/** A mapping read off a sample: the paths the recogniser of unknown tools takes, written down so that a person may mend them. */
import { MAPPING_FIELDS, MAPPING_LIMITS, type MappingDocument, type MappingField, type SuggestedField } from '../../schemas/mapping.ts'
import type { AlertStatus, Severity } from '../../schemas/records.ts'
import { fieldName } from '../sources/fields.ts'
import { at, isObject, textOf } from '../sources/json.ts'
import { findingsOf, gradeOf, listName, stateOfFlag } from '../sources/unknown/recognise.ts'
import { stateOfField } from '../sources/unknown/status.ts'
import { knows, SEVERITY_WORDS, STATUS_WORDS } from '../sources/words.ts'
import { Budget, EvaluationError } from './budget.ts'
import { evaluate } from './evaluate.ts'
import { isFault, parseExpression } from './expression.ts'
import { expressionOf, locate, placesOf, type Place } from './places.ts'

/** Alerts of the sample that are looked at. */
const SAMPLE_MAX = 20
const LABELS_MAX = 8

/** How telling a name is, by how much of the path it covers. */
const TELLING = { path: 0.9, pair: 0.8, leaf: 0.6 } as const

/** Names worth a label, in the form of `fieldName`. */
const LABEL_NAMES = new Set([
  'site', 'location', 'region', 'datacenter', 'zone', 'environment', 'env', 'customer', 'customername', 'client', 'clientname', 'organization', 'organizationname', 'tenant', 'group', 'groupname', 'team',
  'service', 'servicename', 'application', 'app', 'cluster', 'namespace', 'ip', 'ipaddress', 'url', 'link', 'category', 'type',
])

/** A mapping for a payload, and how sure each field is; its document always compiles. */
export function suggestMapping(payload: unknown): { readonly mapping: MappingDocument; readonly fields: readonly SuggestedField[] } {
  const list = listName(payload) ?? onlyListOf(payload)
  const within = list === null ? payload : at(payload, list)
  const elements = (Array.isArray(within) ? (within as readonly unknown[]) : [within]).filter(isObject).slice(0, SAMPLE_MAX)
  const first = elements[0]
  if (first === undefined) return { mapping: {}, fields: MAPPING_FIELDS.map((field) => ({ field, expression: null, confidence: 0, value: null })) }

  const found = findingsOf(first)
  const places = placesOf(first)
  const used = new Set<Place>()
  const expressions = new Map<MappingField, string>()
  const fields = MAPPING_FIELDS.map((field): SuggestedField => {
    // A state in words nobody knows is a state all the same: its words are for the person to say.
    const finding = found.get(field) ?? (field === 'status' ? found.get('state') : undefined)
    const inside = finding === undefined || finding.within.length === 0 ? places : placesOf(at(first, ...finding.within)).map((place) => ({ ...place, steps: [...finding.within, ...place.steps] }))
    const located = finding === undefined ? null : locate(inside, finding.name, finding.text)
    if (located === null || expressionOf(located.place.steps).length > MAPPING_LIMITS.expressionChars) return { field, expression: null, confidence: 0, value: null }
    const expression = expressionOf(located.place.steps)
    expressions.set(field, expression)
    for (const place of places) if (expressionOf(place.steps) === expression) used.add(place)
    const share = elements.filter((element) => wordAt(element, expression) !== null).length / elements.length
    return { field, expression, confidence: Math.round(TELLING[located.by] * share * 100) / 100, value: located.place.text }
  })
  const labels = places.filter((place) => !used.has(place) && LABEL_NAMES.has(fieldName(String(place.steps.at(-1)))) && expressionOf(place.steps).length <= MAPPING_LIMITS.expressionChars).slice(0, LABELS_MAX)
  const words = (field: MappingField): readonly string[] => {
    const expression = expressions.get(field)
    return expression === undefined ? [] : [...new Set(elements.flatMap((element) => wordAt(element, expression) ?? []))].slice(0, MAPPING_LIMITS.words)
  }
  const flag = found.get('status')?.name ?? ''
  const severities = table<Severity>(words('severity'), (word) => (knows(SEVERITY_WORDS, word) ? null : gradeOf(word)))
  const statuses = table<AlertStatus>(words('status').flatMap((word) => (stateOfFlag(flag, word) === null ? [word] : ['true', 'false'])), (word) => stateOfFlag(flag, word) ?? (knows(STATUS_WORDS, word) ? null : stateOfField(word)))
  const mapping: MappingDocument = {
    ...(list === null ? {} : { items: expressionOf([list]) }),
    ...Object.fromEntries(expressions),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels.map((place) => [String(place.steps.at(-1)), expressionOf(place.steps)])) }),
    ...(Object.keys(severities).length === 0 ? {} : { severities }),
    ...(Object.keys(statuses).length === 0 ? {} : { statuses }),
  }
  return { mapping, fields }
}

/** The one list of objects in a payload that names no alert of its own, whatever it is called. */
function onlyListOf(payload: unknown): string | null {
  if (!isObject(payload)) return null
  const lists = Object.entries(payload).filter(([, value]) => Array.isArray(value) && value.length > 0 && value.every(isObject))
  const [name] = lists[0] ?? []
  if (lists.length !== 1 || name === undefined) return null
  const own = findingsOf(Object.fromEntries(Object.entries(payload).filter(([key]) => key !== name)))
  return own.has('externalId') || own.has('signature') ? null : name
}

/** Words that no table of ours knows, with what the recogniser takes them for. */
function table<T extends string>(words: readonly string[], meaningOf: (word: string) => T | null): Readonly<Record<string, T>> {
  return Object.fromEntries(words.flatMap((word): [string, T][] => {
    const meaning = meaningOf(word)
    return meaning === null ? [] : [[word.toLowerCase(), meaning]]
  }))
}

function wordAt(element: unknown, expression: string): string | null {
  const node = parseExpression(expression)
  if (isFault(node)) return null
  try {
    return textOf(evaluate(node, element, { root: element, budget: new Budget(MAPPING_LIMITS.steps) }))
  } catch (thrown) {
    if (thrown instanceof EvaluationError) return null
    throw thrown
  }
}
