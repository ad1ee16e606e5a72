/** Analytics as the API asks for them: open ends of time, and `all` companies. */
import type { CallStats } from '../../schemas/call-views.ts'
import type { SuppressedFigure } from '../../schemas/quiet-views.ts'
import type { NoiseView, SlaTarget, SlaView } from '../../schemas/views.ts'
import { balance, noise, series, suppressed, type Balance, type FactScope, type FactSource } from './analytics.ts'
import { callStats } from './call-stats.ts'
import { sla } from './sla.ts'

/** Which companies, and from when (inclusive) to when (exclusive) in ms; null leaves that end open. */
export interface Span {
  readonly companyIds: readonly string[] | 'all'
  readonly fromMs: number | null
  readonly toMs: number | null
}

/** Past the last time the engine can hold. */
const END_MS = Date.UTC(2299, 11, 31)

/** A span as the queries take it. */
export function scopeOf({ companyIds, fromMs, toMs }: Span): FactScope {
  return { companyIds: companyIds === 'all' ? null : companyIds, fromMs: fromMs ?? 0, toMs: toMs ?? END_MS }
}

/** Figures of the ledger. */
export function analyticsStore(source: FactSource) {
  return {
    noise: (span: Span): Promise<NoiseView> => noise(source, scopeOf(span)),
    suppressed: (span: Span): Promise<readonly SuppressedFigure[]> => suppressed(source, scopeOf(span)),
    balance: (span: Span): Promise<Balance> => balance(source, scopeOf(span)),
    sla: (span: Span, targets: readonly SlaTarget[], nowMs: number): Promise<SlaView> => sla(source, scopeOf(span), targets, nowMs),
    calls: (span: Span): Promise<CallStats> => callStats(source, scopeOf(span)),
    series: (span: Span, stepMs?: number) => series(source, scopeOf(span), stepMs),
  }
}
