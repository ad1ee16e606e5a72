import { isObject, textOf } from '../json.ts'

/** Pairs are read from at most this many elements or lines. */
const PAIRS_MAX = 128
const TEXT_WINDOW = 8_192
const NAME_KEYS = ['name', 'key', 'title', 'label', 'field', 'tag', 'k'] as const
const VALUE_KEYS = ['value', 'val', 'values', 'v'] as const

type Pair = readonly [string, unknown]

/**
 * An array that stands for an object: `[{"name":"host","value":"a"}]` as cards, embeds and attachments have it, `[["host","a"]]`, or tags `["host:a"]` under a
 * name for them. Null for every other array.
 */
export function pairsIn(list: readonly unknown[], listName: string): readonly Pair[] | null {
  if (list.length === 0) return null
  const pairs: Pair[] = []
  for (const element of list.slice(0, PAIRS_MAX)) {
    const pair = pairOf(element) ?? (TAG_LISTS.test(listName) ? tagOf(element) : null)
    if (pair === null) return null
    pairs.push(pair)
  }
  return pairs
}

const TAG_LISTS = /^(?:tags|labels|dimensions|scopes?|attributes)$/i

function pairOf(element: unknown): Pair | null {
  if (Array.isArray(element)) return element.length === 2 && typeof element[0] === 'string' && textOf(element[1]) !== null ? [label(element[0]), element[1]] : null
  if (!isObject(element) || Object.keys(element).length > 6) return null
  const name = NAME_KEYS.find((key) => typeof element[key] === 'string')
  const value = VALUE_KEYS.find((key) => Object.hasOwn(element, key))
  return name === undefined || value === undefined ? null : [label(String(element[name])), unwrapped(element[value])]
}

/** `{stringValue: a}` is `a`. */
function unwrapped(value: unknown): unknown {
  const inside = isObject(value) ? Object.values(value) : []
  return inside.length === 1 && textOf(inside[0]) !== null ? inside[0] : value
}

function tagOf(element: unknown): Pair | null {
  const parts = typeof element === 'string' ? /^([\w./-]{1,64})[:=](\S.*)$/s.exec(element.slice(0, 512)) : null
  return parts === null ? null : [parts[1] ?? '', parts[2]]
}

/** Pairs inside a text: tags joined by commas under a name for them, and lines such as `Host: a`, `*Host:* a` or `*Host:*` above `a`, where there are at least two or nothing else. */
export function tagsIn(name: string, text: string): readonly Pair[] {
  const window = text.slice(0, TEXT_WINDOW)
  if (TAG_LISTS.test(name)) return window.split(',', PAIRS_MAX).flatMap((tag): Pair[] => {
    const pair = tagOf(tag.trim())
    return pair === null ? [] : [pair]
  })
  if (!window.includes(':') || !/\n|^\*/.test(window)) return []
  return linePairs(window)
}

/** `Name: value` lines of a text, with or without marks for bold; none where only one line of several is such. */
function linePairs(text: string): readonly (readonly [string, string])[] {
  const lines = text.slice(0, TEXT_WINDOW).split(/\r?\n|<br\s?\/?>/, PAIRS_MAX).map((line) => line.trim()).filter((line) => line !== '')
  const pairs: (readonly [string, string])[] = []
  for (const [index, line] of lines.entries()) {
    const parts = /^[*_\s•-]{0,4}([\p{L}][\p{L}\p{N} /_.-]{0,48}?)[*_]{0,2}\s?:[*_]{0,2}(?:\s(.*))?$/su.exec(line.slice(0, 1_024))
    if (parts === null) continue
    // A name in bold may stand above its value.
    const value = parts[2]?.trim() ?? (line.startsWith('*') ? (lines[index + 1] ?? '') : '')
    if (value !== '') pairs.push([label(parts[1] ?? ''), value.replace(/^[*_]{1,2}|[*_]{1,2}$/g, '')])
  }
  return pairs.length >= 2 || lines.length <= 2 ? pairs : []
}

function label(text: string): string {
  return text.slice(0, 128).replace(/[\s:*_]+$/, '').replace(/^[\s*_]+/, '')
}
