/** Puts the model together from its settings. Vendors' libraries are loaded with the first call to each. */
import type { Clock } from '../../../schemas/clock.ts'
import type { Driver } from './driver.ts'
import { noModel } from './no-model.ts'
import type { Model, ProviderName } from './port.ts'
import { readPrices } from './prices.ts'
import { Provider, type ModelLog, type ModelMetrics } from './provider.ts'
import { ModelRouter } from './router.ts'
import type { ModelSettings } from './settings.ts'
import { modelTrials, type ModelTrials } from './trials.ts'

/** A model, and how to try each provider of it. */
export interface OpenedModel {
  readonly model: Model
  readonly trials: ModelTrials
}

/** Opens it. With `off` no call is ever made and every question throws `llm_off` with that reason. Throws `config_invalid` for a price file that cannot be read. */
export function openModel(settings: ModelSettings, parts: { readonly clock: Clock; readonly log: ModelLog; readonly metrics?: ModelMetrics; readonly off?: string | null }): OpenedModel {
  const off = parts.off ?? (settings.order.length === 0 ? 'no language model has credentials; set OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY, GEMINI_API_KEY or AWS_REGION' : null)
  if (off !== null) return { model: noModel(off), trials: modelTrials([], null, off) }
  const providers = settings.order.map((name) => new Provider({ name, settings: settings.providers[name], breaker: settings.breaker, load: () => load(name, settings, parts.clock), clock: parts.clock, log: parts.log, ...(parts.metrics === undefined ? {} : { metrics: parts.metrics }) }))
  const router = new ModelRouter(providers, readPrices(settings.pricesPath), parts.clock)
  return { model: router, trials: modelTrials(providers, router, null) }
}

async function load(name: ProviderName, settings: ModelSettings, clock: Clock): Promise<Driver> {
  switch (name) {
    case 'openai':
      return (await import('./drivers/openai.ts')).openaiDriver(settings.openai, clock)
    case 'anthropic':
      return (await import('./drivers/anthropic.ts')).anthropicDriver(settings.anthropic, clock)
    case 'gemini':
      return (await import('./drivers/gemini.ts')).geminiDriver(settings.gemini, clock)
    case 'bedrock':
      return (await import('./drivers/bedrock.ts')).bedrockDriver(settings.bedrock, clock)
  }
}
