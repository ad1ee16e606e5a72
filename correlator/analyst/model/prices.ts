/** What models cost. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../../schemas/errors.ts'
import type { TokenCount } from './driver.ts'

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number
  readonly cachedInput: number
  readonly output: number
}

/** Prices by model id. */
export type PriceTable = ReadonlyMap<string, Price>

/** The built-in table, with an operator's own file of the same form over it where one is named. Throws `config_invalid` naming what cannot be read. */
export function readPrices(path: string | null): PriceTable {
  const table = new Map(load(join(import.meta.dirname, 'prices.json')))
  if (path !== null) for (const [model, price] of load(path)) table.set(model, price)
  return table
}

function load(path: string): [string, Price][] {
  const wrong = (what: string, cause?: unknown): AppError => new AppError('config_invalid', `AW_LLM_PRICES: ${path}: ${what}; the form is {"models":{"<model>":{"input":1,"cachedInput":0.1,"output":5}}}, US dollars for a million tokens`, { cause })
  let document: unknown
  try {
    document = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw wrong(cause instanceof SyntaxError ? 'is not JSON' : 'cannot be read', cause)
  }
  const models = (document as { models?: unknown } | null)?.models
  if (typeof models !== 'object' || models === null) throw wrong('has no "models"')
  return Object.entries(models as Record<string, Partial<Price> | null>).map(([model, price]) => {
    const { input, cachedInput = input, output } = price ?? {}
    if (![input, cachedInput, output].every((value) => typeof value === 'number' && value >= 0 && Number.isFinite(value))) throw wrong(`the price of ${model} is not complete`)
    return [model, { input, cachedInput, output } as Price]
  })
}

/** Millionths of a US dollar, rounded up; null where the model's price is unknown. A model id with a date at its end costs what the one without costs. */
export function costMicroUsd(table: PriceTable, model: string, { inputTokens, outputTokens, cachedInputTokens }: TokenCount): number | null {
  const price = table.get(model) ?? table.get(model.replace(/-\d{4}-?\d{2}-?\d{2}$/, ''))
  if (price === undefined) return null
  const cached = Math.min(cachedInputTokens, inputTokens)
  // A price for a million tokens in dollars is the price of one token in millionths of a dollar.
  return Math.max(0, Math.ceil((inputTokens - cached) * price.input + cached * price.cachedInput + outputTokens * price.output - 1e-9))
}
