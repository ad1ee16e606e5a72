/**
 * What a run needs next: a pure function of how it stands and what time it is. Whoever holds the run does it, writes down what came of it, and asks again; so a
 * run goes on from its rows alone, whoever worked it before. The first row that fits counts.
 *
 * | status | and | next |
 * | --- | --- | --- |
 * | ended | the cloud keeps something of a command | remove it, five tries at most |
 * | | its telling is under way | see how it ended; tell again where the incident had moved on |
 * | | not told | tell the incident |
 * | planned, awaiting_approval | its end was asked for | cancelled |
 * | awaiting_approval | the machine was chosen | plan anew, judge that |
 * | | somebody said no | refused |
 * | | the time of the question is over | expired |
 * | | nobody has answered | wait |
 * | planned, awaiting_approval | | judge: run (queued), ask, show, refuse or wait |
 * | queued | its end was asked for, or the stop switch | cancelled |
 * | | | judge once more, and with that write down the first command |
 * | running, verifying, rolling_back | a command may be on its way (sending, unknown) | look it up: found is adopted, absent is sent, neither is asked again, in the end escalated |
 * | | a command is under way (sent) | ask how it goes; past its time limit ask for its end; past that give it up |
 * | | the cloud keeps something of a command | remove it, one try |
 * | | the stop switch | failed, with its code |
 * | running, verifying | its end was asked for | cancelled |
 * | running | a step failed | as its onFailure says: stop (failed), roll back, go on |
 * | | a step was found started before (repeated) | verify: nobody knows how it ended, and nothing is done twice |
 * | | a step is left | send it |
 * | | | verify; without anything to verify succeeded |
 * | verifying | a machine has no probe yet | send it |
 * | | a probe does not hold | in time: once more, after a while; else roll back, or failed |
 * | | every probe holds, the problem must clear and fires | in time: wait; else failed, and nothing is rolled back |
 * | | | succeeded |
 * | rolling_back | a step of it failed | failed |
 * | | one is left for a machine that was touched | send it |
 * | | | rolled_back |
 *
 * A roll-back is finished although the end of the run was asked for: it brings machines back. The stop switch ends that too.
 */
import type { HeldCommand, HeldRun, NewCommand, RunChange } from '../../schemas/run-work.ts'
import { ENDED_STATUSES } from '../../schemas/run-work.ts'
import type { PlannedCommand, RunOutcome, RunTarget } from '../../schemas/runs.ts'
import { STARTS_WITHIN_MS, TOLD_WITHIN_MS } from '../executors/port.ts'
import { CANCEL_PATIENCE_MS, CLEANS_MAX, FIND_PATIENCE_MS, FINDS_LEAST, LATE_MS, PROBES_MAX, backOffMs } from './pace.ts'
import { probeHolds } from './probe.ts'
import { failureOf, failuresOf, probeAgain, touchedAssets } from './run-facts.ts'

/** What to do next. */
export type Action =
  | { readonly kind: 'judge' }
  | { readonly kind: 'replan'; readonly target: RunTarget; readonly decidedAtMs: number }
  /** Write the intent, then send; `isFirst`: judged once more with the intent. */
  | { readonly kind: 'send'; readonly command: HeldCommand; readonly isFirst: boolean }
  | { readonly kind: 'find'; readonly command: HeldCommand }
  | { readonly kind: 'poll'; readonly command: HeldCommand }
  /** Its time limit is over: ask the cloud for its end. */
  | { readonly kind: 'cut_short'; readonly command: HeldCommand }
  | { readonly kind: 'clean'; readonly command: HeldCommand }
  /** The probes hold: has the problem cleared? */
  | { readonly kind: 'look_at_problem'; readonly untilMs: number }
  | { readonly kind: 'expire'; readonly change: RunChange }
  | { readonly kind: 'change'; readonly change: RunChange }
  | { readonly kind: 'tell' }
  | { readonly kind: 'look_at_telling'; readonly commandId: string }
  | { readonly kind: 'wait'; readonly untilMs: number }

/** The next action. */
export function nextAction(run: HeldRun, nowMs: number, jitter: () => number): Action {
  if (ENDED_STATUSES.includes(run.status)) return afterEnd(run)
  switch (run.status) {
    case 'planned':
    case 'awaiting_approval':
      return beforeAdmission(run, nowMs)
    case 'queued':
      return beforeStart(run)
    default:
      return underWay(run, nowMs, jitter)
  }
}

function afterEnd(run: HeldRun): Action {
  const kept = run.commands.find((command) => command.ref !== null && !command.isCleaned && command.cleanTries < CLEANS_MAX)
  if (kept !== undefined) return { kind: 'clean', command: kept }
  return run.work.tellingId === undefined ? { kind: 'tell' } : { kind: 'look_at_telling', commandId: run.work.tellingId }
}

function beforeAdmission(run: HeldRun, nowMs: number): Action {
  if (run.cancel !== null) return cancelled(run)
  if (run.status === 'planned') return { kind: 'judge' }
  const asked = run.approvals.filter(({ planDigest, status }) => planDigest === run.planDigest && status !== 'void').at(-1)
  if (asked === undefined) return { kind: 'judge' }
  if (asked.status === 'refused') {
    const words = `${asked.decidedBy?.name ?? 'Somebody'} said no${asked.comment === null ? '' : `: ${asked.comment}`}`
    return { kind: 'change', change: { status: 'refused', outcome: 'none', code: 'approval_refused', message: words, event: { kind: 'refused', detail: words }, dueAtMs: null } }
  }
  if (asked.status === 'approved') return asked.question === 'target' && asked.target !== null ? { kind: 'replan', target: asked.target, decidedAtMs: asked.decidedAtMs ?? asked.requestedAtMs } : { kind: 'judge' }
  if (asked.status === 'pending' && asked.expiresAtMs > nowMs) return { kind: 'wait', untilMs: asked.expiresAtMs }
  const words = 'Nobody said yes in time.'
  return { kind: 'expire', change: { status: 'expired', outcome: 'none', code: 'approval_expired', message: words, event: { kind: 'refused', detail: words }, dueAtMs: null } }
}

function beforeStart(run: HeldRun): Action {
  if (run.cancel !== null) return cancelled(run)
  if (run.stop !== null) return stopped(run, 'cancelled')
  const first = run.commands.find(({ status, phase }) => status === 'pending' && phase === 'step')
  return first === undefined ? { kind: 'change', change: ended(run, 'failed', 'failed', 'plan_empty', 'The plan has no command.') } : { kind: 'send', command: first, isFirst: true }
}

function underWay(run: HeldRun, nowMs: number, jitter: () => number): Action {
  const present = run.commands.find(({ status }) => status === 'sending' || status === 'unknown' || status === 'sent')
  if (present !== undefined) return present.status === 'sent' ? withSent(run, present, nowMs) : withUnknown(run, present, nowMs)
  const kept = run.commands.find((command) => command.ref !== null && !command.isCleaned && command.cleanTries === 0)
  if (kept !== undefined) return { kind: 'clean', command: kept }
  if (run.stop !== null) return stopped(run, 'failed')
  if (run.status === 'rolling_back') return rollingBack(run)
  if (run.cancel !== null) return cancelled(run)
  return run.status === 'running' ? running(run, nowMs) : verifying(run, nowMs, jitter)
}

function withUnknown(run: HeldRun, command: HeldCommand, nowMs: number): Action {
  if (!isPastFinding(run, command, nowMs) || (run.work.finds ?? 0) < FINDS_LEAST) return { kind: 'find', command }
  // Not rolled back: it may still be at work.
  const words = `Nobody can tell whether the command of step ${command.stepId} on ${command.asset} was taken; look at the machine.`
  return { kind: 'change', change: ended(run, 'failed', 'escalated', 'send_unknown', words) }
}

/** Whether a command that may have been taken is so old that it is sent no more, whatever is found. */
export function isPastFinding(run: HeldRun, command: HeldCommand, nowMs: number): boolean {
  return nowMs > (command.intentAtMs ?? nowMs) + plannedOf(run, command).timeoutMs + FIND_PATIENCE_MS
}

function withSent(run: HeldRun, command: HeldCommand, nowMs: number): Action {
  const { timeoutMs } = plannedOf(run, command)
  const cloud = run.plan.targets.find(({ asset }) => asset === command.asset)?.cloud ?? 'aws'
  if (nowMs <= (command.sentAtMs ?? nowMs) + STARTS_WITHIN_MS[cloud] + timeoutMs + TOLD_WITHIN_MS[cloud] + LATE_MS) return { kind: 'poll', command }
  const { cancelledAtMs } = run.work
  if (cancelledAtMs === undefined) return { kind: 'cut_short', command }
  // Given up only after it was asked after once more: a cloud that rests, or nobody at work, may have used the time up.
  if (nowMs <= cancelledAtMs + CANCEL_PATIENCE_MS || (run.work.idle ?? 0) === 0) return { kind: 'poll', command }
  return {
    kind: 'change',
    change: {
      command: { seq: command.seq, status: 'ended', outcome: 'timed_out', message: 'It did not end within its time limit, nor when it was asked to.' }, work: {},
      event: { kind: 'step_ended', stepId: command.stepId, asset: command.asset, detail: 'timed_out', durationMs: nowMs - (command.sentAtMs ?? nowMs) }, dueAtMs: null,
    },
  }
}

function running(run: HeldRun, nowMs: number): Action {
  const steps = run.commands.filter(({ phase }) => phase === 'step')
  const failed = steps.find((command) => failureOf(command) !== null && command.outcome !== 'repeated' && onFailureOf(run, command) !== 'continue')
  if (failed !== undefined) {
    const failure = failureOf(failed) ?? { code: 'step_failed', message: '' }
    return onFailureOf(run, failed) === 'rollback' ? rollBackOr(run, failure) : { kind: 'change', change: failedWith(run, failure) }
  }
  const isRepeated = steps.some(({ outcome }) => outcome === 'repeated')
  const next = isRepeated ? undefined : steps.find(({ status }) => status === 'pending')
  if (next !== undefined) return { kind: 'send', command: next, isFirst: false }
  if (run.runbook.verify !== null) return { kind: 'change', change: { status: 'verifying', work: { verifySinceMs: nowMs }, dueAtMs: null } }
  if (isRepeated) return { kind: 'change', change: failedWith(run, { code: 'repeated', message: 'A step had been started before, nobody knows how it ended, and the runbook verifies nothing; look at the machine.' }) }
  const [wrong] = failuresOf(steps)
  if (wrong !== undefined) return { kind: 'change', change: failedWith(run, wrong) }
  return { kind: 'change', change: ended(run, 'succeeded', 'reported', null, 'Every step is done.') }
}

function verifying(run: HeldRun, nowMs: number, jitter: () => number): Action {
  const { verify } = run.runbook
  const sinceMs = run.work.verifySinceMs ?? nowMs
  const untilMs = sinceMs + (verify?.withinMs ?? 0)
  for (const asset of new Set(run.commands.filter(({ phase }) => phase === 'verify').map((command) => command.asset))) {
    const probes = run.commands.filter((command) => command.phase === 'verify' && command.asset === asset)
    const pending = probes.find(({ status }) => status === 'pending')
    if (pending !== undefined) return { kind: 'send', command: pending, isFirst: false }
    const last = probes.at(-1)
    if (last === undefined) continue
    const held = probeHolds(run, last)
    if (held.holds) continue
    const lastMs = last.endedAtMs ?? nowMs
    // The last one is made when the time is over, not before.
    const againMs = Math.min(lastMs + backOffMs(probes.length - 1, 10_000, 60_000, jitter), Math.max(untilMs, lastMs))
    if (lastMs < untilMs && probes.length < PROBES_MAX) return againMs > nowMs ? { kind: 'wait', untilMs: againMs } : { kind: 'change', change: { add: probeAgain(run, last), dueAtMs: null } }
    return rollBackOr(run, { code: 'not_verified', message: `On ${asset} it does not hold that ${verify?.expect ?? ''}: ${held.why}` })
  }
  return { kind: 'look_at_problem', untilMs }
}

function rollingBack(run: HeldRun): Action {
  const touched = touchedAssets(run)
  const steps = run.commands.filter(({ phase, asset }) => phase === 'rollback' && touched.has(asset))
  const cause = run.work.failure ?? { code: 'step_failed', message: '' }
  const [failed] = failuresOf(steps)
  if (failed !== undefined) return { kind: 'change', change: ended(run, 'failed', 'escalated', 'rollback_failed', `${cause.message} Rolling back failed: ${failed.message}`) }
  const next = steps.find(({ status }) => status === 'pending')
  if (next !== undefined) return { kind: 'send', command: next, isFirst: false }
  return { kind: 'change', change: { ...ended(run, 'rolled_back', 'escalated', cause.code, `${cause.message} What was done was rolled back.`), event: { kind: 'rolled_back', detail: cause.message } } }
}

function rollBackOr(run: HeldRun, failure: { readonly code: string; readonly message: string }): Action {
  const touched = touchedAssets(run)
  const canRollBack = run.commands.some(({ phase, asset }) => phase === 'rollback' && touched.has(asset))
  if (!canRollBack) return { kind: 'change', change: failedWith(run, failure) }
  return { kind: 'change', change: { status: 'rolling_back', code: failure.code, message: failure.message, work: { failure }, event: { kind: 'failed', detail: failure.message }, dueAtMs: null } }
}

function failedWith(run: HeldRun, failure: { readonly code: string; readonly message: string }): RunChange {
  return ended(run, 'failed', 'escalated', failure.code, failure.message)
}

function cancelled(run: HeldRun): Action {
  const words = `${run.cancel?.by.name ?? 'Somebody'} asked for its end.`
  return { kind: 'change', change: { ...ended(run, 'cancelled', run.startedAtMs === null ? 'none' : 'escalated', 'cancelled', words) } }
}

function stopped(run: HeldRun, status: 'failed' | 'cancelled'): Action {
  const code = run.stop?.code ?? 'stopped_company'
  const words = `The stop switch ${code === 'stopped_globally' ? 'of the MSP' : 'of the company'} is set${run.stop?.reason == null ? '' : `: ${run.stop.reason}`}.`
  return { kind: 'change', change: { ...ended(run, status, run.startedAtMs === null ? 'none' : 'escalated', code, words), event: { kind: status === 'failed' ? 'failed' : 'cancelled', detail: words } } }
}

/** The change that ends a run. Where there is no incident there is nobody to escalate to: it has failed. */
export function ended(run: Pick<HeldRun, 'incidentId'>, status: 'succeeded' | 'failed' | 'rolled_back' | 'cancelled', wished: RunOutcome, code: string | null, message: string): RunChange {
  const outcome = wished === 'escalated' && run.incidentId === null ? 'failed' : wished
  const kind = status === 'succeeded' ? 'verified' : status === 'rolled_back' ? 'rolled_back' : status === 'cancelled' ? 'cancelled' : 'failed'
  return { status, outcome, code, message, work: {}, event: { kind, detail: message }, dueAtMs: null }
}

/** The command of the plan that a row is. */
export function plannedOf(run: HeldRun, command: Pick<HeldCommand, 'plannedSeq'> | Pick<NewCommand, 'plannedSeq'>): PlannedCommand {
  const planned = run.plan.commands[command.plannedSeq]
  if (planned === undefined) throw new Error(`run ${run.id} has no command ${command.plannedSeq} in its plan`)
  return planned
}

function onFailureOf(run: HeldRun, { stepId }: HeldCommand): 'stop' | 'rollback' | 'continue' {
  return run.runbook.steps.find(({ id }) => id === stepId)?.onFailure ?? 'stop'
}
