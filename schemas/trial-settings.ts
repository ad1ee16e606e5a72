/** Settings to try in a backtest, as a person writes them in a file or a request. */
import { AppError } from './errors.ts'
import type { Settings } from './records.ts'
import { ruleBookFrom } from './rules-check.ts'
import type { RuleBook } from './rules.ts'
import { settingsMistakes } from './settings-rules.ts'
import { DEFAULT_SETTINGS } from './settings.ts'

/** What may be tried; what is absent stays as it is. */
export interface TrialSettings {
  readonly windowMs?: number
  readonly maxLifeMs?: number
  readonly joinThreshold?: number
  readonly weights?: Readonly<Record<string, number>>
  readonly criticalAssets?: readonly string[]
  /** Other names of assets to the name that stands for them. */
  readonly aliases?: Readonly<Record<string, string>>
  /** A whole rule book, in place of the one in force. */
  readonly rules?: RuleBook
}

/** The settings of a record that a trial may change. */
export type TriedSettings = Partial<Pick<Settings, 'windowMs' | 'maxLifeMs' | 'joinThreshold' | 'weights' | 'criticalAssets' | 'aliases' | 'rules'>>

const NUMBERS = ['windowMs', 'maxLifeMs', 'joinThreshold'] as const
const NAMES = [...NUMBERS, 'weights', 'criticalAssets', 'aliases', 'rules'] as const
const LISTED_MAX = 10_000

/** Judges a document and gives it the form of a settings record. Throws `bad_request` with every mistake. */
export function trialSettingsFrom(document: unknown): TriedSettings {
  if (!isObject(document)) throw new AppError('bad_request', `settings must be an object with any of ${NAMES.join(', ')}`)
  const mistakes = Object.keys(document).filter((name) => !NAMES.some((known) => known === name)).map((name) => `${JSON.stringify(name.slice(0, 60))} is no setting to try; use ${NAMES.join(', ')}`)
  const { weights, criticalAssets, aliases, rules } = document
  for (const name of NUMBERS) if (document[name] !== undefined && typeof document[name] !== 'number') mistakes.push(`${name} must be a number`)
  if (weights !== undefined && !isRecordOf(weights, 'number')) mistakes.push('weights must be an object of numbers by feature')
  if (aliases !== undefined && (!isRecordOf(aliases, 'string') || Object.keys(aliases as object).length > LISTED_MAX)) mistakes.push(`aliases must be an object of texts, at most ${LISTED_MAX}`)
  if (criticalAssets !== undefined && !isListOfTexts(criticalAssets)) mistakes.push(`criticalAssets must be a list of texts, at most ${LISTED_MAX}`)
  if (mistakes.length === 0) mistakes.push(...settingsMistakes({ ...DEFAULT_SETTINGS, ...judgedBy(document) }, judgedBy(document), 'msp_admin'))
  if (mistakes.length > 0) throw new AppError('bad_request', mistakes.join('; '), { details: { mistakes } })
  const { windowMs, maxLifeMs, joinThreshold } = document as TrialSettings
  return {
    ...(windowMs === undefined ? {} : { windowMs }), ...(maxLifeMs === undefined ? {} : { maxLifeMs }), ...(joinThreshold === undefined ? {} : { joinThreshold }),
    ...(weights === undefined ? {} : { weights: { ...(weights as Record<string, number>) } }), ...(criticalAssets === undefined ? {} : { criticalAssets: [...(criticalAssets as string[])] }),
    ...(aliases === undefined ? {} : { aliases: { ...(aliases as Record<string, string>) } }), ...(rules === undefined ? {} : { rules: JSON.stringify(ruleBookFrom(rules)) }),
  }
}

/** What settings-rules.ts knows limits of. */
function judgedBy({ windowMs, maxLifeMs, joinThreshold, weights }: TrialSettings): Partial<typeof DEFAULT_SETTINGS> {
  return {
    ...(windowMs === undefined ? {} : { windowMs }), ...(maxLifeMs === undefined ? {} : { maxLifeMs }), ...(joinThreshold === undefined ? {} : { joinThreshold }), ...(weights === undefined ? {} : { weights }),
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRecordOf(value: unknown, type: 'number' | 'string'): boolean {
  return isObject(value) && Object.values(value).every((one) => typeof one === type)
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length <= LISTED_MAX && value.every((one) => typeof one === 'string')
}
