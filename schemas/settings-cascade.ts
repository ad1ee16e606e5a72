/**
 * How settings cascade: what a company sets itself, over what the MSP sets for all, over what the program starts with. Weights and SLA targets cascade one by
 * one, everything else as a whole; limits of requests and the mode are the company's alone.
 */
import { isDeepStrictEqual } from 'node:util'
import { DEFAULT_SETTINGS, type CompanySettings } from './settings.ts'

/** Settings of one level: only what it sets itself. */
export type Overrides = Partial<CompanySettings>
/** What an MSP may set for all of its companies. */
export type MspOverrides = Omit<Overrides, 'requestsPerMinute' | 'burst' | 'mode'>
/** Name of a setting, or of one value of a table of them. */
export type SettingName = keyof CompanySettings

/** Every setting. */
export const SETTING_NAMES = Object.keys(DEFAULT_SETTINGS) as readonly SettingName[]
/** Those that do not cascade. A mode acts on the outside, which takes a word for each company. */
export const OWN_SETTINGS: readonly SettingName[] = ['requestsPerMinute', 'burst', 'mode']
/** Those that are tables, whose values cascade one by one. */
const TABLES: readonly SettingName[] = ['weights', 'sla']

/** Who set a field, when and why. */
export interface SettingMark {
  readonly by: { readonly kind: string; readonly id: string; readonly name: string }
  /** ISO 8601. */
  readonly at: string
  readonly comment: string
}
/** Marks by field: `windowMs`, `weights.text`, `sla.high`. */
export type SettingMarks = Readonly<Record<string, SettingMark>>

/** What of a level cascades; rows of earlier releases hold a mode for all, which never made anything real. */
export function cascading<T>(level: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(level).filter(([name]) => !OWN_SETTINGS.some((own) => own === name)))
}

/** The levels over each other, as they stand: what is to be judged before it is stored. */
export function mergedSettings(msp: Overrides, company: Overrides): CompanySettings {
  return {
    ...DEFAULT_SETTINGS, ...cascading(msp), ...company,
    weights: { ...DEFAULT_SETTINGS.weights, ...msp.weights, ...company.weights },
    sla: { ...DEFAULT_SETTINGS.sla, ...msp.sla, ...company.sla },
  }
}

/** The settings in effect. A longest life below the window, which two levels may come to though neither says so, is taken as the window. */
export function effectiveSettings(msp: Overrides, company: Overrides): CompanySettings {
  const whole = mergedSettings(msp, company)
  return { ...whole, maxLifeMs: Math.max(whole.maxLifeMs, whole.windowMs) }
}

/** The fields a level sets, with their values: tables value by value. */
export function fieldsOf(overrides: Overrides): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>()
  for (const [name, value] of Object.entries(overrides)) {
    if (!isTable(name)) fields.set(name, value)
    else for (const [key, one] of Object.entries(value as Record<string, unknown>)) fields.set(`${name}.${key}`, one)
  }
  return fields
}

/** Marks after a change: fields that stay as they are keep theirs. */
export function nextMarks(before: Overrides, after: Overrides, known: SettingMarks, mark: SettingMark): SettingMarks {
  const were = fieldsOf(before)
  const marks: Record<string, SettingMark> = {}
  for (const [field, value] of fieldsOf(after)) {
    const stays = were.has(field) && isDeepStrictEqual(were.get(field), value)
    const one = stays ? known[field] : mark
    if (one !== undefined) marks[field] = one
  }
  return marks
}

/** Overrides without some fields: `windowMs`, a whole table (`weights`), or one value of it (`weights.text`). */
export function without(overrides: Overrides, names: readonly string[]): Overrides {
  const left: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(overrides)) {
    if (names.includes(name)) continue
    left[name] = isTable(name) ? Object.fromEntries(Object.entries(value as Record<string, unknown>).filter(([key]) => !names.includes(`${name}.${key}`))) : value
  }
  return left
}

/** The value of a field as it stands without the company: `weights.text` is null where nobody sets it. */
export function inherited(msp: Overrides, field: string): unknown {
  const [name = '', ...rest] = field.split('.')
  const value: unknown = effectiveSettings(msp, {})[name as SettingName]
  return rest.length === 0 ? value : (value as Record<string, unknown>)[rest.join('.')] ?? null
}

/** Names that stand for no setting, of those a caller wants to inherit again. */
export function unknownFields(names: readonly string[]): string[] {
  return names.filter((name) => {
    const [first = '', ...rest] = name.split('.')
    return !SETTING_NAMES.some((setting) => setting === first) || (rest.length > 0 && !isTable(first))
  })
}

function isTable(name: string): boolean {
  return TABLES.some((table) => table === name)
}
