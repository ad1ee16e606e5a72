/** Tries configured providers with a tiny question whose answer is known, so that an operator sees what works and how to mend what does not. */
import { toAppError } from '../../../schemas/errors.ts'
import type { ModelRequest, ModelTier, ProviderName } from './port.ts'
import type { Provider } from './provider.ts'
import type { ModelRouter } from './router.ts'

/** How one model of one provider did. Latency is that of the whole trial in ms; what is null is not known. */
export interface ModelTrial {
  readonly provider: ProviderName
  readonly model: string
  readonly tiers: readonly ModelTier[]
  readonly ok: boolean
  readonly latencyMs: number
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly costMicroUsd: number | null
  /** Code and how to mend it; null when it works. */
  readonly code: string | null
  readonly message: string | null
}

/** Tries providers. */
export interface ModelTrials {
  /** Names of the configured ones, in the order they are asked. */
  readonly providers: readonly ProviderName[]
  /** Why no call is made at all; null when calls are made. */
  readonly off: string | null
  /** Every configured one at once, or the one named; empty where that one is not configured. Circuit and limits do not hold it back; a success closes the circuit. */
  run(only: ProviderName | null, signal?: AbortSignal): Promise<readonly ModelTrial[]>
}

/** A trial may take longer than a classification, in ms. */
const TRIAL_TIMEOUT_MS = 10_000

const QUESTION: Omit<ModelRequest, 'tier'> = {
  system: 'You check that a connection works. Answer exactly what is asked.',
  prompt: 'A disk is 97 % full. Answer with ok = true and word = "disk".',
  schema: { type: 'object', additionalProperties: false, required: ['ok', 'word'], properties: { ok: { type: 'boolean' }, word: { type: 'string', enum: ['disk', 'network', 'other'] } } },
  schemaName: 'connection_check', temperature: 0.3, maxTokens: 200, timeoutMs: TRIAL_TIMEOUT_MS,
}

/** Trials of these providers through their router; with `off` there are none. */
export function modelTrials(providers: readonly Provider[], router: ModelRouter | null, off: string | null): ModelTrials {
  const one = async (provider: Provider, tier: ModelTier, signal: AbortSignal | undefined): Promise<ModelTrial> => {
    const { cheap, strong } = provider.settings.models
    const model = provider.settings.models[tier]
    const about = { provider: provider.name, model, tiers: cheap === strong ? (['cheap', 'strong'] as const) : [tier] }
    const startedMs = performance.now()
    const latencyMs = (): number => Math.round(performance.now() - startedMs)
    try {
      if (router === null) throw new Error(off ?? 'off')
      const { inputTokens, outputTokens, costMicroUsd } = await router.askOnly(provider, { ...QUESTION, tier, ...(signal === undefined ? {} : { signal }) })
      return { ...about, ok: true, latencyMs: latencyMs(), inputTokens, outputTokens, costMicroUsd, code: null, message: null }
    } catch (thrown) {
      const { code, message } = toAppError(thrown)
      return { ...about, ok: false, latencyMs: latencyMs(), inputTokens: null, outputTokens: null, costMicroUsd: null, code, message }
    }
  }
  return {
    providers: providers.map(({ name }) => name),
    off,
    run: async (only, signal) => {
      const asked = providers.filter(({ name }) => only === null || name === only)
      return (await Promise.all(asked.map(async (provider) => {
        const { cheap, strong } = provider.settings.models
        const tiers: readonly ModelTier[] = cheap === strong ? ['cheap'] : ['cheap', 'strong']
        return Promise.all(tiers.map((tier) => one(provider, tier, signal)))
      }))).flat()
    },
  }
}
