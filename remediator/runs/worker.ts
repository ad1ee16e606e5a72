/**
 * The worker: takes runs that are due, does one thing after the other for each until it has to wait, and gives it back. All it knows of a run stands in the run's
 * rows, so any other worker goes on where it stopped. Every write renews the lease; between two looks nobody holds a run.
 */
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { toAppError } from '../../schemas/errors.ts'
import { startLooking } from '../../schemas/looking.ts'
import { ENDED_STATUSES, type HeldRun } from '../../schemas/run-work.ts'
import { clean, cutShort, find, poll, send, type Calling } from './calls.ts'
import { backOffMs, REPLAN_PATIENCE_MS } from './pace.ts'
import type { RunTools } from './ports.ts'
import { nextAction, type Action } from './step.ts'
import { afterProbes, lookAtTelling, tell } from './telling.ts'

/** Runs under way at once in one process. */
const AT_ONCE = 16
const LOOK_EVERY_MS = 500
const COUNT_EVERY_MS = 5_000
/** One look at a run does at most so much; a run that never waits is a defect and must not keep others from theirs. */
const ACTIONS_MAX = 100

/** What a worker is built from. */
export interface WorkerOptions extends RunTools {
  readonly clock: Clock
  /** Who it is, unique among all processes. */
  readonly name: string
}

/** A running worker. */
export interface RunWorker {
  /** Looks now. */
  wake(): void
  /** Takes nothing more and finishes the calls under way; runs go on with the next worker. */
  stop(): Promise<void>
}

/** Works a run until it waits or is in other hands. Throws what the store throws. */
export async function workRun(options: WorkerOptions, claimed: HeldRun, signal: AbortSignal): Promise<void> {
  const tools: Calling = { ...options, nowMs: () => options.clock.now() }
  let run: HeldRun | null = claimed
  for (let turn = 0; turn < ACTIONS_MAX; turn++) {
    if (isAborted(signal)) return options.store.release(run)
    const before: HeldRun = run
    run = await act(tools, before, nextAction(before, options.clock.now(), options.jitter))
    if (run === null) return
    tellOthers(options, before, run)
    // Given back: it is due later.
    if (run.worker === '') return
  }
  options.logger.warn({ runId: run.id, status: run.status }, 'a run did not come to wait; it goes on later')
  await options.store.release(run)
}

async function act(tools: Calling, run: HeldRun, action: Action): Promise<HeldRun | null> {
  const { store } = tools
  const nowMs = tools.nowMs()
  switch (action.kind) {
    case 'judge':
      return (await store.admit(run, await tools.judgeOf(run), null)).run
    case 'replan': {
      const planned = await tools.replan(run, action.target)
      if ('plan' in planned) return store.save(run, { status: 'planned', plan: planned.plan, dueAtMs: null })
      if (planned.isPassing === true && nowMs < action.decidedAtMs + REPLAN_PATIENCE_MS) return store.save(run, { code: planned.code, message: planned.message, dueAtMs: nowMs + backOffMs(3, 5_000, 60_000, tools.jitter) })
      return store.save(run, { status: 'refused', outcome: 'none', code: planned.code, message: planned.message, event: { kind: 'refused', detail: planned.message }, dueAtMs: null })
    }
    case 'send':
      return send(tools, run, action.command, action.isFirst)
    case 'find':
      return find(tools, run, action.command)
    case 'poll':
      return poll(tools, run, action.command)
    case 'cut_short':
      return cutShort(tools, run, action.command)
    case 'clean':
      return clean(tools, run, action.command)
    case 'look_at_problem': {
      const outlook = await store.outlook(run)
      const isCaughtUp = nowMs < action.untilMs || outlook?.problem === 'resolved' || await tools.isCaughtUp(run.companyId)
      // Read again after it was found caught up: it may have cleared in between.
      const present = nowMs < action.untilMs || outlook?.problem === 'resolved' ? outlook : await store.outlook(run)
      return store.save(run, afterProbes(run, present, action.untilMs, isCaughtUp, nowMs, tools.jitter))
    }
    case 'expire':
      await store.expire(run)
      return store.save(run, action.change)
    case 'change':
      return store.save(run, action.change)
    case 'tell':
      return tell(tools, run, nowMs)
    case 'look_at_telling':
      return lookAtTelling(tools, run, action.commandId, nowMs)
    case 'wait':
      return store.save(run, { dueAtMs: action.untilMs, isDurable: false })
  }
}

function tellOthers({ metrics, news, logger }: WorkerOptions, before: HeldRun, after: HeldRun): void {
  const isChanged = before.status !== after.status || before.code !== after.code || before.commands.some((command, index) => command.status !== after.commands[index]?.status || command.outputLength !== after.commands[index].outputLength)
  if (isChanged) news(after)
  if (before.status === after.status || !ENDED_STATUSES.includes(after.status)) return
  metrics.ended(after.status, after.outcome, after.isSimulated)
  if (after.status === 'refused' && after.code !== null) metrics.refused(after.code)
  logger.info({ runId: after.id, companyId: after.companyId, runbookId: after.runbook.id, status: after.status, outcome: after.outcome, code: after.code }, 'a run has ended')
}

/** Starts it. */
export function startWorker(options: WorkerOptions): RunWorker {
  const { store, clock, logger, metrics, name } = options
  const under = new Map<string, Promise<void>>()
  let countedAtMs = Number.NEGATIVE_INFINITY

  const take = (run: HeldRun, stopping: AbortSignal): void => {
    const work = workRun(options, run, stopping)
      .catch((thrown: unknown) => {
        const error = toAppError(thrown)
        // Its lease ends by itself, and what was written stands.
        logger.warn({ code: error.code, runId: run.id, err: error }, `working on a run goes on later: ${error.message}`)
      })
      .finally(() => {
        under.delete(run.id)
        looking.wake()
      })
    under.set(run.id, work)
  }

  const looking = startLooking({ clock, logger, everyMs: LOOK_EVERY_MS, what: 'looking for runs that are due' }, async (stopping) => {
    const free = AT_ONCE - under.size
    if (free > 0) for (const run of await store.claim(name, free)) take(run, stopping)
    if (clock.now() - countedAtMs < COUNT_EVERY_MS) return false
    countedAtMs = clock.now()
    const { byStatus, untold } = await store.counts()
    metrics.queue(byStatus, untold)
    return false
  })
  return {
    wake: () => looking.wake(),
    async stop() {
      await looking.stop()
      await Promise.all(under.values())
    },
  }
}
