/** JSON values as JMESPath sees them. Whatever walks a value spends for what it visits. */
import type { Budget } from './budget.ts'

/** Kinds of values. */
export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

/** The kind of a value; what is no JSON value counts as null. */
export function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return 'array'
  switch (typeof value) {
    case 'string': return 'string'
    case 'number': return 'number'
    case 'boolean': return 'boolean'
    case 'object': return value === null ? 'null' : 'object'
    default: return 'null'
  }
}

/** False, null and everything empty are false; 0 is true. */
export function isTruthy(value: unknown, budget: Budget): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return budget.namesOf(value).length > 0
  return value !== null && value !== undefined && value !== false
}

/** An own property; inherited names are never found. */
export function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return null
  return (value as Readonly<Record<string, unknown>>)[name] ?? null
}

/** Whether two values are the same through and through; the order of keys does not count. */
export function equals(a: unknown, b: unknown, budget: Budget): boolean {
  budget.spend(1)
  const kind = kindOf(a)
  if (kind !== kindOf(b)) return false
  if (kind === 'string') budget.chars(Math.min((a as string).length, (b as string).length))
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((element, index) => equals(element, b[index], budget))
  if (kind !== 'object') return false
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>]
  const names = budget.namesOf(left)
  if (names.length !== budget.namesOf(right).length) return false
  budget.spend(names.length)
  return names.every((name) => Object.hasOwn(right, name) && equals(left[name], right[name], budget))
}

/** Spends for every node and character of a value, before it is written out. */
export function measure(value: unknown, budget: Budget): void {
  budget.spend(1)
  if (typeof value === 'string') budget.chars(value.length)
  else if (Array.isArray(value)) for (const element of value) measure(element, budget)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, entry] of Object.entries(value)) {
      budget.chars(name.length)
      measure(entry, budget)
    }
  }
}
