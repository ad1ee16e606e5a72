/** Runs over the database: written down once, worked by one worker at a time, and never changed by who does not hold them. */
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { RunDetail } from '../../schemas/remediation-views.ts'
import type { StoredFacts, Verdict } from '../../schemas/guard-facts.ts'
import { ENDED_STATUSES, type HeldRun, type IncidentOutlook, type RunChange } from '../../schemas/run-work.ts'
import type { Mode } from '../../schemas/settings.ts'
import { atMs, type SqlDatabase } from '../queries/sql.ts'
import { createRun, knownRun, type Asker, type NewRun } from './run-create.ts'
import { admit, type Judged } from './run-admit.ts'
import { auditRun } from './run-events.ts'
import { readOutlook } from './run-outlook.ts'
import { getRun, listRuns, runOutput, type RunQuery } from './run-queries.ts'
import { OPEN_SQL, readHeld } from './run-rows.ts'
import { applyChange, LEASE_MS } from './run-save.ts'

/** What it needs. `changed` is called after something lies in the outbox or a run is due. */
export interface RunStoreOptions {
  readonly clock: Clock
  readonly changed: () => void
  /** AW_MODE. */
  readonly ceiling: Mode
  /** AW_TOKEN_FOUR_EYES is `never`; it counts unless told. */
  readonly isTokenBarred?: boolean
}

/** Opens it. */
export function openRunStore(db: SqlDatabase, { clock, changed, ceiling, isTokenBarred = false }: RunStoreOptions) {
  return {
    /** Writes a run down as planned. The same key of the same asker answers the first run's id. Throws `conflict`, `not_found`. */
    async create(asker: Asker, run: NewRun, key: { readonly key: string; readonly request: unknown } | null): Promise<{ readonly id: string; readonly isNew: boolean }> {
      if (asker !== null && asker.scope.role === 'viewer') throw new AppError('forbidden', 'your role may read runs, not ask for them')
      const made = await db.transaction((sql) => createRun(sql, asker, run, key, clock.now()), { durable: true })
      changed()
      return made
    },

    /** The run that the same request made before; null where there is none. Throws `conflict` where the key came with another request. */
    known: (asker: Caller, companyId: string, key: { readonly key: string; readonly request: unknown }): Promise<string | null> => knownRun(db, asker, companyId, key),

    /** Asks for the end of a run; it is ended after its present command. Throws `not_found`, `forbidden`, `conflict` for one that has ended. */
    async cancel(caller: Caller, id: string): Promise<RunDetail> {
      const run = await getRun(db, caller.scope, id)
      if (caller.scope.role === 'viewer') throw new AppError('forbidden', 'your role may read runs, not end them')
      await db.transaction(async (sql) => {
        const nowMs = clock.now()
        // Not the worker's own columns: what it does just now stays valid, and it looks here before the next step.
        const rows = await sql.query(
          `update runs set cancel_requested_by = coalesce(cancel_requested_by, $2::jsonb), cancel_requested_at = coalesce(cancel_requested_at, ${atMs('$3')}), due_at = ${atMs('$3')} where id = $1 and status in ${OPEN_SQL} returning 1`,
          [id, JSON.stringify({ kind: caller.kind, id: caller.id, name: caller.name }), nowMs])
        if (rows.length === 0) throw new AppError('conflict', 'the run has ended')
        await auditRun(sql, run, 'run.cancel', { status: run.status }, null, nowMs, caller)
      }, { durable: true })
      changed()
      return getRun(db, caller.scope, id)
    },

    list: (scope: Scope, query: RunQuery) => listRuns(db, scope, query),
    get: (scope: Scope, id: string) => getRun(db, scope, id),
    output: (scope: Scope, id: string, cursor: string | null) => runOutput(db, scope, id, cursor),

    /** Takes runs that are due into the worker's hands, of many companies rather than many of one. */
    async claim(worker: string, limit: number): Promise<readonly HeldRun[]> {
      const nowMs = clock.now()
      const isDue = `(r.status in ${OPEN_SQL} or (r.ended_at is not null and r.told_at is null)) and r.due_at <= ${atMs('$1')} and (r.claimed_until is null or r.claimed_until <= ${atMs('$1')})`
      // Most looks find nothing, and cost one read.
      if ((await db.query(`select 1 from runs r where ${isDue} limit 1`, [nowMs])).length === 0) return []
      return db.transaction(async (sql) => {
        const rows = await sql.query<{ id: string }>(
          `with due as (select r.id, r.due_at, row_number() over (partition by r.company_id order by r.due_at, r.id) as turn from runs r where ${isDue}),
           chosen as (select r.id from runs r join due d on d.id = r.id order by d.turn, d.due_at, r.id limit $2 for update of r skip locked)
           update runs r set claimed_by = $3, claimed_until = ${atMs('$4')}, version = version + 1 from chosen where r.id = chosen.id and ${isDue} returning r.id`,
          [nowMs, limit, worker, nowMs + LEASE_MS])
        return readHeld(sql, rows.map(({ id }) => id))
      }, { durable: false })
    },

    /** Judges the run and does what the verdict says, together; with `intent`, once more right before its first command, which is written only where the verdict is to run. */
    async admit(held: HeldRun, decide: (facts: StoredFacts) => Verdict, intent: RunChange | null): Promise<Judged> {
      const judged = await db.transaction((sql) => admit(sql, held, decide, intent, { nowMs: clock.now(), ceiling, isTokenBarred }), { durable: true })
      changed()
      return judged
    },

    /** Writes a change; null where the run is in other hands by now, and nothing was written. */
    async save(held: HeldRun, change: RunChange): Promise<HeldRun | null> {
      const saved = await db.transaction((sql) => applyChange(sql, held, change, clock.now()), { durable: change.isDurable ?? true })
      if (saved !== null && (change.event !== undefined || change.word !== undefined)) changed()
      return saved
    },

    /** Gives a run back as it is, due as it was. */
    async release(held: HeldRun): Promise<void> {
      await db.transaction((sql) => sql.query('update runs set claimed_by = null, claimed_until = null, version = version + 1 where id = $1 and version = $2 and claimed_by = $3', [held.id, held.version, held.worker]), { durable: false })
    },

    /** Marks a question that waits as expired. */
    async expire(held: HeldRun): Promise<void> {
      await db.query(`update run_approvals set status = 'expired' where run_id = $1 and status = 'pending' and expires_at <= ${atMs('$2')}`, [held.id, clock.now()])
    },

    /** How the incident stands. */
    outlook: (held: Pick<HeldRun, 'incidentId' | 'companyId' | 'problemKey'>): Promise<IncidentOutlook | null> => readOutlook(db, held),

    /** How a command to the incident ended; `pending` while nobody has answered. */
    async told(commandId: string): Promise<{ readonly status: 'pending' | 'done' | 'refused'; readonly code: string | null }> {
      const [row] = await db.query<{ status: 'pending' | 'done' | 'refused'; code: string | null }>('select status, code from commands where id = $1', [commandId])
      return row ?? { status: 'done', code: null }
    },

    /** On an embedded database no other process can hold a run: whoever held one before this start is gone. */
    async freeAll(): Promise<void> {
      await db.query(`update runs set claimed_until = null where claimed_until is not null`)
    },

    /** Runs that have not ended, by status, and those whose outcome is not told yet. */
    async counts(): Promise<{ readonly byStatus: Readonly<Record<string, number>>; readonly untold: number }> {
      const rows = await db.query<{ status: string; count: number }>(`select status, count(*)::float8 as count from runs where status in ${OPEN_SQL} or (ended_at is not null and told_at is null) group by 1`)
      return {
        byStatus: Object.fromEntries(rows.filter(({ status }) => !ENDED_STATUSES.some((ended) => ended === status)).map(({ status, count }) => [status, count])),
        untold: rows.filter(({ status }) => ENDED_STATUSES.some((ended) => ended === status)).reduce((sum, { count }) => sum + count, 0),
      }
    },
  }
}

/** The store as it is opened. */
export type RunStore = ReturnType<typeof openRunStore>
