/** How outside calls went, from the facts. */
import type { CallFigures, CallStats } from '../../schemas/call-views.ts'
import { inScope, scopeParams, type FactScope, type FactSource } from './analytics-scope.ts'

const FIGURES = `count() as calls, countIf(status = 'error') as errors, countIf(status = 'timeout') as timeouts, countIf(retries > 0) as repeated,
  if(count() = 0, 0, quantile(0.5)(duration_ms)) as medianMs, if(count() = 0, 0, quantile(0.95)(duration_ms)) as p95Ms, max(duration_ms) as longestMs`
const NONE: CallFigures = { calls: 0, errors: 0, timeouts: 0, repeated: 0, medianMs: 0, p95Ms: 0, longestMs: 0 }
/** Kinds and days shown at most. */
const ROWS_MAX = 2_000

/** Calls of a scope: in all, by connector, action and direction, and by day and connector. */
export async function callStats(source: FactSource, scope: FactScope): Promise<CallStats> {
  const [params, where] = [scopeParams(scope), inScope('at')]
  const [[all = NONE], items, days] = await Promise.all([
    source.query<CallFigures>(`select ${FIGURES} from raw_calls_v1 final where ${where}`, params),
    source.query<CallStats['items'][number]>(`select connector, action, direction, ${FIGURES} from raw_calls_v1 final where ${where} group by connector, action, direction order by calls desc, connector, action, direction limit ${ROWS_MAX}`, params),
    source.query<CallStats['days'][number]>(
      `select toString(toDate(at)) as day, connector, count() as calls, countIf(status = 'error') as errors, countIf(status = 'timeout') as timeouts from raw_calls_v1 final where ${where} group by day, connector order by day desc, connector desc limit ${ROWS_MAX}`, params),
  ])
  return { ...all, items, days: days.toReversed() }
}
