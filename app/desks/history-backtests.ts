/** Backtests over stored history: the recorded alerts of a company, through the engine of this release, on a thread of its own. Nothing but its own row is written. */
import { Worker } from 'node:worker_threads'
import type { HistoryBacktests } from '../../api/ports.ts'
import type { EngineLog, Engines } from '../parts/engines.ts'
import type { HistoryInput, HistoryOutput, HistoryWork } from './history-worker.ts'
import type { ComparisonView, HistoryBacktestQuery, HistoryBacktestResult } from '../../schemas/backtest.ts'
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { AppError, ERROR_CODES, toAppError, type ErrorCode } from '../../schemas/errors.ts'
import type { Label } from '../../schemas/labels.ts'
import type { Settings, TopologyEdge } from '../../schemas/records.ts'
import type { TuneView } from '../../schemas/tuning.ts'
import { trialSettingsFrom } from '../../schemas/trial-settings.ts'
import { countRecordedAlerts, recordedAlerts } from '../../storage/backtest/recorded-alerts.ts'
import { noise, type FactSource } from '../../storage/queries/analytics.ts'
import { backtestStore, type BacktestEnd } from '../../storage/queries/backtests.ts'
import { keptLabels } from '../../storage/queries/labels.ts'
import { settingsInForce } from '../../storage/queries/company-settings.ts'
import type { PastAlert } from '../../processors/past-alerts.ts'
import type { Database } from '../../storage/postgres/database.ts'
import type { Sql } from '../../storage/queries/sql.ts'

/** Runs of one process at once. */
const AT_ONCE = 2
/** Heap of a run: both sides keep what an alert belongs to. */
const HEAP_MB = 1_024
/** How often a run tells that it lives, whatever it does. */
const BEAT_MS = 15_000
/** Labels that a search goes by. */
const LABELS_MAX = 2_000

/** Backtests, and their end with the program. */
export interface RunningBacktests extends HistoryBacktests {
  /** Ends all runs; each is written down as interrupted. */
  stop(): Promise<void>
}

/** Opens them over the engines. */
export async function openHistoryBacktests({ engines, clock, logger }: { readonly engines: Engines; readonly clock: Clock; readonly logger: EngineLog }): Promise<RunningBacktests> {
  const [facts, database] = [await engines.analytics(), await engines.database()]
  const store = backtestStore(database, { clock })
  const runs = new Map<string, { readonly stopping: AbortController; readonly ended: Promise<void> }>()

  async function run(id: string, query: HistoryBacktestQuery, signal: AbortSignal): Promise<void> {
    const ended = new AbortController()
    void beat(id, ended.signal)
    const end = await endOf(() => replayed({ facts, database, tell: (progress) => store.tell(id, progress) }, query, signal), signal)
    if (end.state === 'failed' && end.code === 'internal') logger.error({ backtest: id }, `a backtest failed: ${end.message}`)
    try {
      await store.end(id, end)
    } catch (thrown) {
      // Without the database the row stays as running, and counts as dead a minute later.
      logger.warn({ backtest: id, code: toAppError(thrown).code }, 'writing down the end of a backtest failed')
    } finally {
      ended.abort()
      runs.delete(id)
    }
  }

  /** A search may be long at one replay. */
  async function beat(id: string, ended: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await clock.sleep(BEAT_MS, ended)
        await store.beat(id)
      }
    } catch (thrown) {
      if (!isAborted(ended)) logger.warn({ backtest: id, code: toAppError(thrown).code }, 'telling that a backtest lives failed; it counts as dead a minute later')
    }
  }

  return {
    async start(caller, query) {
      trialSettingsFrom(query.settings)
      if (query.compareWith !== null) trialSettingsFrom(query.compareWith)
      if (runs.size >= AT_ONCE) throw new AppError('rate_limited', `${AT_ONCE} backtests are running already; try again when one has ended`, { details: { retryAfterSeconds: 10 } })
      const begun = await store.begin(caller, query)
      const stopping = new AbortController()
      runs.set(begun.id, { stopping, ended: run(begun.id, query, stopping.signal) })
      return begun
    },
    async cancel(caller, id) {
      const view = await store.cancel(caller, id)
      const running = runs.get(id)
      if (running === undefined) return view
      running.stopping.abort(CANCELLED)
      await running.ended
      return store.get(caller.scope, id)
    },
    get: (scope, id) => store.get(scope, id),
    list: (scope, query) => store.list(scope, query),
    async stop() {
      const ending = [...runs.values()]
      for (const { stopping } of ending) stopping.abort()
      await Promise.all(ending.map(({ ended }) => ended))
    },
  }
}

const CANCELLED = new Error('cancelled')

async function endOf(work: () => Promise<HistoryBacktestResult | null>, signal: AbortSignal): Promise<BacktestEnd> {
  try {
    const result = await work()
    if (result !== null) return { state: 'done', result }
  } catch (thrown) {
    if (!signal.aborted && !(thrown instanceof StoppedError)) {
      const { code, message } = toAppError(thrown)
      return { state: 'failed', code, message }
    }
  }
  if (signal.aborted && signal.reason !== CANCELLED) return { state: 'failed', code: 'interrupted', message: 'the program was stopped; ask again' }
  return { state: 'cancelled', code: 'cancelled', message: 'somebody cancelled it' }
}

interface Surroundings {
  readonly facts: FactSource
  readonly database: Database
  /** False: it is to stop. */
  readonly tell: (progress: { readonly done: number; readonly total: number }) => Promise<boolean>
}

/** Runs it; null when it was to stop. */
async function replayed({ facts, database, tell }: Surroundings, query: HistoryBacktestQuery, signal: AbortSignal): Promise<HistoryBacktestResult | null> {
  const { companyId, fromMs, toMs, limit } = query
  const inForce = await settingsInForce(database, companyId)
  if (inForce === null) throw new AppError('not_found', 'there is no such company')
  const edges = await edgesInForce(database, companyId)
  const all = await countRecordedAlerts(facts, query)
  const total = Math.min(all, limit)
  if (signal.aborted) return null
  const thread = new Thread({ before: over(inForce, query.compareWith), after: over(inForce, query.settings), edgesBefore: edges, edgesAfter: query.topology ?? edges, tune: query.tune === null ? null : { ...query.tune, labels: await labelsWithin(database, query) } }, signal)
  try {
    let [done, lastMs] = [0, fromMs]
    if (!(await tell({ done, total }))) return null
    for await (const alerts of recordedAlerts(facts, query)) {
      await thread.take(alerts)
      done += alerts.length
      lastMs = alerts.at(-1)?.atMs ?? lastMs
      if (!(await tell({ done, total: Math.max(done, total) }))) return null
    }
    const { view, tuned } = await thread.result((tried) => tell({ done: tried, total: query.tune?.evaluations ?? tried }))
    const { incidents } = await noise(facts, { companyIds: [companyId], fromMs, toMs: done < all ? lastMs + 1 : toMs })
    return { ...view, tuned, production: { incidents }, settingsRevision: inForce.revision, nextFrom: done < all ? new Date(lastMs).toISOString() : null }
  } finally {
    await thread.end()
  }
}

/** The dependency graph that the company's log was told last. */
async function edgesInForce(sql: Sql, companyId: string): Promise<readonly TopologyEdge[]> {
  const [row] = await sql.query<{ edges: readonly TopologyEdge[] }>('select edges from company_topologies where company_id = $1', [companyId])
  return row?.edges ?? []
}

/** What is tried, over what is in force. */
function over({ windowMs, maxLifeMs, joinThreshold, weights, criticalAssets, aliases, rules, rulesRevision }: Settings, tried: HistoryBacktestQuery['compareWith']) {
  const { weights: triedWeights, ...rest } = trialSettingsFrom(tried ?? {})
  return { windowMs, maxLifeMs, joinThreshold, criticalAssets, aliases, rules, rulesRevision, ...rest, weights: { ...weights, ...triedWeights } }
}

/** Labels of people within the time, oldest first. */
async function labelsWithin(sql: Sql, { companyId, fromMs, toMs }: HistoryBacktestQuery): Promise<readonly Label[]> {
  return keptLabels(sql, { companyId, fromMs, toMs, limit: LABELS_MAX })
}

/** Somebody asked for the run to stop. */
class StoppedError extends Error {}

/** The thread, asked one thing at a time. */
class Thread {
  readonly #worker: Worker
  readonly #failed: Promise<never>
  /** Answers that nobody has waited for yet. */
  readonly #answers: HistoryOutput[] = []
  #waiting: ((output: HistoryOutput) => void) | null = null

  constructor(work: HistoryWork, signal: AbortSignal) {
    this.#worker = new Worker(new URL('./history-worker.ts', import.meta.url), { workerData: work, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } })
    this.#worker.on('message', (output: HistoryOutput) => {
      const waiting = this.#waiting
      this.#waiting = null
      if (waiting === null) this.#answers.push(output)
      else waiting(output)
    })
    this.#failed = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new AppError('internal', 'it was stopped')), { once: true })
      this.#worker.once('error', (cause: NodeJS.ErrnoException) => reject(cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? new AppError('bad_request', `the alerts of this time need more than ${HEAP_MB} MB; ask for a shorter one or a lower limit`, { cause })
        : new AppError('internal', `the thread of the backtest ended: ${cause.message}`, { cause })))
    })
    // Asked or not: nobody need wait for it.
    void Promise.allSettled([this.#failed])
  }

  async take(alerts: readonly PastAlert[]): Promise<void> {
    await this.#ask({ type: 'page', alerts })
  }

  /** The end; `tried` is told of each settings that a search tries, and says whether to go on. */
  async result(tried: (count: number) => Promise<boolean>): Promise<{ readonly view: ComparisonView; readonly tuned: TuneView | null }> {
    for (let output = await this.#ask({ type: 'end' }); ; output = await this.#answer()) {
      if (output.type === 'result') return output
      if (output.type !== 'tried') throw new AppError('internal', 'the thread of the backtest ended without a result')
      if (!(await tried(output.tried))) throw new StoppedError()
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  async #ask(input: HistoryInput): Promise<HistoryOutput> {
    this.#worker.postMessage(input)
    return this.#answer()
  }

  async #answer(): Promise<HistoryOutput> {
    const output = this.#answers.shift() ?? await Promise.race([new Promise<HistoryOutput>((resolve) => (this.#waiting = resolve)), this.#failed])
    if (output.type !== 'error') return output
    throw new AppError(output.code in ERROR_CODES ? (output.code as ErrorCode) : 'internal', output.message)
  }
}
