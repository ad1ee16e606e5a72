/**
 * The functions of expressions: those of JMESPath, and the community's for texts. Each spends for what it reads and makes before it does. An argument that is
 * null gives null, because a value that is missing is no error; any other wrong kind is one. Nothing here takes a pattern, asks the locale or the time.
 */
import { EvaluationError, type Budget } from './budget.ts'
import { textOf } from '../sources/json.ts'
import { equals, kindOf, measure, type Kind } from './values.ts'

/** Evaluates the expression argument of a function over an element. */
export type Apply = (element: unknown) => unknown

/** One function. */
export interface MappingFunction {
  /** Fewest and most arguments. */
  readonly arity: readonly [least: number, most: number]
  /** Kinds that each argument may have; the last entry stands for those after it. */
  readonly takes: readonly (readonly Kind[])[]
  /** Which argument is an expression, written with `&`. */
  readonly expression?: number
  /** Set: null arguments reach the function. */
  readonly takesNull?: true
  run(args: readonly unknown[], budget: Budget, apply: Apply): unknown
}

const TEXT: readonly Kind[] = ['string']
const NUMBER: readonly Kind[] = ['number']
const LIST: readonly Kind[] = ['array']
const OBJECT: readonly Kind[] = ['object']
const ANY: readonly Kind[] = ['null', 'boolean', 'number', 'string', 'array', 'object']
const NOTHING: readonly Kind[] = []

/** Largest text that is read as a number. */
const NUMBER_CHARS = 64

const text = (run: (given: string) => string): MappingFunction => ({
  arity: [1, 1], takes: [TEXT],
  run: ([given], budget) => {
    budget.chars((given as string).length)
    return run(given as string)
  },
})
const number = (run: (given: number) => number): MappingFunction => ({ arity: [1, 1], takes: [NUMBER], run: ([given]) => run(given as number) })
const affix = (run: (given: string, part: string) => boolean): MappingFunction => ({
  arity: [2, 2], takes: [TEXT, TEXT],
  run: ([given, part], budget) => {
    budget.chars((part as string).length)
    return run(given as string, part as string)
  },
})
const numbers = (run: (given: readonly number[]) => number | null): MappingFunction => ({
  arity: [1, 1], takes: [LIST],
  run: ([given], budget) => {
    budget.spend((given as unknown[]).length)
    return run(listOf(given, 'number') as number[])
  },
})
const extreme = (isBetter: (order: number) => boolean): MappingFunction => ({
  arity: [1, 1], takes: [LIST], run: ([given], budget) => best(given as unknown[], (element) => element, isBetter, budget),
})
const extremeBy = (isBetter: (order: number) => boolean): MappingFunction => ({
  arity: [2, 2], takes: [LIST, NOTHING], expression: 1, run: ([given], budget, apply) => best(given as unknown[], apply, isBetter, budget),
})
const parts = (run: (given: Readonly<Record<string, unknown>>) => unknown[]): MappingFunction => ({
  arity: [1, 1], takes: [OBJECT],
  run: ([given], budget) => {
    const made = run(given as Readonly<Record<string, unknown>>)
    budget.spend(made.length)
    return made
  },
})

/** Every function, by name. */
export const FUNCTIONS: Readonly<Record<string, MappingFunction>> = {
  abs: number(Math.abs), ceil: number(Math.ceil), floor: number(Math.floor),
  lower: text((given) => given.toLowerCase()), upper: text((given) => given.toUpperCase()),
  trim: text((given) => given.trim()), trim_left: text((given) => given.trimStart()), trim_right: text((given) => given.trimEnd()),
  starts_with: affix((given, part) => given.startsWith(part)), ends_with: affix((given, part) => given.endsWith(part)),
  sum: numbers((given) => given.reduce((sum, one) => sum + one, 0)),
  avg: numbers((given) => (given.length === 0 ? null : given.reduce((sum, one) => sum + one, 0) / given.length)),
  max: extreme((order) => order > 0), min: extreme((order) => order < 0),
  max_by: extremeBy((order) => order > 0), min_by: extremeBy((order) => order < 0),
  keys: parts((given) => Object.keys(given)), values: parts((given) => Object.values(given)), items: parts((given) => Object.entries(given)),
  contains: {
    arity: [2, 2], takes: [['array', 'string'], ANY],
    run: ([given, wanted], budget) => {
      if (Array.isArray(given)) return given.some((element) => equals(element, wanted, budget))
      if (typeof wanted !== 'string') return false
      // Twice, because a search may look at a character again.
      budget.chars((given as string).length * 2 + wanted.length)
      return (given as string).includes(wanted)
    },
  },
  from_items: {
    arity: [1, 1], takes: [LIST],
    run: ([given], budget) => {
      budget.spend((given as unknown[]).length)
      const entries = (given as unknown[]).map((pair): [string, unknown] => {
        if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') throw new EvaluationError('from_items() takes pairs of a name and a value')
        return [pair[0], pair[1]]
      })
      return Object.fromEntries(entries)
    },
  },
  join: {
    arity: [2, 2], takes: [TEXT, LIST],
    run: ([between, given], budget) => {
      budget.spend((given as unknown[]).length)
      const texts = (given as unknown[]).flatMap((element) => {
        if (kindOf(element) === 'null') return []
        if (typeof element === 'string') return [element]
        // Ids are often numbers; JMESPath would want to_string() around each.
        const one = textOf(element)
        if (one === null) throw new EvaluationError(`join() takes texts and numbers, and one element is ${kindOf(element)}`)
        return [one]
      })
      budget.chars(texts.reduce((sum, one) => sum + one.length, 0) + texts.length * (between as string).length)
      return texts.join(between as string)
    },
  },
  length: {
    arity: [1, 1], takes: [['string', 'array', 'object']],
    run: ([given], budget) => {
      if (Array.isArray(given)) return given.length
      if (typeof given !== 'string') return budget.namesOf(given as object).length
      budget.spend(given.length)
      return Array.from(given).length
    },
  },
  map: {
    arity: [2, 2], takes: [NOTHING, LIST], expression: 0,
    run: ([, given], budget, apply) => {
      budget.spend((given as unknown[]).length)
      return (given as unknown[]).map(apply)
    },
  },
  merge: {
    arity: [1, Infinity], takes: [OBJECT],
    run: (given, budget) => {
      const entries = (given as Readonly<Record<string, unknown>>[]).flatMap((one) => {
        const own = Object.entries(one)
        budget.spend(own.length)
        return own
      })
      return Object.fromEntries(entries)
    },
  },
  not_null: { arity: [1, Infinity], takes: [ANY], takesNull: true, run: (given) => given.find((one) => kindOf(one) !== 'null') ?? null },
  replace: {
    arity: [3, 3], takes: [TEXT, TEXT, TEXT],
    run: ([given, from, to], budget) => {
      const [whole, old, next] = [given as string, from as string, to as string]
      if (old === '') return whole
      budget.chars(whole.length * 2)
      const pieces = whole.split(old)
      budget.spend(pieces.length)
      budget.chars(pieces.length * next.length)
      return pieces.join(next)
    },
  },
  reverse: {
    arity: [1, 1], takes: [['string', 'array']],
    run: ([given], budget) => {
      budget.spend((given as string | unknown[]).length)
      return typeof given === 'string' ? Array.from(given).reverse().join('') : [...(given as unknown[])].reverse()
    },
  },
  sort: { arity: [1, 1], takes: [LIST], run: ([given], budget) => sorted(given as unknown[], (element) => element, budget) },
  sort_by: { arity: [2, 2], takes: [LIST, NOTHING], expression: 1, run: ([given], budget, apply) => sorted(given as unknown[], apply, budget) },
  split: {
    arity: [2, 2], takes: [TEXT, TEXT],
    run: ([given, at], budget) => {
      // An empty separator gives every character: the budget must hold them all before they are made.
      budget.spend((at as string) === '' ? (given as string).length : 0)
      budget.chars((given as string).length * 2)
      const pieces = (given as string).split(at as string)
      budget.spend(pieces.length)
      return pieces
    },
  },
  to_array: { arity: [1, 1], takes: [ANY], takesNull: true, run: ([given]): unknown[] => (Array.isArray(given) ? given as unknown[] : [given]) },
  to_number: {
    arity: [1, 1], takes: [ANY],
    run: ([given]) => {
      if (typeof given === 'number') return given
      if (typeof given !== 'string' || given.length > NUMBER_CHARS || !/^\s*-?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/.test(given)) return null
      const value = Number(given)
      return Number.isFinite(value) ? value : null
    },
  },
  to_string: {
    arity: [1, 1], takes: [ANY],
    run: ([given], budget) => {
      if (typeof given === 'string') return given
      measure(given, budget)
      return JSON.stringify(given)
    },
  },
  type: { arity: [1, 1], takes: [ANY], takesNull: true, run: ([given]) => kindOf(given) },
}

/** Runs a function over arguments of which it only says here whether they fit. Throws EvaluationError. */
export function callFunction(name: string, args: readonly unknown[], budget: Budget, apply: Apply): unknown {
  const known = FUNCTIONS[name]
  if (known === undefined) throw new EvaluationError(`there is no function ${name}()`)
  for (const [index, arg] of args.entries()) {
    if (index === known.expression) continue
    const kind = kindOf(arg)
    if (kind === 'null' && known.takesNull === undefined) return null
    const fitting = known.takes[Math.min(index, known.takes.length - 1)] ?? ANY
    if (!fitting.includes(kind)) throw new EvaluationError(`argument ${index + 1} of ${name}() must be ${fitting.join(' or ')}, and is ${kind}`)
  }
  return known.run(args, budget, apply)
}

/** The list if all its elements are of one kind; null elements are left out. */
function listOf(given: unknown, kind: Kind): readonly unknown[] {
  const list = (given as unknown[]).filter((element) => kindOf(element) !== 'null')
  const other = list.find((element) => kindOf(element) !== kind)
  if (other !== undefined) throw new EvaluationError(`a list of ${kind}s is needed, and one element is ${kindOf(other)}`)
  return list
}

interface Ranked { readonly element: unknown; readonly key: string | number }

/** Elements with their keys, which are all numbers or all texts. */
function ranked(list: readonly unknown[], keyOf: Apply, budget: Budget): Ranked[] {
  budget.spend(list.length)
  const out: Ranked[] = []
  for (const element of list) {
    const key = keyOf(element)
    if (typeof key !== 'number' && typeof key !== 'string') throw new EvaluationError(`only numbers or texts can be put in order, not ${kindOf(key)}`)
    if (out[0] !== undefined && typeof out[0].key !== typeof key) throw new EvaluationError('numbers and texts cannot be put in one order')
    out.push({ element, key })
  }
  return out
}

/** By UTF-16 units, which no locale changes. */
function compare(a: string | number, b: string | number, budget: Budget): number {
  budget.spend(1)
  if (typeof a === 'string' && typeof b === 'string') budget.chars(Math.min(a.length, b.length))
  return a < b ? -1 : a > b ? 1 : 0
}

function sorted(list: readonly unknown[], keyOf: Apply, budget: Budget): unknown[] {
  return ranked(list, keyOf, budget).sort((a, b) => compare(a.key, b.key, budget)).map(({ element }) => element)
}

/** The first of the best; null of an empty list. */
function best(list: readonly unknown[], keyOf: Apply, isBetter: (order: number) => boolean, budget: Budget): unknown {
  let found: Ranked | undefined
  for (const one of ranked(list, keyOf, budget)) if (found === undefined || isBetter(compare(one.key, found.key, budget))) found = one
  return found?.element ?? null
}
