/** The end of a run and its incident: what the outcome is, and the one command that tells it. */
import type { HeldRun, IncidentOutlook, RunChange } from '../../schemas/run-work.ts'
import { BEHIND_PATIENCE_MS, TELLINGS_MAX, backOffMs } from './pace.ts'
import type { RunTools } from './ports.ts'
import { ended } from './step.ts'
import { endNote, resolution } from './words.ts'

/** The probes hold: succeeded, or wait for the problem to clear, or failed because it did not. */
export function afterProbes(run: HeldRun, outlook: IncidentOutlook | null, untilMs: number, isCaughtUp: boolean, nowMs: number, jitter: () => number): RunChange {
  const mustClear = run.runbook.verify?.problem === 'must_clear' && run.problemKey !== null && !run.isSimulated
  const isClear = outlook?.problem === 'resolved'
  if (mustClear && !isClear) {
    // What the projection has not read yet may say that it cleared in time.
    const isOver = nowMs >= untilMs && (isCaughtUp || nowMs >= untilMs + BEHIND_PATIENCE_MS)
    if (!isOver) return { work: { ...run.work, heldAtMs: run.work.heldAtMs ?? nowMs }, dueAtMs: nowMs + Math.max(1_000, Math.min(backOffMs(2, 2_000, 10_000, jitter), nowMs < untilMs ? untilMs - nowMs : Number.POSITIVE_INFINITY)), isDurable: false }
    return ended(run, 'failed', 'escalated', 'problem_not_cleared', 'The probe holds, but the monitoring tool does not say that the problem is over.')
  }
  const outcome = isClear && !outlook.isTouched ? 'self_healed' : 'verified'
  return ended(run, 'succeeded', outcome, null, isClear ? 'Verified, and the problem has cleared.' : 'Verified.')
}

/** Tells the incident how the run ended. An incident that nobody has touched and that is repaired is closed; everything else is a note. */
export async function tell({ store }: Pick<RunTools, 'store'>, run: HeldRun, nowMs: number): Promise<HeldRun | null> {
  const isNothing = run.incidentId === null || (run.startedAtMs === null && run.status !== 'expired' && run.code !== 'approval_refused')
  if (isNothing) return store.save(run, { isTold: true, dueAtMs: nowMs })
  const outlook = await store.outlook(run)
  if (outlook === null) return store.save(run, { isTold: true, dueAtMs: nowMs })
  const tellings = run.work.tellings ?? 0
  const closes = run.outcome === 'self_healed' && !run.isSimulated && !outlook.isTouched && outlook.openProblems === 0 && outlook.status !== 'closed' && tellings < TELLINGS_MAX
  if (!closes) return store.save(run, { word: { action: 'note', text: endNote(run), judgedVersion: null }, isTold: true, dueAtMs: nowMs })
  return store.save(run, { word: { action: 'close', text: resolution(run), judgedVersion: outlook.version }, work: { tellings: tellings + 1 }, dueAtMs: nowMs + 1_000 })
}

/** How the closing ended: done, or refused because the incident has moved on, and then it is judged anew. */
export async function lookAtTelling({ store, jitter }: Pick<RunTools, 'store' | 'jitter'>, run: HeldRun, commandId: string, nowMs: number): Promise<HeldRun | null> {
  const { status } = await store.told(commandId)
  const tellings = run.work.tellings ?? 0
  if (status === 'done') return store.save(run, { isTold: true, dueAtMs: nowMs })
  if (status === 'pending') return store.save(run, { work: { ...run.work, idle: (run.work.idle ?? 0) + 1 }, dueAtMs: nowMs + backOffMs(run.work.idle ?? 0, 1_000, 60_000, jitter), isDurable: false })
  return store.save(run, { work: { tellings }, dueAtMs: nowMs + backOffMs(tellings, 1_000, 10_000, jitter) })
}
