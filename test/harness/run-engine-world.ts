/** The engine of runs over a real database and a cloud in memory, with workers that can be killed between any two things they do. */
import type { Executor } from '../../remediator/executors/port.ts'
import { judge } from '../../remediator/guard/judge.ts'
import { callGate } from '../../remediator/runs/call-gate.ts'
import { callAccounts } from '../../storage/tickets/call-accounts.ts'
import { seededJitter } from '../../schemas/jitter.ts'
import type { CallGate, Reach, RunStore } from '../../remediator/runs/ports.ts'
import { workRun, type WorkerOptions } from '../../remediator/runs/worker.ts'
import type { Caller } from '../../schemas/access.ts'
import { TestClock } from '../../schemas/clock.ts'
import type { HeldRun } from '../../schemas/run-work.ts'
import type { RunView } from '../../schemas/runs.ts'
import type { RunDetail } from '../../schemas/remediation-views.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { projectBatch } from '../../storage/projection/project-batch.ts'
import { LEASE_MS } from '../../storage/remediation/run-save.ts'
import { openRunStore } from '../../storage/remediation/run-store.ts'
import type { NewRun } from '../../storage/remediation/run-create.ts'
import { incident, placed } from './incident-records.ts'
import { newRun } from './runs-world.ts'
import { ScriptedExecutor, type ScriptedOptions } from './scripted-executor.ts'

const START_MS = Date.UTC(2026, 2, 1, 12)

/** An MSP Admin. */
export const ADMIN: Caller = { kind: 'user', id: 'admin', name: 'Ada', ip: null, scope: { role: 'msp_admin', userId: 'admin', companyIds: 'all' } }

/** The process has ended; nothing it does afterwards counts. */
export class Killed extends Error {}

/** What a test may say of its world. */
export interface WorldOptions extends Omit<ScriptedOptions, 'clock'> {
  readonly seed?: number
  readonly gate?: CallGate
}

/** One world; `fresh` empties the database first. */
export class RunWorld {
  readonly database: SqlDatabase
  readonly clock: TestClock
  readonly cloud: ScriptedExecutor
  readonly store: ReturnType<typeof openRunStore>
  readonly gate: CallGate
  readonly news: RunView['status'][] = []
  readonly #jitter: () => number
  #versions = 100

  private constructor(database: SqlDatabase, options: WorldOptions) {
    this.database = database
    this.clock = new TestClock(START_MS)
    this.cloud = new ScriptedExecutor({ course: (command) => (command.script?.includes('echo measure') === true ? { facts: { usedPercent: 71 } } : {}), ...options, clock: this.clock })
    this.store = openRunStore(database, { clock: this.clock, changed: () => undefined, ceiling: 'production' })
    this.gate = options.gate ?? callGate(callAccounts(database, { clock: this.clock }))
    this.#jitter = seededJitter(options.seed ?? 7)
  }

  static async fresh(database: SqlDatabase, options: WorldOptions = {}): Promise<RunWorld> {
    await database.query('truncate incidents, problems, incident_timeline, commands, outbox; delete from runs; delete from remediation_settings; delete from cloud_accounts; delete from assets; delete from user_companies; delete from users; delete from companies; delete from call_accounts')
    await database.query(`insert into companies (id, name, settings, created_at, updated_at) values ('c1', 'Acme', '{"mode":"production"}', now(), now())`)
    await database.query(`insert into cloud_accounts (id, company_id, cloud, name, environment, enabled, fields, created_at, updated_at) values ('acct-1', 'c1', 'aws', 'main', 'production', true, '{}', now(), now())`)
    await database.query(`insert into users (id, email, name, role, password_hash, created_at, updated_at) values ('admin', 'a@x', 'Ada', 'msp_admin', '', now(), now())`)
    await database.query(`insert into remediation_settings (company_id, settings, revision, updated_by, updated_at) values ('', '{"maxConcurrent":1000,"maxRunsPerHour":10000,"maxBlastShare":1,"maxRunsPerAssetPerDay":1000}', 1, '{}', now())`)
    await database.query(`insert into assets (id, company_id, name, created_at, updated_at) select 'a' || n, 'c1', 'asset-' || n, now(), now() from generate_series(1, 400) n`)
    const world = new RunWorld(database, options)
    await world.tellProblem('firing')
    return world
  }

  /** Incident `x` with its problem `k1`, as the projection shows them. */
  async tellProblem(status: 'firing' | 'resolved', changes: Parameters<typeof incident>[2] = {}): Promise<void> {
    const version = ++this.#versions
    const isOver = status === 'resolved'
    await this.database.transaction((sql) => projectBatch(sql, [
      placed('x', 'k1', version, { status, resolvedAtMs: isOver ? this.clock.now() : null }),
      incident('x', version, { status: isOver ? 'resolved' : 'open', openProblemCount: isOver ? 0 : 1, ...changes }),
    ]))
  }

  /** Writes down a run of incident `x`. */
  async plan(id: string, changes: Parameters<typeof newRun>[1] = {}, asker: Caller | null = null): Promise<NewRun> {
    const run = newRun(id, { incidentId: 'x', problemKey: 'k1', ...changes })
    await this.store.create(asker, run, null)
    return run
  }

  async stop(reason: string | null): Promise<void> {
    await this.database.query(`insert into remediation_settings (company_id, settings, revision, updated_by, updated_at) values ('c1', $1::jsonb, 1, '{}', now()) on conflict (company_id) do update set settings = excluded.settings`,
      [JSON.stringify(reason === null ? {} : { stopped: true, stoppedReason: reason })])
  }

  /** What a worker has in its hands. `reach` and `store` may be put in another's place. */
  worker(name: string, changes: Partial<WorkerOptions> = {}): WorkerOptions {
    return {
      store: this.store, clock: this.clock, name, gate: this.gate, jitter: this.#jitter, logger: { info() {}, warn() {} }, news: ({ status }) => void this.news.push(status),
      metrics: { ended() {}, refused() {}, call() {}, queue() {} },
      reach: (run, target): Promise<Reach> => Promise.resolve({ executor: this.cloud, account: { id: target.cloudAccountId, companyId: run.companyId, cloud: 'aws', environment: 'production', fields: {}, secret: () => Promise.resolve(null) } }),
      judgeOf: (run) => Promise.resolve((facts) => judge({ ...facts, currentDigest: run.runbook.digest, maintenance: [] })),
      replan: () => Promise.resolve({ code: 'target_unknown', message: 'no planner here' }), isCaughtUp: () => Promise.resolve(true), ...changes,
    }
  }

  /** A worker whose process ends at its `at`-th boundary: before or after each write and each call. */
  mortal(name: string, at: number): { readonly worker: WorkerOptions; readonly boundaries: () => number; readonly isDead: () => boolean } {
    let passed = 0
    let dead = false
    const boundary = (): void => {
      if (dead) throw new Killed('dead')
      passed += 1
      if (passed !== at) return
      dead = true
      throw new Killed(`killed at boundary ${at}`)
    }
    const guarded = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => async (...args: A): Promise<R> => {
      boundary()
      const answer = await work(...args)
      boundary()
      return answer
    }
    const store: RunStore = {
      ...this.store, claim: guarded(this.store.claim), admit: guarded(this.store.admit), save: guarded(this.store.save), expire: guarded(this.store.expire),
    }
    const { cloud } = this
    const executor: Executor = {
      cloud: cloud.cloud, capabilities: cloud.capabilities, send: guarded(cloud.send.bind(cloud)), find: guarded(cloud.find.bind(cloud)), poll: guarded(cloud.poll.bind(cloud)), cancel: guarded(cloud.cancel.bind(cloud)),
      clean: guarded(cloud.clean.bind(cloud)), machines: () => cloud.machines(), check: () => cloud.check(), costMicroUsd: () => 0,
    }
    const plain = this.worker(name)
    return {
      worker: this.worker(name, { store, reach: async (run, target, purpose) => ({ ...(await plain.reach(run, target, purpose)), executor }) }), boundaries: () => passed, isDead: () => dead,
    }
  }

  /** One look: takes what is due and works each of it. A worker that is killed leaves everything as it stands. */
  async look(worker: WorkerOptions, limit = 16): Promise<number> {
    let claimed: readonly HeldRun[] = []
    try {
      claimed = await worker.store.claim(worker.name, limit)
    } catch (thrown) {
      if (!(thrown instanceof Killed)) throw thrown
      return 0
    }
    const worked = await Promise.allSettled(claimed.map((run) => workRun(worker, run, new AbortController().signal)))
    for (const one of worked) if (one.status === 'rejected' && !isKilled(one.reason)) throw one.reason
    return claimed.length
  }

  /** The correlator and the projector: answers commands that wait. */
  async answerCommands(status: 'done' | 'refused' = 'done', code: string | null = null): Promise<void> {
    await this.database.query(`update commands set status = $1, code = $2, settled_at = now() where status = 'pending'`, [status, code])
  }

  /** Works until every run has ended and was told, moving time to whatever is due next. */
  async work(worker: WorkerOptions | readonly WorkerOptions[], options: { readonly looks?: number; readonly until?: () => Promise<boolean>; readonly each?: () => Promise<void> } = {}): Promise<void> {
    const workers = 'name' in worker ? [worker] : worker
    for (let turn = 0; turn < (options.looks ?? 600); turn++) {
      const taken = (await Promise.all(workers.map((one) => this.look(one)))).reduce((sum, count) => sum + count, 0)
      await this.answerCommands()
      await options.each?.()
      if (options.until !== undefined && (await options.until())) return
      const [next] = await this.database.query<{ atMs: number | null }>(
        `select (extract(epoch from min(greatest(due_at, coalesce(claimed_until, due_at)))) * 1000)::float8 as "atMs" from runs where ended_at is null or told_at is null`)
      if (next?.atMs == null) return
      if (taken === 0 || next.atMs > this.clock.now()) this.clock.tick(Math.max(1, Math.ceil(next.atMs - this.clock.now()) + 1))
    }
    throw new Error(`runs did not end: ${JSON.stringify(await this.database.query('select id, status, code, message, work from runs where told_at is null limit 5'))}`)
  }

  /** Long enough for the lease of a dead worker. */
  outliveLease(): void {
    this.clock.tick(LEASE_MS + 1)
  }

  show(id: string): Promise<RunDetail> {
    return this.store.get(ADMIN.scope, id)
  }

  /** Events of a run as told to the log, in order. */
  async events(id: string): Promise<string[]> {
    const rows = await this.database.query<{ record: { event: string; stepId: string | null; status: string; runId: string } }>(`select record from outbox where topic = 'runs.v1' order by id`)
    return rows.filter(({ record }) => record.runId === id).map(({ record }) => (record.stepId === null ? `${record.event}:${record.status}` : `${record.event} ${record.stepId}`))
  }

  /** What was said to incidents, in order. */
  async words(): Promise<readonly { readonly action: string; readonly text: string; readonly judgedVersion: number | null }[]> {
    return (await this.database.query<{ event: { action: string; text: string; judgedVersion: number | null } }>(`select record -> 'event' as event from outbox where topic = 'correlation.v1' order by id`)).map(({ event }) => event)
  }
}

function isKilled(thrown: unknown): boolean {
  return thrown instanceof Killed || (thrown instanceof Error && thrown.cause instanceof Killed)
}
