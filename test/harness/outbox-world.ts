/** The outbox over any place that keeps tickets and a PSA in memory, with workers that die, sleep and stand side by side. */
import { openBudget, type AccountStore } from '../../connectors/budget/budget.ts'
import { seededJitter } from '../../schemas/jitter.ts'
import type { CallBudget } from '../../connectors/http/client.ts'
import type { OpenOrder, OutboxTools } from '../../connectors/outbox/ports.ts'
import { workOrder } from '../../connectors/outbox/work.ts'
import { ConnectorError, type HttpAnswer, type HttpRequest, type Pace } from '../../connectors/port.ts'
import type { HeldOrder } from '../../schemas/ticket-work.ts'
import { ScriptedPsa, scriptedConnector, type PsaOptions } from './scripted-psa.ts'
import type { TicketBench } from './ticket-bench.ts'

/** The process has ended; nothing it does afterwards counts. */
export class Killed extends Error {}

/** Limits no test reaches that is not about limits. */
export const WIDE: Pace = { limits: [{ name: 'minute', calls: 100_000, windowMs: 60_000 }], atOnce: 50, perTicketMs: 0, isLearned: false }

/** What a test may say of its world. */
export interface OutboxWorldOptions extends PsaOptions {
  readonly bench: TicketBench
  readonly seed?: number
  readonly pace?: Pace
  readonly findLagMs?: number
  /** Whether it merges tickets; else it links them. */
  readonly joins?: 'merge'
  /** How long one call takes; 0 unless said. */
  readonly callMs?: number
  /** The way to another PSA than the scripted one; its budget passes the boundaries. */
  readonly way?: (held: HeldOrder, budget: CallBudget) => Pick<OpenOrder, 'connector' | 'context'>
}

/** A process of ours. */
export interface WorldWorker {
  readonly name: string
  readonly tools: OutboxTools
  isDead(): boolean
  boundaries(): number
}

/** One world. */
export class OutboxWorld {
  readonly bench: TicketBench
  readonly psa: ScriptedPsa
  readonly random: () => number
  readonly #options: OutboxWorldOptions
  readonly #connector: ReturnType<typeof scriptedConnector>
  readonly #startedAtMs: number
  #slots = 0

  constructor(options: OutboxWorldOptions) {
    this.#options = options
    this.bench = options.bench
    this.psa = new ScriptedPsa(options)
    this.psa.nowMs = options.bench.clock.now()
    this.#startedAtMs = options.bench.clock.now()
    this.random = seededJitter(options.seed ?? 1)
    this.#connector = scriptedConnector(options.findLagMs ?? 0, options.joins)
  }

  /** Time passes for everybody. */
  pass(ms: number): void {
    this.bench.clock.tick(ms)
    this.psa.pass(ms)
  }

  /** Only our clock moves. */
  jump(ms: number): void {
    this.bench.clock.tick(ms)
  }

  /** A process. It dies at its `diesAt`-th boundary: before or after each write of ours, before a call, after it was taken, after its answer. `each` is asked at every boundary of the store and at every call, and may do things meanwhile. */
  worker(name: string, { diesAt = Number.POSITIVE_INFINITY, each = () => undefined }: { readonly diesAt?: number; readonly each?: (place: 'store' | 'call') => Promise<void> | undefined } = {}): WorldWorker {
    const { bench } = this
    let passed = 0
    let dead = false
    const boundary = async (place?: 'store' | 'call'): Promise<void> => {
      if (dead) throw new Killed('dead')
      passed += 1
      if (passed === diesAt) {
        dead = true
        throw new Killed(`killed at boundary ${diesAt}`)
      }
      if (place !== undefined) await each(place)
      if (dead) throw new Killed('dead')
    }
    const guarded = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => async (...args: A): Promise<R> => {
      await boundary('store')
      const answer = await work(...args)
      await boundary('store')
      return answer
    }
    // Generic, so it cannot go through `guarded`; one boundary on either side all the same.
    const accounts: AccountStore = {
      read: (names) => bench.accounts.read(names),
      async change(account, connector, work) {
        await boundary()
        const answer = await bench.accounts.change(account, connector, work)
        await boundary()
        return answer
      },
    }
    const budget = openBudget({ accounts, clock: bench.clock, jitter: this.random, newId: () => `slot-${(this.#slots += 1)}`, waitMs: 0 })
    const pace = this.#options.pace ?? WIDE
    const tools: OutboxTools = {
      clock: bench.clock, startedAtMs: this.#startedAtMs, jitter: this.random, logger: { info() {}, warn() {} }, metrics: { ended() {}, queue() {} }, ended() {},
      accounts: { wentWell: (held) => budget.wentWell(held.account, held.connector), wentWrong: (held, code, error, isHeld) => budget.wentWrong(held.account, held.connector, code, error, isHeld) },
      store: { claim: guarded(bench.store.claim), begin: guarded(bench.store.begin), settle: guarded(bench.store.settle), hurry: guarded(bench.store.hurry), counts: bench.store.counts },
      open: async (held, fence) => {
        const work = budget.forWork(held.connector, pace, fence)
        const way = this.#options.way?.(held, {
          async take(call) {
            await work.take(call)
            await boundary('call')
          },
          async answered(call) {
            await boundary()
            await work.answered(call)
          },
        })
        if (way !== undefined) return { ...way, perTicketMs: pace.perTicketMs, sent: work.sent }
        return {
          connector: this.#connector, perTicketMs: pace.perTicketMs, sent: work.sent,
          context: (isRepeat, signal) => ({
            connection: { id: held.connectionId ?? '', companyId: null, connector: held.connector, environment: held.environment, baseUrl: 'http://localhost', auth: 'api_key', fields: {}, mapping: { status: {}, priority: {}, place: {} } },
            signal, nowMs: bench.clock.now(), isRepeat, cached: (_key, _ttl, load) => load(), http: { call: (request) => this.#call(request, held, work, boundary, signal) },
          }),
        }
      },
    }
    return { name, tools, isDead: () => dead, boundaries: () => passed }
  }

  /** Most calls that were under way at once. */
  mostAtOnce = 0
  #underWay = 0

  async #call(request: HttpRequest, held: HeldOrder, work: ReturnType<ReturnType<typeof openBudget>['forWork']>, boundary: (place?: 'call') => Promise<void>, signal: AbortSignal): Promise<HttpAnswer> {
    const { account, urgency, ticketId } = held
    await work.take({ account, urgency, isWrite: request.method !== 'GET', ticketId, signal })
    this.#underWay += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay)
    await boundary('call')
    let outcome: 'success' | ConnectorError = 'success'
    let headers: Headers | null = null
    try {
      const answer = this.psa.take(request)
      headers = answer.headers
      await boundary()
      return answer
    } catch (thrown) {
      if (!(thrown instanceof ConnectorError)) throw thrown
      outcome = thrown
      throw thrown
    } finally {
      this.#underWay -= 1
      if (this.#options.callMs !== undefined) this.pass(this.#options.callMs)
      await work.answered({ account, status: null, headers, atMs: this.bench.clock.now(), outcome: outcome === 'success' ? 'success' : outcome.code, retryAfterMs: outcome === 'success' ? null : outcome.retryAfterMs })
    }
  }

  /** One look: takes what is due and works it. A worker that is killed leaves everything as it stands. Answers how many it took. */
  async look(worker: WorldWorker, limit = 16, perAccount = 8): Promise<number> {
    let claimed: readonly HeldOrder[]
    try {
      claimed = await worker.tools.store.claim(worker.name, limit, { perAccount })
    } catch (thrown) {
      if (!(thrown instanceof Killed)) throw thrown
      return 0
    }
    const worked = await Promise.allSettled(claimed.map((held) => workOrder(worker.tools, held, new AbortController().signal)))
    for (const one of worked) if (one.status === 'rejected' && !(one.reason instanceof Killed)) throw one.reason
    return claimed.length
  }

  /** Works until nothing waits, moving time to whatever is due next. `each` makes the workers of a turn. */
  async drain(workers: () => readonly WorldWorker[], { turns = 3_000, atOnce = 8, between = () => undefined }: { readonly turns?: number; readonly atOnce?: number; readonly between?: () => Promise<void> | undefined } = {}): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      await between()
      const taken = await Promise.all(workers().map((worker) => this.look(worker, Math.max(16, atOnce), atOnce)))
      const nextAtMs = await this.bench.nextDueAtMs()
      if (nextAtMs === null) return
      const nowMs = this.bench.clock.now()
      if (nextAtMs > nowMs) this.pass(Math.ceil(nextAtMs - nowMs) + 1)
      // Due, and nobody may: an account waits.
      else if (taken.every((count) => count === 0)) this.pass(await this.#nextReadyMs(nowMs))
    }
    throw new Error(`the outbox did not drain: ${JSON.stringify((await this.bench.orders()).filter(({ status }) => status !== 'done').slice(0, 3))}`)
  }

  async #nextReadyMs(nowMs: number): Promise<number> {
    const states = await this.bench.accounts.read(['zendesk:acme'])
    const times = [...states.values()].flatMap((state) => [state.blockedUntilMs, state.readyAtMs, state.readyCriticalAtMs, state.heldUntilMs, state.breaker.openUntilMs]).filter((atMs) => atMs !== null && atMs > nowMs)
    return times.length === 0 ? 500 : Math.max(1, Math.ceil(Math.min(...times.map((atMs) => atMs ?? 0)) - nowMs))
  }
}
