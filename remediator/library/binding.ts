/** Gives a runbook's inputs their values, and checks each. Pure: what it knows is handed to it. */
import { RE2JS } from 're2js'
import type { RunbookInput } from '../../schemas/runbooks.ts'
import type { InputValues } from './envelope.ts'

/** Where values may come from. */
export interface BindingSource {
  readonly problem: { readonly asset: string | null; readonly signature: string | null; readonly labels: Readonly<Record<string, string>> } | null
  readonly target: { readonly asset: string; readonly tags: Readonly<Record<string, string>> } | null
  /** What a person gave; goes before everything else. */
  readonly given: Readonly<Record<string, unknown>>
}

/** Values by name, or every input that is wrong with the reason. */
export type Bound =
  | { readonly kind: 'bound'; readonly values: InputValues }
  | { readonly kind: 'refused'; readonly code: 'input_missing' | 'input_invalid'; readonly mistakes: readonly { readonly input: string; readonly why: string }[] }

type Checked = { readonly value: string | number | boolean } | { readonly why: string }

const SOURCE = /^(problem\.asset|problem\.signature|target\.asset|problem\.labels\.(.+)|target\.tags\.(.+))$/s

/** Whether a text is something `from` may name. */
export function isSource(text: string): boolean {
  return SOURCE.test(text)
}

/**
 * Binds inputs. A value that is there and does not fit is refused, never passed over for a default: a guess in its place would be about another volume or service than the
 * one that is ill.
 */
export function bindInputs(inputs: readonly RunbookInput[], source: BindingSource): Bound {
  const values: Record<string, string | number | boolean> = {}
  const missing: { input: string; why: string }[] = []
  const invalid: { input: string; why: string }[] = Object.keys(source.given)
    .filter((name) => !inputs.some((input) => input.name === name))
    .map((name) => ({ input: name.slice(0, 60), why: 'the runbook has no such input' }))
  for (const input of inputs) {
    const raw = rawOf(input, source)
    if (raw === undefined) {
      if (input.isRequired) missing.push({ input: input.name, why: input.from.length === 0 ? 'nobody gave it' : `nobody gave it, and there is no ${input.from.join(', ')}` })
      continue
    }
    const checked = checkInput(input, raw)
    if ('why' in checked) invalid.push({ input: input.name, why: checked.why })
    else values[input.name] = checked.value
  }
  if (invalid.length > 0) return { kind: 'refused', code: 'input_invalid', mistakes: [...invalid, ...missing] }
  if (missing.length > 0) return { kind: 'refused', code: 'input_missing', mistakes: missing }
  return { kind: 'bound', values }
}

/** Checks one value against its input, and turns text into the type it asks for. */
export function checkInput(input: RunbookInput, raw: unknown): Checked {
  const value = typed(input, raw)
  if (value === undefined) return { why: `it is no ${input.type}` }
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) return { why: 'it holds a character that no script can be handed' }
    if (value.length > input.maxLength) return { why: `it has ${value.length} characters; ${input.maxLength} at most` }
    if (input.pattern !== null && !RE2JS.compile(input.pattern).matches(value)) return { why: `it does not fit ${input.pattern}` }
  }
  if (typeof value === 'number') {
    if (input.min !== null && value < input.min) return { why: `it is below ${input.min}` }
    if (input.max !== null && value > input.max) return { why: `it is above ${input.max}` }
  }
  if (input.values.length > 0 && !input.values.some((one) => one === value)) return { why: `it is none of ${input.values.join(', ')}` }
  return { value }
}

function rawOf(input: RunbookInput, source: BindingSource): unknown {
  const given = Object.hasOwn(source.given, input.name) ? source.given[input.name] : undefined
  if (given !== undefined && given !== null) return given
  for (const from of input.from) {
    const found = lookUp(from, source)
    if (found !== null && found !== undefined && found !== '') return found
  }
  return input.default ?? undefined
}

function lookUp(from: string, { problem, target }: BindingSource): string | null | undefined {
  const [, whole, label, tag] = SOURCE.exec(from) ?? []
  if (label !== undefined) return ownOf(problem?.labels, label)
  if (tag !== undefined) return ownOf(target?.tags, tag)
  if (whole === 'problem.asset') return problem?.asset
  return whole === 'problem.signature' ? problem?.signature : target?.asset
}

const ownOf = (record: Readonly<Record<string, string>> | undefined, name: string): string | undefined => (record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined)

function typed(input: RunbookInput, raw: unknown): string | number | boolean | undefined {
  if (input.type === 'string') return typeof raw === 'string' ? raw : undefined
  if (input.type === 'boolean') return raw === true || raw === 'true' ? true : raw === false || raw === 'false' ? false : undefined
  const value = typeof raw === 'string' && /^-?\d{1,15}(\.\d{1,9})?$/.test(raw.trim()) ? Number(raw) : raw
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  return input.type === 'number' || Number.isSafeInteger(value) ? value : undefined
}
