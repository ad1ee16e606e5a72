import { isObject, textOf } from './json.ts'
import { FIELDS_MAX } from './limits.ts'

/**
 * Texts a template engine left behind when it had nothing to fill in: `$HOSTNAME`, `{EVENT.ID}`, `{{ host }}`, `${node.name}`, `*UNKNOWN*`,
 * `$SERVICEDESC$` and `$host.name$`, `%sensor` and `%STATUS%`, `##ALERTID##`, `[alert_uid]`.
 */
const UNFILLED = /^(\$[A-Z][A-Z0-9_]*(\[[^\]]{0,100}\])?|\{[A-Z$#][A-Z0-9._$#]*\d?\}|\{\{[^{}]{0,100}\}\}|\$\{[^{}]{0,100}\}|\*UNKNOWN\*|\$[A-Za-z_][\w.:-]*\$|%[A-Za-z]\w*%?|##[A-Za-z][\w.-]*##|\[[a-z]+_[a-z_]+\])$/
const EMPTY_WORDS = new Set(['null', 'undefined', '(null)', 'n/a', '-'])

/** True for a template variable nobody filled in. */
export function isUnfilled(text: string): boolean {
  return text.length <= 128 && UNFILLED.test(text)
}

/** The text, or null where it is a word for nothing or an unfilled template variable. */
export function filled(text: string | null): string | null {
  if (text === null || isUnfilled(text) || EMPTY_WORDS.has(text.toLowerCase())) return null
  return text
}

/** Letters and digits in lower case: `EVENT.ID`, `event_id` and `eventId` are one name. */
export function fieldName(name: string): string {
  return name.slice(0, 128).toLowerCase().replace(/[^a-z0-9]+/g, '')
}

/** Levels walked, arrays included; FIELDS_MAX bounds the work. */
const LEVELS_MAX = 10
const ARRAY_WINDOW = 3

/**
 * A payload flattened for templates whose layout the customer chose. Every scalar is found under its whole path (`host.name` as `hostname`)
 * and under its last steps; shallower ones win. At most FIELDS_MAX scalars are indexed; of arrays the first three elements.
 */
export class Fields {
  readonly #byPath = new Map<string, string>()
  readonly #byPair = new Map<string, string>()
  readonly #byLeaf = new Map<string, string>()
  /** Scalars in order of depth, with their path as written; unfilled ones left out. */
  readonly entries: readonly (readonly [string, string])[]

  constructor(payload: unknown) {
    const entries: (readonly [string, string])[] = []
    let level: (readonly [string, unknown])[] = [['', payload]]
    let budget = FIELDS_MAX
    for (let depth = 0; depth <= LEVELS_MAX && level.length > 0; depth++) {
      const next: (readonly [string, unknown])[] = []
      for (const [path, value] of level) {
        const text = filled(textOf(value))
        if (text !== null && path !== '') {
          entries.push([path, text])
          setOnce(this.#byPath, fieldName(path), text)
          // Keys may hold dots themselves (`alert.rule.name`), which is one more way to write a path.
          const steps = path.slice(-256).split('.')
          setOnce(this.#byPair, fieldName(steps.slice(-2).join('')), text)
          setOnce(this.#byLeaf, fieldName(steps.at(-1) ?? ''), text)
        } else if (Array.isArray(value)) {
          for (const element of value.slice(0, ARRAY_WINDOW)) if (budget-- > 0) next.push([path, element])
        } else if (isObject(value)) {
          for (const [name, child] of Object.entries(value)) {
            if (budget-- <= 0) break
            next.push([path === '' ? name : `${path}.${name}`, child])
          }
        }
      }
      level = next
    }
    this.entries = entries
  }

  /** The first of these whole paths that is filled in. Names are given in the form of `fieldName`. */
  path(...names: readonly string[]): string | null {
    return lookUp(this.#byPath, names)
  }

  /** The first of these names that is filled in anywhere: as a whole path, else as its last two steps, else as its last. */
  any(...names: readonly string[]): string | null {
    return lookUp(this.#byPath, names) ?? lookUp(this.#byPair, names) ?? lookUp(this.#byLeaf, names)
  }
}

function setOnce(map: Map<string, string>, name: string, text: string): void {
  if (!map.has(name)) map.set(name, text)
}

function lookUp(map: ReadonlyMap<string, string>, names: readonly string[]): string | null {
  for (const name of names) {
    const found = map.get(name)
    if (found !== undefined) return found
  }
  return null
}
