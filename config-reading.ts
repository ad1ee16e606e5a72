/** How variables of the environment are read, and what secrets are kept in. */
import { readFileSync } from 'node:fs'

/** A value that prints as `[secret]` wherever it is logged or serialised; `reveal` gives the text. */
export class Secret {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  reveal(): string {
    return this.#text
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}

/** The environment as it is given. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Ways to read a variable; a mistake is noted, and the fallback stands in. */
export interface Readers {
  readonly text: (name: string) => string | null
  readonly integer: (name: string, fallback: number, min: number, max: number) => number
  readonly oneOf: <T extends string>(name: string, fallback: T, allowed: readonly T[]) => T
  readonly url: (name: string, protocols: readonly string[]) => string | null
  readonly secret: (value: string | null) => Secret | null
  readonly mistake: (text: string) => void
}

/** Readers of an environment. A name with `_FILE` behind it is read from the file that it names. */
export function readersOf(environment: Environment, mistake: (text: string) => void): Readers {
  const text = (name: string): string | null => {
    const file = environment[`${name}_FILE`]
    const direct = environment[name]
    if (file !== undefined && file !== '' && direct !== undefined && direct !== '') mistake(`${name}: set it or ${name}_FILE, not both`)
    if (file === undefined || file === '') return direct === undefined || direct === '' ? null : direct
    try {
      return readFileSync(file, 'utf8').trim()
    } catch (cause) {
      mistake(`${name}_FILE: reading the file it names: ${(cause as NodeJS.ErrnoException).code ?? 'error'}`)
      return null
    }
  }
  const integer = (name: string, fallback: number, min: number, max: number): number => {
    const given = text(name)
    if (given === null) return fallback
    const value = Number(given)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    mistake(`${name}: a whole number from ${min} to ${max}, not "${given}"`)
    return fallback
  }
  const oneOf = <T extends string>(name: string, fallback: T, allowed: readonly T[]): T => {
    const given = text(name)
    if (given === null) return fallback
    const found = allowed.find((word) => word === given)
    if (found === undefined) mistake(`${name}: one of ${allowed.join(', ')}, not "${given}"`)
    return found ?? fallback
  }
  const url = (name: string, protocols: readonly string[]): string | null => {
    const given = text(name)
    if (given === null) return null
    const parsed = URL.canParse(given) ? new URL(given) : null
    // The value may hold a password: the message never repeats it.
    if (parsed === null || !protocols.includes(parsed.protocol)) mistake(`${name}: an address that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`)
    return given
  }
  const secret = (value: string | null): Secret | null => (value === null ? null : new Secret(value))
  return { text, integer, oneOf, url, secret, mistake }
}
