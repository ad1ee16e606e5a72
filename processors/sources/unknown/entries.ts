import { filled } from '../fields.ts'
import { isObject, textOf, type JsonObject } from '../json.ts'
import { FIELDS_MAX } from '../limits.ts'
import { callsOf, wordsOf, type Call } from './calls.ts'
import { FOREIGN_NAMES, NEUTRAL_NAMES, SUBJECT_NAMES } from './names.ts'
import { pairsIn, tagsIn } from './pairs.ts'

/** One text of a message, and where it stands. */
export interface Entry {
  /** Names that lead to it; the places in arrays are left out. */
  readonly steps: readonly string[]
  readonly text: string
  /** Words of its own name, lower case: `check_state_name` and `checkStateName` are three. */
  readonly words: readonly string[]
  /** Words of the nearest object around it that does not only wrap. */
  readonly parent: readonly string[]
  /** What it may be called by: itself, with the object around it, and the ends of either. */
  readonly calls: readonly Call[]
  /** How far it stands from what the message is about: 0 for own fields of that. */
  readonly distance: number
  /** True for own fields of what the message is about, and of the envelopes around it. */
  readonly isOwn: boolean
  /** True inside an object that belongs to somebody else. */
  readonly isForeign: boolean
}

interface Node {
  readonly steps: readonly string[]
  readonly value: unknown
  readonly isInText: boolean
}

/** What is only told inside a text stands this much farther away. */
const TEXT_DISTANCE = 10
/** Levels walked, arrays included; FIELDS_MAX bounds the work. */
const LEVELS_MAX = 10
const ARRAY_WINDOW = 3
const SUBJECT_STEPS_MAX = 4

/** The texts of a message, shallower ones first; of arrays the first three elements, pairs of name and value as fields. */
export function entriesOf(payload: JsonObject): readonly Entry[] {
  const subject = subjectSteps(payload)
  const entries: Entry[] = []
  let level: readonly Node[] = [{ steps: [], value: payload, isInText: false }]
  let budget = FIELDS_MAX
  for (let depth = 0; depth <= LEVELS_MAX && level.length > 0; depth++) {
    const next: Node[] = []
    const open = (steps: readonly string[], value: unknown, isInText = false): void => {
      if (budget-- > 0) next.push({ steps, value, isInText })
    }
    for (const { steps, value, isInText } of level) {
      const text = filled(textOf(value))
      if (text !== null && steps.length > 0) {
        entries.push(entryOf(steps, text, subject, isInText))
        for (const [name, inner] of isInText ? [] : tagsIn(steps.at(-1) ?? '', text)) open([...steps, name], inner, true)
      } else if (Array.isArray(value)) {
        const pairs = pairsIn(value, steps.at(-1) ?? '')
        for (const [name, inner] of pairs ?? []) open([...steps, name], inner)
        if (pairs === null) for (const element of value.slice(0, ARRAY_WINDOW)) open(steps, element)
      } else if (isObject(value)) {
        for (const [name, child] of Object.entries(value)) {
          if (budget <= 0) break
          open([...steps, name], child)
        }
      }
    }
    level = next
  }
  return entries
}

/** Names that lead to the innermost object a message is about, such as `event.data` of an envelope. */
export function subjectSteps(payload: JsonObject): readonly string[] {
  const steps: string[] = []
  let subject: JsonObject = payload
  for (let step = 0; step < SUBJECT_STEPS_MAX; step++) {
    const inner = Object.entries(subject)
      .slice(0, FIELDS_MAX)
      .flatMap(([name, value]) => {
        const object: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
        const words = wordsOf(name)
        const rank = Math.max(rankOf(words.join('')), words.length > 1 ? rankOf(words.at(-1) ?? '') : -1)
        return rank >= 0 && isObject(object) && holdsSomething(object) ? [{ name, object, rank }] : []
      })
      .sort((a, b) => a.rank - b.rank)[0]
    if (inner === undefined) break
    subject = inner.object
    steps.push(inner.name)
    const [only, ...others] = Object.entries(subject)
    const inside: unknown = Array.isArray(only?.[1]) && only[1].length === 1 ? only[1][0] : only?.[1]
    if (only === undefined || others.length > 0 || !isObject(inside)) continue
    subject = inside
    steps.push(only[0])
  }
  return steps
}

/** Two fields, or a single one that is an object itself, as in `{data: {incident: {...}}}`. */
function holdsSomething(object: JsonObject): boolean {
  const [first, ...others] = Object.values(object)
  return others.length > 0 || isObject(first) || (Array.isArray(first) && first.length === 1 && isObject(first[0]))
}

const SUBJECT_RANKS = new Map<string, number>(SUBJECT_NAMES.map((name, index) => [name, index]))

function rankOf(name: string): number {
  return SUBJECT_RANKS.get(name) ?? -1
}

function entryOf(steps: readonly string[], text: string, subject: readonly string[], isInText: boolean): Entry {
  const around = steps.slice(0, -1)
  const shared = around.findIndex((step, index) => step !== subject[index])
  const common = shared < 0 ? around.length : shared
  const isOwn = common === around.length
  const isInside = common === subject.length
  const parent = around.findLast((step) => !NEUTRAL_NAMES.has(wordsOf(step).join(''))) ?? ''
  const words = wordsOf(steps.at(-1) ?? '')
  return {
    steps,
    text,
    words,
    parent: wordsOf(parent),
    calls: callsOf(words, wordsOf(parent)),
    distance: (isInside ? around.length - subject.length : isOwn ? subject.length - around.length : 2 + around.length) + (isInText ? TEXT_DISTANCE : 0),
    isOwn,
    isForeign: around.slice(common).some((step) => FOREIGN_NAMES.has(wordsOf(step).join(''))),
  }
}

/** The entries of the same object. */
export function siblingsOf(entries: readonly Entry[], entry: Entry): readonly Entry[] {
  const around = entry.steps.slice(0, -1)
  return entries.filter(({ steps }) => steps.length === entry.steps.length && around.every((step, index) => step === steps[index]))
}
