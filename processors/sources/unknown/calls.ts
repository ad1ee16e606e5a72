import { OTHER_MOMENTS } from './names.ts'

/** One name of an entry, letters and digits in lower case. */
export interface Call {
  readonly name: string
  readonly kind: 'whole' | 'pair' | 'end'
}

/** What an entry may be called by: itself, with the object around it, and the ends of its name. */
export function callsOf(words: readonly string[], around: readonly string[]): readonly Call[] {
  const last = around.at(-1) ?? ''
  const parent = WRAPPING_WORDS.has(last) && around.length > 1 ? around.slice(0, -1) : around
  const isOther = words.slice(0, -1).some((word) => OTHER_MOMENTS.has(word))
  return [
    ...[words.join(''), singular(words), momentName(words)].map((name) => ({ name, kind: 'whole' as const })),
    { name: plainer(words), kind: 'end' as const },
    ...parent.flatMap((_, from) => [parent.slice(from).join(''), singular(parent.slice(from))].map((name) => ({ name: name === '' ? '' : name + words.join(''), kind: 'pair' as const }))),
    ...(isOther ? [] : words.slice(1).flatMap((_, from) => [words.slice(from + 1).join(''), singular(words.slice(from + 1))].map((name) => ({ name, kind: 'end' as const })))),
  ].filter(({ name }) => name !== '')
}

/** `hostnames` is `hostname`, `entities` is `entity`. */
function singular(words: readonly string[]): string {
  const name = words.join('')
  if (name.length < 5 || !name.endsWith('s') || name.endsWith('ss')) return ''
  return name.endsWith('ies') ? `${name.slice(0, -3)}y` : name.slice(0, -1)
}

/** Words that only say that an object tells of the thing: `entity_snapshot` is `entity`. */
const WRAPPING_WORDS = new Set(['snapshot', 'info', 'details', 'data', 'ref', 'reference', 'object'])

/** Words that only say how a field is written: `severity_label` is `severity`. */
const FORM_WORDS = new Set(['string', 'str', 'text', 'label', 'value', 'desc'])

function plainer(words: readonly string[]): string {
  return words.length > 1 && FORM_WORDS.has(words.at(-1) ?? '') ? words.slice(0, -1).join('') : ''
}

const MOMENT_WORDS = new Set(['date', 'time', 'timestamp', 'datetime', 'on', 'utc'])

/** `date_triggered`, `triggered_on` and `triggeredDate` are `triggeredat`. */
function momentName(words: readonly string[]): string {
  if (words.length < 2) return ''
  if (MOMENT_WORDS.has(words[0] ?? '')) return `${words.slice(1).join('')}at`
  return MOMENT_WORDS.has(words.at(-1) ?? '') ? `${words.slice(0, -1).join('')}at` : ''
}

/** Names repeat from alert to alert; this many are remembered. */
const REMEMBERED_MAX = 4_096
const remembered = new Map<string, readonly string[]>()

/** The words of a name in lower case, by case and by whatever separates them. */
export function wordsOf(name: string): readonly string[] {
  const window = name.slice(0, 128)
  const known = remembered.get(window)
  if (known !== undefined) return known
  const spaced = window.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
  const words = spaced.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word !== '')
  if (remembered.size >= REMEMBERED_MAX) remembered.clear()
  remembered.set(window, words)
  return words
}
