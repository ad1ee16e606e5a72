/** Where a text stands in a payload, as an expression that finds it. */
import { fieldName, filled } from '../sources/fields.ts'
import { isObject, textOf } from '../sources/json.ts'
import { FIELDS_MAX } from '../sources/limits.ts'

/** One text of a payload. */
export interface Place {
  /** Names and numbers that lead to it. */
  readonly steps: readonly (string | number)[]
  /** The same as the recogniser names it: names joined by dots, numbers left out. */
  readonly path: string
  readonly text: string
}

const LEVELS_MAX = 10
const ARRAY_WINDOW = 3

/** The texts of a value in the recogniser's order: shallower ones first, of arrays the first three elements, at most FIELDS_MAX steps in all. */
export function placesOf(value: unknown): readonly Place[] {
  const places: Place[] = []
  let level: { readonly steps: readonly (string | number)[]; readonly path: string; readonly value: unknown }[] = [{ steps: [], path: '', value }]
  let budget = FIELDS_MAX
  for (let depth = 0; depth <= LEVELS_MAX && level.length > 0; depth++) {
    const next: typeof level = []
    for (const { steps, path, value: node } of level) {
      const text = filled(textOf(node))
      if (text !== null && path !== '') places.push({ steps, path, text })
      else if (Array.isArray(node)) {
        for (const [index, element] of node.slice(0, ARRAY_WINDOW).entries()) if (budget-- > 0) next.push({ steps: [...steps, index], path, value: element as unknown })
      } else if (isObject(node)) {
        for (const [name, child] of Object.entries(node)) if (budget-- > 0) next.push({ steps: [...steps, name], path: path === '' ? name : `${path}.${name}`, value: child })
      }
    }
    level = next
  }
  return places
}

/** The place of a text found under a name, and how much of its path the name is; null where it is not there as such. */
export function locate(places: readonly Place[], name: string, text: string): { readonly place: Place; readonly by: 'path' | 'pair' | 'leaf' } | null {
  const last = (path: string, count: number): string => path.slice(-256).split('.').slice(-count).join('')
  for (const [by, nameOf] of [['path', (path: string) => path], ['pair', (path: string) => last(path, 2)], ['leaf', (path: string) => last(path, 1)]] as const) {
    const place = places.find((candidate) => candidate.text === text && fieldName(nameOf(candidate.path)) === name)
    if (place !== undefined) return { place, by }
  }
  return null
}

/** The expression of a place. Names that are no plain words are quoted. */
export function expressionOf(steps: readonly (string | number)[]): string {
  return steps.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text === '' ? '@' : text}[${step}]`
    const name = /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? step : JSON.stringify(step)
    return text === '' ? name : `${text}.${name}`
  }, '')
}
