/** What a call may cost at most, and what it did cost. */
import type { ModelTier, ModelUsage } from './model/port.ts'
import type { Spent } from './ports.ts'

/** Most tokens of an answer. */
export const ANSWER_TOKENS = 1_000
/** A token of the input is at least so many characters of JSON; a careful figure, for what is reserved must not be less than what is spent. */
const CHARS_PER_TOKEN = 2.5
/** System prompt framing, schema and a repair that repeats the question. */
const FRAME_TOKENS = 2_000
const ASKED_TWICE = 2

/** Millionths of a US dollar for a token; for a model whose price nobody knows, that of a dear one of its tier. */
export interface TokenPrice {
  readonly input: number
  readonly output: number
}

/** What is assumed where a price is not known. */
export const ASSUMED_PRICES: Readonly<Record<ModelTier, TokenPrice>> = { cheap: { input: 1, output: 5 }, strong: { input: 15, output: 75 } }

/**
 * What one `ask` may cost at most, in millionths of a US dollar: each provider may fail after it was paid, and each may be asked twice for a repair.
 * `prices` holds one entry a provider, null where nobody knows it.
 */
export function ceilingMicroUsd(promptChars: number, tier: ModelTier, prices: readonly (TokenPrice | null)[]): number {
  const inputTokens = Math.ceil(promptChars / CHARS_PER_TOKEN) + FRAME_TOKENS
  return prices.reduce((sum, known) => {
    const price = known ?? ASSUMED_PRICES[tier]
    return sum + Math.ceil(ASKED_TWICE * (inputTokens * price.input + ANSWER_TOKENS * price.output))
  }, 0)
}

/** Nothing spent. */
export const NOTHING_SPENT: Spent = { calls: 0, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, costMicroUsd: 0 }

/** Adds a call. A cost nobody knows is taken as the assumed price of its tokens. */
export function plusCall(spent: Spent, usage: ModelUsage, tier: ModelTier): Spent {
  const price = ASSUMED_PRICES[tier]
  return {
    calls: spent.calls + 1, inputTokens: spent.inputTokens + usage.inputTokens, cachedInputTokens: spent.cachedInputTokens + usage.cachedInputTokens,
    outputTokens: spent.outputTokens + usage.outputTokens, costMicroUsd: spent.costMicroUsd + (usage.costMicroUsd ?? Math.ceil(usage.inputTokens * price.input + usage.outputTokens * price.output)),
  }
}
