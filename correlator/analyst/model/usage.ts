import type { TokenCount } from './driver.ts'
import type { ModelUsage } from './port.ts'
import { costMicroUsd, type PriceTable } from './prices.ts'

/** Adds up what the calls of one question used. The cost is null as soon as one price is unknown. */
export class UsageSum {
  readonly #prices: PriceTable
  #sum: ModelUsage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, costMicroUsd: 0 }

  constructor(prices: PriceTable) {
    this.#prices = prices
  }

  add(model: string, tokens: TokenCount): void {
    const cost = costMicroUsd(this.#prices, model, tokens)
    this.#sum = {
      inputTokens: this.#sum.inputTokens + tokens.inputTokens,
      outputTokens: this.#sum.outputTokens + tokens.outputTokens,
      cachedInputTokens: this.#sum.cachedInputTokens + tokens.cachedInputTokens,
      costMicroUsd: cost === null || this.#sum.costMicroUsd === null ? null : this.#sum.costMicroUsd + cost,
    }
  }

  get total(): ModelUsage {
    return this.#sum
  }

  /** For errors: nothing where nothing was used. */
  get details(): { usage?: ModelUsage } {
    return this.#sum.inputTokens + this.#sum.outputTokens === 0 ? {} : { usage: this.#sum }
  }
}
