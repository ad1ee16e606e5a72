/** Calls of a cloud for a run: the intent before, the call, what came of it after. Each answers the run as it then stands, null where it is in other hands or waits. */
import type { CommandChange, HeldCommand, HeldRun, RunChange, RunWork } from '../../schemas/run-work.ts'
import type { CommandOutcomeKind, RunTarget } from '../../schemas/runs.ts'
import { ExecutorError, PASSING_FAULTS, type CallContext, type Executor, type ExecutorFault, type Progress, type RemoteCommand } from '../executors/port.ts'
import { readResult } from '../library/result.ts'
import { ABSENT_AFTER_MS, backOffMs, CALL_MS, RESENDS_MAX, REST_MOST_MS, SEND_PATIENCE_MS, SEND_WITHIN_MS } from './pace.ts'
import type { RunTools } from './ports.ts'
import { remoteCommand } from './remote-command.ts'
import { ended, isPastFinding } from './step.ts'
import { startNote } from './words.ts'

/** What calls need besides the tools. */
export interface Calling extends RunTools {
  readonly nowMs: () => number
}

/** A turn that was not taken by then is lost: whoever comes later would meet others. */
const TURN_MS = 5_000

interface Way {
  readonly executor: Executor
  readonly target: RunTarget
  readonly remote: RemoteCommand
  /** The account as its cloud counts calls. */
  readonly counted: string
  readonly context: () => CallContext
}

/** Sends a command: writes the intent, with the guard's last word where it is the first, and calls once. */
export async function send(tools: Calling, run: HeldRun, command: HeldCommand, isFirst: boolean): Promise<HeldRun | null> {
  const way = await wayTo(tools, run, command, 'send')
  if ('change' in way) return tools.store.save(run, way.change)
  const turn = await turnOf(tools, run, way, 'send')
  if (turn !== null) return tools.store.save(run, turn)
  const intent: RunChange = {
    ...(isFirst ? { status: 'running', word: { action: 'note', text: startNote(run), judgedVersion: null } } : {}), command: { seq: command.seq, status: 'sending' },
    event: { kind: 'step_started', stepId: command.stepId, asset: command.asset }, dueAtMs: null,
  }
  const intended = isFirst ? (await tools.store.admit(run, await tools.judgeOf(run), intent)).run : await tools.store.save(run, intent)
  const row = intended?.commands.find(({ seq }) => seq === command.seq)
  if (intended === null || row?.status !== 'sending' || intended.untilMs <= tools.nowMs()) return intended
  // A machine that slept in between may have lost the run: it is looked up, not sent.
  if (tools.nowMs() - (row.intentAtMs ?? 0) > SEND_WITHIN_MS) return intended
  const answer = await call(tools, way, 'send', (context) => way.executor.send(way.remote, context))
  if (!(answer instanceof ExecutorError)) return tools.store.save(intended, { command: { seq: row.seq, status: 'sent', ref: answer }, work: keptWork(intended.work), dueAtMs: tools.nowMs() + firstLookMs(tools) })
  if (answer.sent === 'unknown') return tools.store.save(intended, { command: { seq: row.seq, status: 'unknown', message: answer.message }, dueAtMs: tools.nowMs() + retryMs(answer, intended, tools) })
  const sinceMs = intended.work.faultsSinceMs ?? tools.nowMs()
  if (PASSING_FAULTS.includes(answer.fault) && tools.nowMs() - sinceMs < SEND_PATIENCE_MS) {
    return tools.store.save(intended, {
      command: { seq: row.seq, status: 'pending', message: answer.message }, work: { ...onward(intended.work), faults: (intended.work.faults ?? 0) + 1, faultsSinceMs: sinceMs }, dueAtMs: tools.nowMs() + retryMs(answer, intended, tools),
    })
  }
  return endCommand(tools, intended, row, { seq: row.seq, status: 'ended', outcome: 'undelivered', message: answer.message })
}

/** Looks up a command that may have been taken. */
export async function find(tools: Calling, run: HeldRun, command: HeldCommand): Promise<HeldRun | null> {
  const way = await wayTo(tools, run, command, 'look')
  const nowMs = tools.nowMs()
  const finds = (run.work.finds ?? 0) + 1
  const later = (waitMs: number): RunChange => ({ work: { ...onward(run.work), finds }, ...(command.status === 'unknown' ? {} : { command: { seq: command.seq, status: 'unknown' } }), dueAtMs: nowMs + waitMs })
  // Without a way to the cloud nobody can tell; the time limit of looking ends it.
  if ('change' in way) return tools.store.save(run, later(backOffMs(finds, 5_000, 60_000, tools.jitter)))
  const turn = await turnOf(tools, run, way, 'ask')
  if (turn !== null) return tools.store.save(run, turn)
  const intentAtMs = command.intentAtMs ?? nowMs
  const found = await call(tools, way, 'find', (context) => way.executor.find(way.remote, intentAtMs, context))
  if (found instanceof ExecutorError) return tools.store.save(run, later(retryMs(found, run, tools)))
  if (typeof found !== 'string') return tools.store.save(run, { command: { seq: command.seq, status: 'sent', ref: found }, work: keptWork(run.work), dueAtMs: null })
  const isAbsent = found === 'absent' && way.executor.capabilities.findsSent
  if (!isAbsent) return tools.store.save(run, later(backOffMs(finds, 5_000, 60_000, tools.jitter)))
  if (tools.nowMs() < intentAtMs + ABSENT_AFTER_MS) return tools.store.save(run, later(Math.max(1_000, intentAtMs + ABSENT_AFTER_MS - tools.nowMs())))
  const resends = (run.work.resends ?? 0) + 1
  // What was meant for hours ago is not done now.
  if (resends <= RESENDS_MAX && !isPastFinding(run, command, tools.nowMs())) return tools.store.save(run, { command: { seq: command.seq, status: 'pending' }, work: { ...keptWork(run.work), resends }, dueAtMs: null })
  return endCommand(tools, run, command, { seq: command.seq, status: 'ended', outcome: 'undelivered', message: command.message ?? 'The cloud did not take it, however often it was sent.' })
}

/** Asks how a command goes. */
export async function poll(tools: Calling, run: HeldRun, command: HeldCommand): Promise<HeldRun | null> {
  const way = await wayTo(tools, run, command, 'look')
  const idle = (run.work.idle ?? 0) + 1
  const later = (waitMs: number): RunChange => ({ work: { ...onward(run.work), idle }, dueAtMs: tools.nowMs() + waitMs, isDurable: false })
  if ('change' in way) return tools.store.save(run, later(backOffMs(idle, 2_000, 30_000, tools.jitter)))
  const turn = await turnOf(tools, run, way, 'ask')
  if (turn !== null) return tools.store.save(run, turn)
  const progress = await call(tools, way, 'poll', (context) => way.executor.poll(command.ref ?? {}, way.remote, context))
  if (progress instanceof ExecutorError) return tools.store.save(run, later(retryMs(progress, run, tools)))
  if (progress.kind === 'ended') return endCommand(tools, run, command, { seq: command.seq, status: 'ended', ...endOf(progress, way.remote.script !== null) })
  const hasGrown = progress.stdout.length + progress.stderr.length > command.outputLength
  const output: Pick<RunChange, 'command'> = hasGrown ? { command: { seq: command.seq, status: 'sent', stdout: progress.stdout, stderr: progress.stderr } } : {}
  return tools.store.save(run, { ...later(Math.max(Math.min(progress.retryAfterMs ?? 0, 60_000), backOffMs(hasGrown ? 0 : idle - 1, 2_000, 15_000, tools.jitter))), ...output })
}

/** Asks for the end of a command that is past its time limit. That it was asked is written down whatever the answer: waiting ends either way. */
export async function cutShort(tools: Calling, run: HeldRun, command: HeldCommand): Promise<HeldRun | null> {
  const way = await wayTo(tools, run, command, 'look')
  if (!('change' in way) && way.executor.capabilities.cancel) await call(tools, way, 'cancel', (context) => way.executor.cancel(command.ref ?? {}, way.remote, context))
  return tools.store.save(run, { work: { ...onward(run.work), idle: 0, cancelledAtMs: tools.nowMs() }, dueAtMs: tools.nowMs() + 2_000 })
}

/** Removes what the cloud keeps of a command. */
export async function clean(tools: Calling, run: HeldRun, command: HeldCommand): Promise<HeldRun | null> {
  const way = await wayTo(tools, run, command, 'look')
  // Counted with the other calls of the account, but nobody waits for it.
  if (!('change' in way)) await tools.gate.take(way.target.cloud, way.counted, 'ask', tools.nowMs())
  const answer = 'change' in way ? null : await call(tools, way, 'clean', (context) => way.executor.clean(command.ref ?? {}, way.remote, context))
  const isCleaned = answer !== null && !(answer instanceof ExecutorError)
  const change: CommandChange = { seq: command.seq, status: command.status, isCleaned, cleanTries: command.cleanTries + 1 }
  // While the run goes on it does not wait for this.
  const waits = !isCleaned && run.endedAtMs !== null
  return tools.store.save(run, { command: change, dueAtMs: waits ? tools.nowMs() + backOffMs(command.cleanTries, 5_000, 60_000, tools.jitter) : null, isDurable: false })
}

async function endCommand(tools: Calling, run: HeldRun, command: HeldCommand, change: CommandChange): Promise<HeldRun | null> {
  const durationMs = Math.max(0, tools.nowMs() - (command.sentAtMs ?? command.intentAtMs ?? tools.nowMs()))
  return tools.store.save(run, {
    command: change, work: keptWork(run.work), event: { kind: 'step_ended', stepId: command.stepId, asset: command.asset, detail: [change.outcome ?? '', change.result?.message ?? change.message ?? ''].join(': '), durationMs }, dueAtMs: null,
  })
}

/** What a cloud's end is for the run: a script's own word goes before its exit code, and a script that says nothing is no success. */
function endOf(progress: Progress & { kind: 'ended' }, isScript: boolean): Omit<CommandChange, 'seq' | 'status'> {
  const { outcome: told, exitCode, stdout, stderr, isTruncated, message } = progress
  // An end that tells no output, such as that of a command which was removed, leaves what was seen of it before.
  const output = { exitCode, message, ...(stdout === '' && stderr === '' ? {} : { stdout, stderr, isTruncated }) }
  if (!isScript) return { ...output, outcome: told }
  const read = readResult(stdout, exitCode)
  const outcome: CommandOutcomeKind = told === 'ok' || told === 'failed' ? (read.outcome === 'ok' && told === 'failed' ? 'failed' : read.outcome) : told
  return { ...output, outcome, result: read.result }
}

/** What the worker remembers once a command was taken or has ended. */
function keptWork({ verifySinceMs, heldAtMs, failure }: RunWork): RunWork {
  return { ...(verifySinceMs === undefined ? {} : { verifySinceMs }), ...(heldAtMs === undefined ? {} : { heldAtMs }), ...(failure === undefined ? {} : { failure }) }
}

/** The same while it goes on with the present command: its turn is used up. */
function onward(work: RunWork): RunWork {
  return Object.fromEntries(Object.entries(work).filter(([name]) => name !== 'turn'))
}

async function wayTo(tools: Calling, run: HeldRun, command: HeldCommand, purpose: 'send' | 'look'): Promise<Way | { readonly change: RunChange }> {
  const found = remoteCommand(run, command)
  if (found === null) return { change: ended(run, 'failed', 'failed', 'plan_broken', `The plan has no machine for command ${command.seq}.`) }
  const reach = await tools.reach(run, found.target, purpose)
  if ('code' in reach) return { change: ended(run, 'failed', 'escalated', reach.code, reach.message) }
  return { ...found, executor: reach.executor, counted: reach.executor.countedBy?.(reach.account) ?? found.target.cloudAccountId, context: () => ({ account: reach.account, signal: AbortSignal.timeout(CALL_MS) }) }
}

/** One call; errors are answered, and what an executor was not meant to throw counts as unknown. A cloud that asks for rest gets it for the whole account. */
async function call<T>(tools: Calling, { executor, target, counted, context }: Way, operation: 'send' | 'find' | 'poll' | 'cancel' | 'clean', work: (context: CallContext) => Promise<T>): Promise<T | ExecutorError> {
  try {
    const answer = await work(context())
    tools.metrics.call(executor.cloud, operation, 'ok')
    return answer
  } catch (thrown) {
    const error = thrown instanceof ExecutorError ? thrown : new ExecutorError('unavailable', 'the call failed in a way nobody named', { sent: 'unknown', cause: thrown })
    tools.metrics.call(executor.cloud, operation, error.fault)
    tools.logger.warn({ cloud: executor.cloud, operation, fault: error.fault, ...(error === thrown ? {} : { err: thrown }) }, `a call of a cloud failed: ${error.message}`)
    if (error.fault === 'throttled' || (error.fault === 'busy' && error.retryAfterMs !== null)) await tools.gate.rest(target.cloud, counted, tools.nowMs() + (error.retryAfterMs ?? 2_000), tools.nowMs())
    return error
  }
}

/** As the cloud asks, and never sooner than its own pace wants. */
function retryMs({ retryAfterMs }: { readonly fault: ExecutorFault; readonly retryAfterMs: number | null }, run: HeldRun, tools: Calling): number {
  const turn = Math.max(run.work.faults ?? 0, run.work.finds ?? 0, run.work.idle ?? 0)
  return Math.max(Math.min(retryAfterMs ?? 0, REST_MOST_MS), backOffMs(turn, 3_000, 60_000, tools.jitter))
}

/** A run waits for its turn once and then calls; one that comes late, or that was told it before the cloud asked for rest, gets another. */
async function turnOf(tools: Calling, run: HeldRun, { target: { cloud }, counted }: Way, kind: 'send' | 'ask'): Promise<RunChange | null> {
  const nowMs = tools.nowMs()
  const told = run.work.turn
  if (told?.kind === kind && nowMs >= told.atMs && nowMs < told.atMs + TURN_MS && !(await tools.gate.isResting(cloud, counted, nowMs))) return null
  const waitMs = await tools.gate.take(cloud, counted, kind, nowMs)
  return waitMs === 0 ? null : { work: { ...run.work, turn: { kind, atMs: nowMs + waitMs } }, dueAtMs: nowMs + waitMs, isDurable: false }
}

function firstLookMs({ jitter }: Calling): number {
  return Math.round(1_000 + 500 * jitter())
}

