/** What the composition root decides about providers. */
import type { BreakerLimits } from './breaker.ts'
import type { HttpAccess } from './driver.ts'
import type { ModelTier, ProviderName } from './port.ts'
import type { RateLimits } from './rate-gate.ts'

/** One provider. */
export interface ProviderSettings extends RateLimits {
  readonly models: Readonly<Record<ModelTier, string>>
}

/** Everything about providers. */
export interface ModelSettings {
  /** Those with credentials, in the order they are asked. */
  readonly order: readonly ProviderName[]
  readonly providers: Readonly<Record<ProviderName, ProviderSettings>>
  readonly openai: HttpAccess
  readonly anthropic: HttpAccess
  readonly gemini: HttpAccess
  /** Credentials come from the AWS default chain. */
  readonly bedrock: { readonly region: string | null }
  readonly breaker: BreakerLimits
  /** A file of prices over the built-in table. */
  readonly pricesPath: string | null
}

/** Models that are asked where nobody says otherwise. The inference profiles of Bedrock keep a question in the part of the world it comes from. */
export function defaultModels(provider: ProviderName, region: string | null): Readonly<Record<ModelTier, string>> {
  switch (provider) {
    case 'openai':
      return { cheap: 'gpt-6-luna', strong: 'gpt-6-sol' }
    case 'anthropic':
      return { cheap: 'claude-haiku-5-5', strong: 'claude-sonnet-5-5' }
    case 'gemini':
      return { cheap: 'gemini-3.5-flash-lite', strong: 'gemini-3.8-flash' }
    case 'bedrock': {
      const part = region?.startsWith('eu-') === true ? 'eu' : region?.startsWith('ap-') === true ? 'apac' : 'us'
      return { cheap: `${part}.amazon.nova-lite-v1:0`, strong: `${part}.amazon.nova-pro-v1:0` }
    }
  }
}
