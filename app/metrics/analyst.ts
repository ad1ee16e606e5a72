/** What the analyst measures; labels are bounded, companies are told by the API. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { AnalystMetrics } from '../../correlator/analyst/ports.ts'

/** Makes the counters in a registry. */
export function makeAnalystMetrics(registry: Registry): AnalystMetrics {
  const registers = [registry]
  const ended = new Counter({ name: 'analyses_total', help: 'Analyses by how they ended and why they were wanted.', labelNames: ['status', 'why'], registers })
  const calls = new Counter({ name: 'llm_calls_total', help: 'Calls of language models by tier.', labelNames: ['tier'], registers })
  const tokens = new Counter({ name: 'llm_tokens_total', help: 'Tokens by tier and kind; cached ones are part of the input.', labelNames: ['tier', 'kind'], registers })
  const cost = new Counter({ name: 'llm_cost_micro_usd_total', help: 'Money spent on language models in millionths of a US dollar.', labelNames: ['tier'], registers })
  const cache = new Counter({ name: 'analysis_cache_total', help: 'Look-ups in the cache of analyses.', labelNames: ['result'], registers })
  const waiting = new Gauge({ name: 'analysis_queue_incidents', help: 'Incidents that wait to be analysed.', registers })
  const skipped = new Counter({ name: 'analysis_skipped_total', help: 'Incidents left out because too many waited.', registers })
  const budget = new Counter({ name: 'llm_budget_alerts_total', help: 'Companies whose month came to this share of its budget.', labelNames: ['percent'], registers })
  return {
    ended: (status, why) => ended.inc({ status, why }),
    spent(tier, spent) {
      calls.inc({ tier }, spent.calls)
      tokens.inc({ tier, kind: 'input' }, spent.inputTokens)
      tokens.inc({ tier, kind: 'cached_input' }, spent.cachedInputTokens)
      tokens.inc({ tier, kind: 'output' }, spent.outputTokens)
      cost.inc({ tier }, spent.costMicroUsd)
    },
    cache: (result) => cache.inc({ result }),
    queue(now, leftOut) {
      waiting.set(now)
      skipped.inc(leftOut)
    },
    budget: (percent) => budget.inc({ percent: String(percent) }),
  }
}
