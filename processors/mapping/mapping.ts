/** A mapping, checked once and then applied to deliveries: its expressions give the fields, the tables of `../sources/words.ts` what words mean, the limits of `../sources/limits.ts` how much is kept. */
import type { AlertStatus, Severity } from '../../schemas/records.ts'
import { MAPPING_FIELDS, MAPPING_LIMITS, type MappingDocument, type MappingFault, type MappingField } from '../../schemas/mapping.ts'
import { makeAlert, readEach } from '../sources/build.ts'
import { withinDelivery } from '../sources/delivery-bound.ts'
import { isObject, textOf } from '../sources/json.ts'
import { ALERTS_MAX } from '../sources/limits.ts'
import type { NormalisedAlert, Rejected } from '../sources/source.ts'
import { instantMs } from '../sources/time.ts'
import { SEVERITY_WORDS, severityFrom, STATUS_WORDS, statusFrom, type SeverityTable, type StatusTable } from '../sources/words.ts'
import { Budget, EvaluationError } from './budget.ts'
import { evaluate, type Scene } from './evaluate.ts'
import { isFault, parseExpression, pathOf, type Node } from './expression.ts'

/** A mapping whose expressions are parsed. */
export interface Mapping {
  readonly items: Node | null
  readonly fields: ReadonlyMap<MappingField, Node>
  readonly labels: ReadonlyMap<string, Node>
  readonly severities: SeverityTable
  readonly statuses: StatusTable
}

/** What a mapping made of a payload, and what it cost. */
export interface Mapped {
  readonly alerts: readonly (NormalisedAlert | Rejected)[]
  readonly faults: readonly MappingFault[]
  readonly steps: number
  /** Steps there were. */
  readonly stepLimit: number
}

const PARTS: readonly string[] = ['items', ...MAPPING_FIELDS, 'labels', 'severities', 'statuses']
const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info', 'unknown'] as const satisfies readonly Severity[]
const STATUSES = ['firing', 'resolved', 'acknowledged', 'no_data', 'unknown'] as const satisfies readonly AlertStatus[]

/** Checks a mapping as it came from outside, and parses it; else everything that is wrong with it. */
export function compileMapping(document: unknown): { readonly mapping: Mapping; readonly document: MappingDocument } | { readonly faults: readonly MappingFault[] } {
  const faults: MappingFault[] = []
  const wrong = (field: string, message: string, position: number | null = null): null => {
    faults.push({ field, message, position, path: null })
    return null
  }
  if (!isObject(document)) return { faults: [{ field: '', message: `a mapping is an object with some of ${PARTS.join(', ')}`, position: null, path: null }] }
  if (JSON.stringify(document).length > MAPPING_LIMITS.documentChars) return { faults: [{ field: '', message: `a mapping has at most ${MAPPING_LIMITS.documentChars} characters`, position: null, path: null }] }
  for (const name of Object.keys(document)) if (!PARTS.includes(name)) wrong(name, `a mapping has no part "${name}"; there are ${PARTS.join(', ')}`)

  const parsed = (field: string, text: unknown): Node | null => {
    if (typeof text !== 'string') return wrong(field, 'an expression is a text')
    if (text.length > MAPPING_LIMITS.expressionChars) return wrong(field, `an expression has at most ${MAPPING_LIMITS.expressionChars} characters`)
    const node = parseExpression(text)
    return isFault(node) ? wrong(field, node.message, node.position) : node
  }
  const table = <T extends string>(field: 'severities' | 'statuses', ours: readonly T[]): Readonly<Record<string, T>> => {
    const given = document[field] ?? {}
    if (!isObject(given)) {
      wrong(field, 'a table is an object: the tool\'s word, and ours')
      return {}
    }
    const words = Object.entries(given)
    if (words.length > MAPPING_LIMITS.words) wrong(field, `a table has at most ${MAPPING_LIMITS.words} words`)
    const entries = words.flatMap(([word, meaning]): [string, T][] => {
      const known = ours.find((one) => one === meaning)
      if (known === undefined) wrong(`${field}.${word}`, `the meaning of a word is one of ${ours.join(', ')}`)
      return known === undefined ? [] : [[word.trim().toLowerCase(), known]]
    })
    return Object.fromEntries(entries)
  }

  const items = document.items === undefined ? null : parsed('items', document.items)
  const fields = new Map<MappingField, Node>()
  for (const field of MAPPING_FIELDS) {
    const node = document[field] === undefined ? null : parsed(field, document[field])
    if (node !== null) fields.set(field, node)
  }
  const labels = new Map<string, Node>()
  const given = document.labels ?? {}
  if (!isObject(given)) wrong('labels', 'labels are an object: the label\'s name, and the expression of its value')
  else {
    const entries = Object.entries(given)
    if (entries.length > MAPPING_LIMITS.labels) wrong('labels', `a mapping names at most ${MAPPING_LIMITS.labels} labels`)
    for (const [name, text] of entries.slice(0, MAPPING_LIMITS.labels)) {
      const node = parsed(`labels.${name}`, text)
      if (node !== null) labels.set(name, node)
    }
  }
  const [severities, statuses] = [table('severities', SEVERITIES), table('statuses', STATUSES)]
  if (faults.length === 0 && !['asset', 'signature', 'externalId', 'title', 'message'].some((field) => fields.has(field as MappingField))) {
    wrong('', 'a mapping says at least where one of asset, signature, externalId, title or message is')
  }
  return faults.length > 0 ? { faults } : { mapping: { items, fields, labels, severities, statuses }, document: document }
}

/** Applies a mapping to a payload. An element that cannot be evaluated is rejected with `mapping_failed`; the others pass. Pure; never throws. */
export function applyMapping(mapping: Mapping, payload: unknown, source: string): Mapped {
  const budget = new Budget(MAPPING_LIMITS.steps)
  const scene: Scene = { root: payload, budget }
  const faults: MappingFault[] = []
  const failed = (field: string, path: string, message: string): Rejected => {
    faults.push({ field, message, position: null, path })
    return { rejected: { code: 'mapping_failed', path, message: field === '' ? message : `${field}: ${message}` } }
  }
  const elements = elementsOf(mapping, payload, scene)
  if ('message' in elements) return { alerts: [failed('items', '', elements.message)], faults, steps: budget.spent, stepLimit: budget.limit }
  budget.grant(MAPPING_LIMITS.stepsPerAlert * Math.min(elements.list.length, ALERTS_MAX))
  const alerts = readEach(elements.list, elements.path, (element, path) => {
    const made = read(mapping, element, scene, source)
    return ['field' in made ? failed(made.field, elements.isWhole ? '' : path, made.message) : made]
  })
  return { alerts: withinDelivery(alerts), faults, steps: budget.spent, stepLimit: budget.limit }
}

interface Elements { readonly list: readonly unknown[]; readonly path: string; readonly isWhole: boolean }

/** The elements of a payload, and the JSON pointer of their list where it is known. */
function elementsOf({ items }: Mapping, payload: unknown, scene: Scene): Elements | { readonly message: string } {
  if (items === null) return Array.isArray(payload) ? { list: payload, path: '', isWhole: false } : { list: [payload], path: '', isWhole: true }
  const found = attempt(() => evaluate(items, payload, scene))
  if ('message' in found) return found
  const { value } = found
  const path = (pathOf(items) ?? []).map((name) => `/${name.replace(/~/g, '~0').replace(/\//g, '~1')}`).join('')
  if (Array.isArray(value)) return { list: value, path, isWhole: false }
  if (isObject(value)) return { list: [value], path, isWhole: false }
  // Nothing is not an empty list: a tool that has renamed its list must not fall silent unseen.
  return { message: value === null ? 'gives nothing: the payload has no such list; `items || `[]`` takes that for none' : 'must give a list or an object' }
}

function read(mapping: Mapping, element: unknown, scene: Scene, source: string): NormalisedAlert | { readonly field: string; readonly message: string } {
  const values = new Map<string, string | number | null>()
  const wanted = [...mapping.fields, ...[...mapping.labels].map(([name, node]) => [`labels.${name}`, node] as const)]
  for (const [field, node] of wanted) {
    const found = attempt(() => scalarOf(evaluate(node, element, scene)))
    if ('message' in found) return { field, message: found.message }
    values.set(field, found.value)
  }
  const text = (field: MappingField): string | null => textOf(values.get(field))
  const [asset, signature, externalId, title, message] = [text('asset'), text('signature'), text('externalId'), text('title'), text('message')]
  if ([asset, signature, externalId, title, message].every((one) => one === null)) {
    return { field: '', message: 'none of asset, signature, externalId, title and message has a value here' }
  }
  const [severity, status] = [text('severity'), text('status')]
  return makeAlert({
    source, externalId, asset, signature: signature ?? title, title, message,
    severity: severity === null ? 'unknown' : severityFrom(mapping.severities, severity) === 'unknown' ? severityFrom(SEVERITY_WORDS, severity) : severityFrom(mapping.severities, severity),
    // As everywhere: a message without any state is told because something is wrong.
    status: status === null ? 'firing' : statusOf(mapping.statuses, status),
    startsAtMs: instantMs(values.get('startedAt')),
    labels: [...mapping.labels.keys()].map((name) => [name, textOf(values.get(`labels.${name}`))] as const),
  })
}

function statusOf(table: StatusTable, word: string): AlertStatus {
  const own = statusFrom(table, word)
  return own === 'unknown' ? statusFrom(STATUS_WORDS, word) : own
}

/** A value as a field takes it: a list gives its first text, because projections give lists. Throws EvaluationError for an object. */
function scalarOf(value: unknown): string | number | null {
  if (Array.isArray(value)) return scalarOf((value as readonly unknown[]).find((element) => element !== null) ?? null)
  if (isObject(value)) throw new EvaluationError('gives an object; name one of its fields, or write to_string() around it')
  return typeof value === 'string' || typeof value === 'number' ? value : textOf(value)
}

function attempt<T>(work: () => T): { readonly value: T } | { readonly message: string } {
  try {
    return { value: work() }
  } catch (thrown) {
    if (thrown instanceof EvaluationError) return { message: thrown.message }
    throw thrown
  }
}
