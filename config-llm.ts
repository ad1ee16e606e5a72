/** The part of the configuration that is about language models. Read by config.ts. */
import { PROVIDERS, type ProviderName } from './correlator/analyst/model/port.ts'
import { defaultModels, type ModelSettings, type ProviderSettings } from './correlator/analyst/model/settings.ts'
import type { Readers } from './config-reading.ts'

const PER_PROVIDER = ['CHEAP_MODEL', 'STRONG_MODEL', 'REQUESTS_PER_MINUTE', 'TOKENS_PER_MINUTE'] as const

/** Names of our own about language models. */
export const LLM_NAMES: readonly string[] = [
  'AW_LLM_ORDER', 'AW_LLM_PRICES', 'AW_LLM_BREAKER_FAILURES', 'AW_LLM_BREAKER_REST_SECONDS', ...PROVIDERS.flatMap((provider) => PER_PROVIDER.map((name) => `AW_LLM_${provider.toUpperCase()}_${name}`)),
]

/** Requests and tokens a minute that a small account has with every vendor. */
const LIMITS = { requestsPerMinute: 60, tokensPerMinute: 100_000 }

/** Reads it. A provider takes part when it has credentials: a key, for OpenAI a base address alone, for Bedrock a region. */
export function readLlm({ text, integer, url, secret, mistake }: Readers): ModelSettings {
  const region = text('AWS_REGION') ?? text('AWS_DEFAULT_REGION')
  const address = (name: string): string | null => url(name, ['http:', 'https:'])?.replace(/\/+$/, '') ?? null
  const openai = { baseUrl: address('OPENAI_BASE_URL'), apiKey: secret(text('OPENAI_API_KEY')) }
  const anthropic = { baseUrl: address('ANTHROPIC_BASE_URL'), apiKey: secret(text('ANTHROPIC_API_KEY')) }
  const gemini = { baseUrl: address('GOOGLE_GEMINI_BASE_URL'), apiKey: secret(text('GEMINI_API_KEY')) }
  const present: Readonly<Record<ProviderName, boolean>> = { openai: openai.apiKey !== null || openai.baseUrl !== null, bedrock: region !== null, anthropic: anthropic.apiKey !== null, gemini: gemini.apiKey !== null }

  const named = text('AW_LLM_ORDER')?.split(',').map((name) => name.trim()).filter((name) => name !== '') ?? null
  const order = PROVIDERS.filter((provider) => named?.includes(provider) ?? true)
  const unknown = (named ?? []).filter((name) => !PROVIDERS.some((provider) => provider === name))
  if (unknown.length > 0 || new Set(named).size !== (named?.length ?? 0)) mistake(`AW_LLM_ORDER: some of ${PROVIDERS.join(', ')}, each once, not "${named?.join(',') ?? ''}"`)
  if (named !== null) order.sort((a, b) => named.indexOf(a) - named.indexOf(b))

  const settings = (provider: ProviderName): ProviderSettings => {
    const name = (suffix: (typeof PER_PROVIDER)[number]): string => `AW_LLM_${provider.toUpperCase()}_${suffix}`
    const defaults = defaultModels(provider, region)
    return {
      models: { cheap: text(name('CHEAP_MODEL')) ?? defaults.cheap, strong: text(name('STRONG_MODEL')) ?? text(name('CHEAP_MODEL')) ?? defaults.strong },
      requestsPerMinute: integer(name('REQUESTS_PER_MINUTE'), LIMITS.requestsPerMinute, 1, 1_000_000),
      tokensPerMinute: integer(name('TOKENS_PER_MINUTE'), LIMITS.tokensPerMinute, 1_000, 1_000_000_000),
    }
  }
  return {
    order: order.filter((provider) => present[provider]),
    providers: { openai: settings('openai'), bedrock: settings('bedrock'), anthropic: settings('anthropic'), gemini: settings('gemini') },
    openai, anthropic, gemini, bedrock: { region },
    breaker: { failures: integer('AW_LLM_BREAKER_FAILURES', 5, 1, 100), restMs: integer('AW_LLM_BREAKER_REST_SECONDS', 30, 1, 3_600) * 1_000 },
    pricesPath: text('AW_LLM_PRICES'),
  }
}
