/** The thread of a backtest over stored history: it takes pages of alerts and answers with the comparison. Nothing else is here, so that the stream's thread is left alone. */
import { parentPort, workerData } from 'node:worker_threads'
import { compare } from './correlator/compare.ts'
import { Replay, type ReplaySettings } from './correlator/replay.ts'
import { PastAlerts, type PastAlert } from './processors/past-alerts.ts'
import { toAppError } from './schemas/errors.ts'
import type { ComparisonView } from './schemas/backtest.ts'
import type { TopologyEdge } from './schemas/records.ts'

/** What the thread is started with. */
export interface HistoryWork {
  readonly before: ReplaySettings
  readonly after: ReplaySettings
  readonly edgesBefore: readonly TopologyEdge[]
  readonly edgesAfter: readonly TopologyEdge[]
}

/** A page of alerts in order of time, or that there are no more. */
export type HistoryInput = { readonly type: 'page'; readonly alerts: readonly PastAlert[] } | { readonly type: 'end' }

/** A page was taken, or the end. */
export type HistoryOutput = { readonly type: 'taken' } | { readonly type: 'result'; readonly view: ComparisonView } | { readonly type: 'error'; readonly code: string; readonly message: string }

const work = workerData as HistoryWork
const sides = [new Replay(work.edgesBefore, work.before), new Replay(work.edgesAfter, work.after)] as const
const past = new PastAlerts()
let version = 0

parentPort?.on('message', (input: HistoryInput) => {
  const answer = (output: HistoryOutput): void => parentPort?.postMessage(output)
  try {
    if (input.type === 'end') return answer({ type: 'result', view: compare(...sides) })
    for (const alert of input.alerts) take(alert)
    answer({ type: 'taken' })
  } catch (thrown) {
    const { code, message } = toAppError(thrown)
    answer({ type: 'error', code, message })
  }
})

function take(one: PastAlert): void {
  const { alertId, companyId, problemKey, atMs, alert } = one
  const events = past.take(one, (version += 1))
  for (const side of sides) side.take({ id: alertId, company: companyId, ...alert }, atMs, { companyId, problemKey, events })
}
