import type { Finding } from './finding.ts'

/** What `POST /api/llm/test` answers, as far as it is shown. */
export interface ModelTest {
  readonly off: string | null
  readonly items: readonly {
    readonly provider: string; readonly model: string; readonly tiers: readonly string[]; readonly ok: boolean; readonly latencyMs: number
    readonly inputTokens: number | null; readonly outputTokens: number | null; readonly costMicroUsd: number | null; readonly code: string | null; readonly message: string | null
  }[]
}

/** What a trial of language models says, model by model. Without any the program works on rules, which is no failure. */
export function modelsOf({ off, items }: ModelTest): Finding[] {
  if (off !== null) return [{ what: 'language models', state: 'ok', detail: `none is asked, rules decide: ${off}` }]
  return items.map(({ provider, model, tiers, ok, latencyMs, inputTokens, outputTokens, costMicroUsd, code, message }) => {
    const what = `model ${provider} ${tiers.join('+')}`
    if (!ok) return { what, state: 'failed', detail: `${model}: ${message ?? 'does not answer'} (${code ?? 'unknown'})` }
    const cost = costMicroUsd === null ? 'price unknown' : `$${(costMicroUsd / 1_000_000).toFixed(6)}`
    return { what, state: 'ok', detail: `${model} answers in ${latencyMs} ms; ${(inputTokens ?? 0) + (outputTokens ?? 0)} tokens, ${cost}` }
  })
}
