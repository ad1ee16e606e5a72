/**
 * The model behind the port. A question goes to the first provider in order whose circuit is closed and whose limits have room; a time-out, a 429, a 5xx, refused
 * credentials or a refused request pass it on to the next. Where only limits stand in the way and one has room again within the time of a call, that one is
 * waited for. A structured answer that does not fit its schema is mended once by the same provider; a refusal is final.
 */
import type { Clock } from '../../../schemas/clock.ts'
import { AppError, toAppError } from '../../../schemas/errors.ts'
import type { DriverAnswer, DriverCall } from './driver.ts'
import { failureOf } from './failures.ts'
import type { Model, ModelAnswer, ModelRequest, ProviderState } from './port.ts'
import type { PriceTable } from './prices.ts'
import { spentOf, type Provider } from './provider.ts'
import { judge, repairPrompt } from './structured.ts'
import { UsageSum } from './usage.ts'

/** Defaults of a question. */
export const REQUEST_DEFAULTS = { temperature: 0.3, maxTokens: 1_000, timeoutMs: 3_000 }

/** Failures that another provider may not have. */
const PASSED_ON = new Set(['llm_timeout', 'llm_unavailable', 'llm_rate_limited', 'llm_unauthorized', 'llm_bad_request'])

type Question = Omit<DriverCall, 'signal'>

/** See the header of the file. */
export class ModelRouter implements Model {
  readonly #providers: readonly Provider[]
  readonly #prices: PriceTable
  readonly #clock: Clock

  /** Providers in the order they are asked; at least one. */
  constructor(providers: readonly Provider[], prices: PriceTable, clock: Clock) {
    this.#providers = providers
    this.#prices = prices
    this.#clock = clock
  }

  state(): readonly ProviderState[] {
    return this.#providers.map((provider) => provider.state())
  }

  async ask(request: ModelRequest): Promise<ModelAnswer> {
    const usage = new UsageSum(this.#prices)
    const startedMs = this.#clock.now()
    const failures: AppError[] = []
    const left = this.#providers.filter((provider) => provider.mayAsk())
    let waitLeftMs = request.timeoutMs ?? REQUEST_DEFAULTS.timeoutMs
    let isFirst = true
    while (left.length > 0) {
      const waits = left.map((one) => ({ provider: one, waitMs: one.waitMs(questionOf(one, request)) }))
      const { provider, waitMs } = waits.find((one) => one.waitMs === 0) ?? waits.reduce((best, one) => (one.waitMs < best.waitMs ? one : best))
      if (waitMs > waitLeftMs) break
      if (waitMs > 0) {
        // Others wait too, and one of them may be quicker: look again then.
        await this.#clock.sleep(waitMs, request.signal)
        waitLeftMs -= waitMs
        continue
      }
      left.splice(left.indexOf(provider), 1)
      // While others were asked or waited for, its circuit may have opened. From here to the call nothing else runs, so room and probe are this question's.
      if (!provider.mayAsk()) continue
      if (!isFirst) request.onRestart?.()
      isFirst = false
      try {
        return await this.#answered(provider, request, usage, startedMs)
      } catch (thrown) {
        if (request.signal?.aborted === true) throw thrown
        const error = toAppError(thrown)
        if (!PASSED_ON.has(error.code)) throw withUsage(error, usage)
        failures.push(error)
      }
    }
    throw this.#exhausted(failures, left, usage)
  }

  /** Asks one provider, whatever its circuit and limits say: a trial. */
  async askOnly(provider: Provider, request: ModelRequest): Promise<ModelAnswer> {
    return this.#answered(provider, request, new UsageSum(this.#prices), this.#clock.now())
  }

  async #answered(provider: Provider, request: ModelRequest, usage: UsageSum, startedMs: number): Promise<ModelAnswer> {
    const question = questionOf(provider, request)
    const call = async (asked: Question): Promise<DriverAnswer> => {
      try {
        const answer = await provider.call(asked, request.timeoutMs ?? REQUEST_DEFAULTS.timeoutMs, request.signal)
        usage.add(asked.model, answer.tokens)
        return answer
      } catch (thrown) {
        const spent = thrown instanceof AppError ? spentOf(thrown) : null
        if (spent !== null) usage.add(asked.model, spent)
        throw thrown
      }
    }
    const done = ({ text }: DriverAnswer, json: unknown, repaired: boolean): ModelAnswer => ({
      ...usage.total, text, json, provider: provider.name, model: question.model, latencyMs: this.#clock.now() - startedMs, repaired,
    })

    const first = await call(question)
    if (question.schema === null) return done(first, null, false)
    const judged = judgementOf(first, question.schema)
    if (judged.mistakes.length === 0) return done(first, judged.json, false)
    request.onRestart?.()
    const second = await call({ ...question, prompt: repairPrompt(question.prompt, first.text, judged.mistakes) })
    const mended = judgementOf(second, question.schema)
    if (mended.mistakes.length === 0) return done(second, mended.json, true)
    throw failureOf('llm_invalid_output', { provider: provider.name, model: question.model, status: null, said: mended.mistakes.join('; ') })
  }

  #exhausted(failures: readonly AppError[], limited: readonly Provider[], usage: UsageSum): AppError {
    const now = this.#clock.now()
    const only = failures[0]
    if (failures.length === 1 && limited.length === 0 && this.#providers.length === 1 && only !== undefined) return withUsage(only, usage)
    const told = this.#providers.map((provider) => {
      const failed = failures.find(({ details }) => details.provider === provider.name)
      const { condition, retryAtMs, lastError } = provider.state()
      return { provider: provider.name, code: failed?.code ?? (limited.includes(provider) ? 'llm_rate_limited' : lastError?.code ?? 'llm_unavailable'), condition, retryAtMs }
    })
    const words = told.map(({ provider, code }) => `${provider} ${code.replace('llm_', '').replaceAll('_', ' ')}`).join(', ')
    const codes = new Set(told.map(({ code }) => code))
    if (codes.size === 1 && codes.has('llm_rate_limited')) {
      const waitMs = Math.min(...this.#providers.map((provider) => Math.max((provider.state().retryAtMs ?? now) - now, 1_000)))
      return new AppError('llm_rate_limited', `no language model takes more now (${words}); raise AW_LLM_<PROVIDER>_REQUESTS_PER_MINUTE or …_TOKENS_PER_MINUTE if your account allows more`, { details: { retryAfterSeconds: Math.ceil(waitMs / 1_000), providers: told, ...usage.details } })
    }
    const code = codes.size === 1 && (codes.has('llm_timeout') || codes.has('llm_unauthorized') || codes.has('llm_bad_request')) ? (told[0]?.code as 'llm_timeout') : 'llm_unavailable'
    return new AppError(code, `no language model answered: ${words}; aw doctor says how to mend each`, { details: { providers: told, ...usage.details } })
  }
}

/** What is asked of a provider. */
export function questionOf(provider: Provider, request: ModelRequest): Question {
  return {
    model: provider.settings.models[request.tier], system: request.system, prompt: request.prompt, schema: request.schema, schemaName: request.schemaName,
    temperature: request.temperature ?? REQUEST_DEFAULTS.temperature, maxTokens: request.maxTokens ?? REQUEST_DEFAULTS.maxTokens, onText: request.onText ?? null,
  }
}

/** An answer that was cut off may fit by luck; where it does not, length is the mistake to tell. */
function judgementOf(answer: DriverAnswer, schema: NonNullable<ModelRequest['schema']>): ReturnType<typeof judge> {
  const judged = judge(answer.text, schema)
  return judged.mistakes.length > 0 && answer.isCut ? { json: null, mistakes: ['the answer was cut off because it was too long: be much shorter', ...judged.mistakes] } : judged
}

function withUsage(error: AppError, usage: UsageSum): AppError {
  return new AppError(error.code, error.message, { details: { ...error.details, ...usage.details } })
}
