/** Backtests over stored history as rows: asked for, running, ended. */
import { randomUUID } from 'node:crypto'
import type { Caller, Scope } from '../../schemas/access.ts'
import type { BacktestState, BacktestView, HistoryBacktestQuery, HistoryBacktestResult } from '../../schemas/backtest.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { withoutNul } from '../projection/clean.ts'
import { writeAudit } from './audit.ts'
import { requireManaged } from './companies.ts'
import { managedCompanies } from './scope.ts'
import { atMs, decodeCursor, iso, Params, toPage, whole, type SqlDatabase } from './sql.ts'

/** A run that has told nothing for so long has died with its process. */
export const DEAD_AFTER_MS = 60_000
/** Ended backtests kept for a company. */
const KEPT = 100

const COLUMNS = `b.id, b.company_id as "companyId", b.state, b.asked ->> 'from' as "from", b.asked ->> 'to' as "to", b.asked -> 'settings' as settings, b.asked -> 'compareWith' as "compareWith",
  json_build_object('done', ${whole('b.done')}, 'total', ${whole('b.total')}) as progress, b.result, b.code, b.message, b.actor_name as "by", ${iso('b.created_at')} as "createdAt", ${iso('b.ended_at')} as "endedAt"`

/** How a run ended. */
export type BacktestEnd =
  | { readonly state: 'done'; readonly result: HistoryBacktestResult }
  | { readonly state: Exclude<BacktestState, 'running' | 'done'>; readonly code: string; readonly message: string }

/** Backtests over the database. */
export function backtestStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  /** Runs whose process is gone make room for the next. */
  async function buryDead(): Promise<void> {
    const nowMs = clock.now()
    await db.query(
      `update backtests set state = 'failed', code = 'interrupted', message = 'the process that ran it ended; ask again', ended_at = ${atMs('$1')} where state = 'running' and alive_at < ${atMs('$2')}`,
      [nowMs, nowMs - DEAD_AFTER_MS],
    )
  }

  async function read(scope: Scope, id: string): Promise<BacktestView> {
    const params = new Params()
    const rows = await db.query<BacktestView>(`select ${COLUMNS} from backtests b where b.id = ${params.add(id)} and ${managedCompanies(scope, params, 'b.company_id')}`, params.values)
    if (rows[0] === undefined) throw new AppError('not_found', 'there is no such backtest')
    return rows[0]
  }

  return {
    /** Writes down a run that begins now. Throws `not_found`, `forbidden`, or `rate_limited` while one of the company runs. */
    async begin(caller: Caller, query: HistoryBacktestQuery): Promise<BacktestView> {
      await buryDead()
      const [id, nowMs] = [randomUUID(), clock.now()]
      const { companyId, fromMs, toMs, settings, compareWith, topology, limit, tune } = query
      const asked = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), limit, settings, compareWith, topologyEdges: topology?.length ?? null, tune }
      await db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        const made = await sql.query(
          `insert into backtests (id, company_id, state, asked, actor_id, actor_name, created_at, alive_at) values ($1, $2, 'running', $3::jsonb, $4, $5, ${atMs('$6')}, ${atMs('$6')})
           on conflict (company_id) where state = 'running' do nothing returning id`,
          [id, companyId, JSON.stringify(asked), caller.id, caller.name, nowMs],
        )
        if (made.length === 0) throw new AppError('rate_limited', 'a backtest of this company is running already; cancel it or wait until it has ended', { details: { retryAfterSeconds: 10 } })
        await sql.query(`delete from backtests where company_id = $1 and id in (select id from backtests where company_id = $1 and state <> 'running' order by created_at desc, id offset ${KEPT})`, [companyId])
        await writeAudit(sql, caller, { companyId, action: 'backtest.started', subject: id, before: null, after: asked }, nowMs)
      }, { durable: true })
      return read(caller.scope, id)
    },

    /** Tells that a run lives and how far it is; false when it is to stop. */
    async tell(id: string, progress: { readonly done: number; readonly total: number }): Promise<boolean> {
      const rows = await db.query<{ cancelled: boolean }>(
        `update backtests set done = $2, total = $3, alive_at = ${atMs('$4')} where id = $1 and state = 'running' returning cancel_asked as cancelled`, [id, progress.done, progress.total, clock.now()],
      )
      return rows[0]?.cancelled === false
    },

    /** Tells that a run lives, where it has nothing new to say. */
    async beat(id: string): Promise<void> {
      await db.query(`update backtests set alive_at = ${atMs('$2')} where id = $1 and state = 'running'`, [id, clock.now()])
    },

    /** Writes down how a run ended. */
    async end(id: string, end: BacktestEnd): Promise<void> {
      const [result, code, message] = end.state === 'done' ? [JSON.stringify(withoutNul(end.result)), null, null] : [null, end.code, end.message]
      await db.query(`update backtests set state = $2, result = $3::jsonb, code = $4, message = $5, ended_at = ${atMs('$6')} where id = $1 and state = 'running'`, [id, end.state, result, code, message, clock.now()])
    },

    /** Asks a run to stop; one that has ended stays as it is. Throws `not_found`. */
    async cancel(caller: Caller, id: string): Promise<BacktestView> {
      const { companyId, state } = await read(caller.scope, id)
      if (state === 'running') {
        await db.transaction(async (sql) => {
          await sql.query('update backtests set cancel_asked = true where id = $1 and state = \'running\'', [id])
          await writeAudit(sql, caller, { companyId, action: 'backtest.cancelled', subject: id, before: null, after: null }, clock.now())
        }, { durable: true })
      }
      await buryDead()
      return read(caller.scope, id)
    },

    /** One of the companies the caller manages. Throws `not_found`. */
    async get(scope: Scope, id: string): Promise<BacktestView> {
      await buryDead()
      return read(scope, id)
    },

    /** Newest first, without results. */
    async list(scope: Scope, query: PageQuery & { readonly companyId: string | null }): Promise<Page<BacktestView>> {
      const params = new Params()
      const where = [managedCompanies(scope, params, 'b.company_id')]
      if (query.companyId !== null) where.push(`b.company_id = ${params.add(query.companyId)}`)
      if (query.cursor !== null) where.push(`(${iso('b.created_at')} || b.id) < ${params.add(decodeCursor(query.cursor, 'string'))}`)
      const rows = await db.query<BacktestView>(
        `select ${COLUMNS.replace('b.result,', 'null as result,')} from backtests b where ${where.join(' and ')} order by ${iso('b.created_at')} || b.id desc limit ${params.add(query.limit + 1)}`, params.values,
      )
      return toPage(rows, query.limit, (row) => `${row.createdAt}${row.id}`)
    },
  }
}
