/** The thread of a backtest over stored history: it takes pages of alerts and answers with the comparison. Nothing else is here, so that the stream's thread is left alone. */
import { parentPort, workerData } from 'node:worker_threads'
import { compare } from '../../correlator/compare.ts'
import { Replay, type ReplaySettings } from '../../correlator/replay.ts'
import { tune, type TuneStep } from '../../correlator/tune/tune.ts'
import { PastAlerts, type PastAlert } from '../../processors/past-alerts.ts'
import { toAppError } from '../../schemas/errors.ts'
import type { ComparisonView } from '../../schemas/backtest.ts'
import type { Label } from '../../schemas/labels.ts'
import type { TopologyEdge } from '../../schemas/records.ts'
import type { TuneView } from '../../schemas/tuning.ts'

/** What the thread is started with. */
export interface HistoryWork {
  readonly before: ReplaySettings
  readonly after: ReplaySettings
  readonly edgesBefore: readonly TopologyEdge[]
  readonly edgesAfter: readonly TopologyEdge[]
  /** Set: settings are searched by these labels, and what was found is the side after. */
  readonly tune: { readonly labels: readonly Label[]; readonly seed: number; readonly evaluations: number } | null
}

/** A page of alerts in order of time, or that there are no more. */
export type HistoryInput = { readonly type: 'page'; readonly alerts: readonly PastAlert[] } | { readonly type: 'end' }

/** A page was taken; settings were tried; or the end. */
export type HistoryOutput = { readonly type: 'taken' } | { readonly type: 'tried'; readonly tried: number } | { readonly type: 'result'; readonly view: ComparisonView; readonly tuned: TuneView | null } | { readonly type: 'error'; readonly code: string; readonly message: string }

const work = workerData as HistoryWork
const before = new Replay(work.edgesBefore, work.before)
const after = new Replay(work.edgesAfter, work.after)
const past = new PastAlerts()
/** Kept only where they are gone over again and again. */
const steps: TuneStep[] = []
let version = 0

parentPort?.on('message', (input: HistoryInput) => {
  try {
    if (input.type === 'end') return answer(work.tune === null ? { type: 'result', view: compare(before, after), tuned: null } : tuned(work.tune))
    for (const alert of input.alerts) take(alert)
    answer({ type: 'taken' })
  } catch (thrown) {
    const { code, message } = toAppError(thrown)
    answer({ type: 'error', code, message })
  }
})

function answer(output: HistoryOutput): void {
  parentPort?.postMessage(output)
}

function take(one: PastAlert): void {
  const { alertId, companyId, problemKey, atMs, alert } = one
  const step: TuneStep = { alert: { id: alertId, company: companyId, asset: alert.asset, signature: alert.signature, severity: alert.severity }, atMs, deduplicated: { companyId, problemKey, events: past.take(one, (version += 1)) } }
  before.take(step.alert, atMs, step.deduplicated)
  if (work.tune === null) after.take(step.alert, atMs, step.deduplicated)
  else steps.push(step)
}

function tuned({ labels, seed, evaluations }: NonNullable<HistoryWork['tune']>): HistoryOutput {
  const view = tune({ steps, edges: work.edgesBefore, settings: work.before, by: { labels }, seed, evaluations, onTried: (tried) => answer({ type: 'tried', tried }) })
  const found = new Replay(work.edgesBefore, { ...work.before, ...view.settings, weights: { ...view.settings.weights } })
  for (const { alert, atMs, deduplicated } of steps) found.take(alert, atMs, deduplicated)
  return { type: 'result', view: compare(before, found), tuned: view }
}
