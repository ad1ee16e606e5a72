/** What `verify.expect` says: comparisons over the facts a script tells, joined by `and`. */
import type { ScriptResult } from '../../schemas/runs.ts'

/** Facts by name, as a script tells them. */
export type Facts = ScriptResult['facts']

type Operator = '<' | '<=' | '>' | '>=' | '=' | '!='

/** One comparison, such as `usedPercent < 90`. */
export interface Comparison {
  readonly fact: string
  readonly operator: Operator
  readonly value: string | number | boolean
}

/** What came of an expectation: `failing` says each comparison that does not hold, with the fact it was asked of. */
export interface Expected {
  readonly holds: boolean
  readonly failing: readonly string[]
}

const COMPARISON = /^\s*([A-Za-z][A-Za-z0-9]{0,39})\s*(<=|>=|!=|=|<|>)\s*(?:"([^"]{0,200})"|([\w.\-/:]{1,200}))\s*$/
const NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?$/
const COMPARISONS_MAX = 10

/** Reads an expectation. Returns a sentence that says what is wrong with it where it cannot be read. */
export function parseExpectation(text: string): readonly Comparison[] | string {
  const parts = text.split(/\s+and\s+/)
  if (parts.length > COMPARISONS_MAX) return `has ${parts.length} comparisons; ${COMPARISONS_MAX} at most`
  const comparisons: Comparison[] = []
  for (const part of parts) {
    const [, fact, operator, quoted, bare = ''] = COMPARISON.exec(part) ?? []
    if (fact === undefined || operator === undefined) return `"${part.trim().slice(0, 100)}" is no comparison; write <fact> <operator> <value>, for example usedPercent < 90 and state = "running"`
    const value = quoted ?? valueOf(bare)
    if (operator !== '=' && operator !== '!=' && typeof value !== 'number') return `"${part.trim().slice(0, 100)}" compares with something that is no number`
    comparisons.push({ fact, operator: operator as Operator, value })
  }
  return comparisons
}

/** Asks the comparisons of a script's facts. A fact that was not told fails its comparison. */
export function expectation(comparisons: readonly Comparison[], facts: Facts): Expected {
  const failing = comparisons.filter((comparison) => !compare(comparison, facts[comparison.fact])).map((comparison) => told(comparison, facts[comparison.fact]))
  return { holds: failing.length === 0, failing }
}

function valueOf(bare: string): string | number | boolean {
  if (bare === 'true' || bare === 'false') return bare === 'true'
  return NUMBER.test(bare) ? Number(bare) : bare
}

function compare({ operator, value }: Comparison, actual: string | number | boolean | undefined): boolean {
  if (actual === undefined) return false
  if (operator === '=') return same(actual, value)
  if (operator === '!=') return !same(actual, value)
  if (typeof actual !== 'number' || typeof value !== 'number') return false
  if (operator === '<') return actual < value
  if (operator === '<=') return actual <= value
  return operator === '>' ? actual > value : actual >= value
}

/** A script on Linux tells "15.1" as a number and one on Windows may tell it as text; written the same is the same. */
const same = (actual: string | number | boolean, value: string | number | boolean): boolean => String(actual) === String(value)

const told = ({ fact, operator, value }: Comparison, actual: string | number | boolean | undefined): string =>
  `${fact} ${operator} ${value}, but ${actual === undefined ? 'the script does not tell it' : `it is ${actual}`}`
