import { at, isObject, listOf, textOf } from '../json.ts'

/** Attributes read of one place. */
const ATTRIBUTES_MAX = 128
/** Levels of kvlist that are walked. */
const LEVELS_MAX = 4

/** The attributes of a resource, scope or record as name and text, in their order; nested ones with dots, arrays joined by commas. */
export function attributesOf(holder: unknown): Map<string, string> {
  const found = new Map<string, string>()
  collect(listOf(at(holder, 'attributes')), '', found, 0)
  return found
}

/** The text of an AnyValue; null for an empty one and for lists of names, which `attributesOf` walks. */
export function textOfValue(value: unknown): string | null {
  if (!isObject(value)) return null
  const scalar = textOf(value['stringValue'] ?? value['string_value'] ?? value['intValue'] ?? value['int_value'] ?? value['doubleValue'] ?? value['double_value'] ?? value['boolValue'] ?? value['bool_value'])
  if (scalar !== null) return scalar
  const items = listOf(at(value, 'arrayValue', 'values') ?? at(value, 'array_value', 'values')).slice(0, 16).flatMap((item) => textOfValue(item) ?? [])
  return items.length === 0 ? null : items.join(',')
}

/** The names of a kvlist as attributes; empty for every other value. */
export function mapOfValue(value: unknown): Map<string, string> {
  const found = new Map<string, string>()
  collect(listOf(kvlistOf(value)), '', found, 0)
  return found
}

function kvlistOf(value: unknown): unknown {
  return at(value, 'kvlistValue', 'values') ?? at(value, 'kvlist_value', 'values')
}

function collect(list: readonly unknown[], prefix: string, into: Map<string, string>, level: number): void {
  for (const entry of list.slice(0, ATTRIBUTES_MAX)) {
    const key = textOf(at(entry, 'key'))
    if (key === null || into.size >= ATTRIBUTES_MAX) continue
    const value = at(entry, 'value')
    const text = textOfValue(value)
    if (text !== null) into.set(prefix + key.slice(0, 256), text)
    else if (level < LEVELS_MAX) collect(listOf(kvlistOf(value)), `${prefix}${key.slice(0, 256)}.`, into, level + 1)
  }
}
