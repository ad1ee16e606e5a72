/** Analyses over the database: the list, the rows that say a call is made, the cache, and the note through the outbox. */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../schemas/clock.ts'
import type { Command } from '../../schemas/records.ts'
import { enqueue } from '../queries/outbox.ts'
import { atMs, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { readMaterial } from './material.ts'
import { crossed, monthOf, setAside, settle, type CrossedBudget, type SpentRow } from './money.ts'
import { claimDue, dropWanted, releaseClaim } from './queue.ts'

/** Answers kept for a company, and how long. */
export const CACHE_MAX = 500
const CACHE_MS = 24 * 3_600_000
/** What was given back is taken again after this long. */
const RELEASED_MS = 2_000
/** A call that has not ended by then has ended with its process. */
const ASKING_MS = 15 * 60_000
/** Rows without an answer kept for an incident. */
const UNANSWERED_KEPT = 5

const ANALYST = { kind: 'analyst', id: 'analyst', name: 'Analyst' } as const

interface Judged { readonly incidentId: string; readonly companyId: string; readonly version: number; readonly severity: string; readonly alertCount: number; readonly problemCount: number }
interface Beginning { readonly material: { readonly incident: Judged }; readonly why: string; readonly promptVersion: string; readonly reserveMicroUsd: number }
interface Ending {
  readonly status: string; readonly reason: string | null; readonly tier: string | null; readonly provider: string | null; readonly model: string | null; readonly spent: SpentRow; readonly latencyMs: number
  readonly isCached: boolean; readonly repaired: boolean; readonly output: object | null; readonly keep: { readonly shape: string; readonly answer: unknown } | null
  readonly note: { readonly text: string; readonly severity: string | null; readonly confidence: number | null } | null
}
interface AskingRow { companyId: string; incidentId: string; month: string; reserved: number }

/** Opens it. `noted` is called after a note has gone to the outbox. */
export function openAnalysisStore(db: SqlDatabase, { clock, noted }: { readonly clock: Clock; readonly noted: () => void }) {
  let skippedTold = 0

  return {
    claim: (logNowMs: ReadonlyMap<number, number>, limit: number) => claimDue(db, logNowMs, limit, clock.now()),
    material: ({ incidentId, companyId, why }: { readonly incidentId: string; readonly companyId: string; readonly why: string }) => readMaterial(db, incidentId, companyId, why === 'requested'),
    release: (incidentId: string) => releaseClaim(db, incidentId, clock.now() + RELEASED_MS),
    drop: (incidentId: string) => dropWanted(db, incidentId),

    /** The row before the call. A version that was answered is not asked again by the same words; one that failed may be, when a person asks or it comes up again. */
    async begin({ material: { incident }, why, promptVersion, reserveMicroUsd }: Beginning) {
      const nowMs = clock.now()
      const month = monthOf(nowMs)
      const [id, { incidentId, companyId, version, severity, alertCount, problemCount }] = [randomUUID(), incident]
      return db.transaction(async (sql) => {
        const rows = await sql.query<{ id: string }>(
          `insert into analyses as a (id, incident_id, company_id, version, prompt_version, why, status, severity, alert_count, problem_count, usage_month, created_at)
           values ($1, $2, $3, $4, $5, $6, 'asking', $7, $8, $9, $10, ${atMs('$11')})
           on conflict (incident_id, version, prompt_version) do update set status = 'asking', why = excluded.why, reason = null, usage_month = excluded.usage_month, created_at = excluded.created_at, ended_at = null
           where a.status = 'failed' or (excluded.why = 'requested' and a.status in ('rules_only', 'over_budget', 'interrupted')) returning a.id`,
          [id, incidentId, companyId, version, promptVersion, why, severity, alertCount, problemCount, month, nowMs],
        )
        const analysisId = rows[0]?.id
        if (analysisId === undefined) return { begun: { kind: 'known' as const }, alert: null }
        if (reserveMicroUsd === 0) return { begun: { kind: 'begun' as const, analysisId }, alert: null }
        if (await setAside(sql, companyId, month, reserveMicroUsd)) {
          await sql.query('update analyses set reserved_micro_usd = $2 where id = $1', [analysisId, reserveMicroUsd])
          return { begun: { kind: 'begun' as const, analysisId }, alert: await crossed(sql, companyId, month, false, nowMs) }
        }
        const reason = 'the company’s monthly budget for language models does not allow the call'
        await sql.query(`update analyses set status = 'over_budget', reason = $2, ended_at = ${atMs('$3')} where id = $1`, [analysisId, reason, nowMs])
        await show(sql, incidentId, analysisId)
        return { begun: { kind: 'over_budget' as const }, alert: await crossed(sql, companyId, month, true, nowMs) }
      }, { durable: true })
    },

    /** Sets more aside for a further call of the same analysis. */
    reserve: (analysisId: string, companyId: string, microUsd: number): Promise<boolean> => db.transaction(async (sql) => {
      const [row] = await sql.query<{ month: string }>(`select usage_month as month from analyses where id = $1 and status = 'asking' for update`, [analysisId])
      if (row === undefined || !await setAside(sql, companyId, row.month, microUsd)) return false
      await sql.query('update analyses set reserved_micro_usd = reserved_micro_usd + $2 where id = $1', [analysisId, microUsd])
      return true
    }, { durable: true }),

    /** Result, money, cache, note and list together. One that was settled meanwhile as interrupted keeps that; its money is counted once. */
    async end(analysisId: string, { incident }: { readonly incident: Judged }, ending: Ending): Promise<CrossedBudget> {
      const nowMs = clock.now()
      const { incidentId, companyId, version } = incident
      const alert = await db.transaction(async (sql) => {
        const row = await asking(sql, analysisId)
        if (row === undefined) return null
        const commandId = ending.note === null ? null : randomUUID()
        const { spent } = ending
        await sql.query(
          `update analyses set status = $2, reason = $3, tier = $4, provider = $5, model = $6, calls = $7, input_tokens = $8, cached_input_tokens = $9, output_tokens = $10, cost_micro_usd = $11,
             reserved_micro_usd = 0, latency_ms = $12, is_cached = $13, repaired = $14, output = $15::jsonb, command_id = $16, ended_at = ${atMs('$17')} where id = $1`,
          [analysisId, ending.status, ending.reason, ending.tier, ending.provider, ending.model, spent.calls, spent.inputTokens, spent.cachedInputTokens, spent.outputTokens, Math.ceil(spent.costMicroUsd),
            ending.latencyMs, ending.isCached, ending.repaired, ending.output === null ? null : JSON.stringify(ending.output), commandId, nowMs],
        )
        await settle(sql, companyId, row.month, row.reserved, spent)
        if (ending.status === 'done') await sql.query(`update llm_usage set ${ending.isCached ? 'cache_hits = cache_hits' : 'cache_misses = cache_misses'} + 1 where company_id = $1 and month = $2`, [companyId, row.month])
        if (ending.keep !== null && ending.provider !== null) await remember(sql, companyId, ending.keep, ending.provider, ending.model ?? '', nowMs)
        if (ending.note !== null && commandId !== null) await say(sql, { commandId, companyId, incidentId, version, ...ending.note }, nowMs)
        await dropWanted(sql, incidentId)
        await show(sql, incidentId, analysisId)
        await forgetUnanswered(sql, incidentId)
        return crossed(sql, companyId, row.month, false, nowMs)
      }, { durable: true })
      if (ending.note !== null) noted()
      return alert
    },

    /** An answer for the shape, if it is young enough. */
    async cached(companyId: string, shape: string) {
      const [row] = await db.query<{ answer: unknown; provider: string; model: string }>(
        `update analysis_cache set hits = hits + 1 where company_id = $1 and shape = $2 and created_at > ${atMs('$3')} returning answer, provider, model`, [companyId, shape, clock.now() - CACHE_MS])
      return row ?? null
    },

    /** Settles calls whose process has ended: what was set aside counts as spent, since the call may have been made. */
    async sweep(): Promise<number> {
      const nowMs = clock.now()
      await db.query(`delete from analysis_news where created_at < ${atMs('$1')}`, [nowMs - ASKING_MS])
      const rows = await db.query<{ id: string }>(`select id from analyses where status = 'asking' and created_at < ${atMs('$1')} limit 100`, [nowMs - ASKING_MS])
      for (const { id } of rows) await db.transaction((sql) => interrupt(sql, id, nowMs), { durable: true })
      return rows.length
    },

    async queue() {
      const [row] = await db.query<{ waiting: number; skipped: number }>('select (select count(*) from analysis_queue)::float8 as waiting, (select coalesce(sum(skipped), 0) from llm_usage)::float8 as skipped')
      const skipped = Math.max(0, (row?.skipped ?? 0) - skippedTold)
      skippedTold = row?.skipped ?? skippedTold
      return { waiting: row?.waiting ?? 0, skipped }
    },
  }
}

/** On an embedded database no other process can be asking: whatever asks was left by the one before. */
export async function interruptAll(db: SqlDatabase, clock: Clock): Promise<number> {
  const rows = await db.query<{ id: string }>(`select id from analyses where status = 'asking'`)
  for (const { id } of rows) await db.transaction((sql) => interrupt(sql, id, clock.now()), { durable: true })
  await db.query('update analysis_queue set claimed_until = null')
  return rows.length
}

async function asking(sql: Sql, analysisId: string): Promise<AskingRow | undefined> {
  const [row] = await sql.query<AskingRow>(
    `select company_id as "companyId", incident_id as "incidentId", usage_month as month, reserved_micro_usd::float8 as reserved from analyses where id = $1 and status = 'asking' for update`, [analysisId])
  return row
}

async function interrupt(sql: Sql, analysisId: string, nowMs: number): Promise<void> {
  const row = await asking(sql, analysisId)
  if (row === undefined) return
  await sql.query(
    `update analyses set status = 'interrupted', reason = 'the program ended during the call', cost_micro_usd = reserved_micro_usd, reserved_micro_usd = 0, ended_at = ${atMs('$2')} where id = $1`, [analysisId, nowMs])
  await settle(sql, row.companyId, row.month, row.reserved, { calls: row.reserved > 0 ? 1 : 0, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, costMicroUsd: row.reserved })
  await dropWanted(sql, row.incidentId)
  await show(sql, row.incidentId, analysisId)
}

/** The incident shows its newest analysis; an answer is not hidden by a later one that has none. */
async function show(sql: Sql, incidentId: string, analysisId: string): Promise<void> {
  await sql.query(
    `update incidents i set analysis = jsonb_build_object('analysisId', a.id, 'status', a.status, 'reason', a.reason, 'why', a.why, 'version', a.version, 'promptVersion', a.prompt_version, 'provider', a.provider,
       'model', a.model, 'isCached', a.is_cached, 'costMicroUsd', a.cost_micro_usd, 'latencyMs', a.latency_ms, 'at', to_char(a.ended_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) || coalesce(a.output, '{}')
     from analyses a where a.id = $2 and i.id = $1 and i.company_id = a.company_id and (a.status = 'done' or i.analysis is null or i.analysis ->> 'status' <> 'done')`,
    [incidentId, analysisId],
  )
}

async function say(sql: Sql, note: { commandId: string; companyId: string; incidentId: string; version: number; text: string; severity: string | null; confidence: number | null }, nowMs: number): Promise<void> {
  const command: Command = {
    type: 'command', commandId: note.commandId, companyId: note.companyId, incidentId: note.incidentId, action: 'note', actor: ANALYST, judgedVersion: note.version, assignee: null, text: note.text,
    intoIncidentId: null, problemKeys: [], issuedAtMs: nowMs, severity: note.severity, confidence: note.confidence, category: null,
  }
  await sql.query(`insert into commands (id, company_id, incident_id, action, actor, created_at) values ($1, $2, $3, 'note', $4::jsonb, ${atMs('$5')})`, [note.commandId, note.companyId, note.incidentId, JSON.stringify(ANALYST), nowMs])
  await enqueue(sql, note.companyId, { event: command }, nowMs)
}

async function remember(sql: Sql, companyId: string, keep: { readonly shape: string; readonly answer: unknown }, provider: string, model: string, nowMs: number): Promise<void> {
  await sql.query(
    `insert into analysis_cache (company_id, shape, answer, provider, model, created_at) values ($1, $2, $3::jsonb, $4, $5, ${atMs('$6')})
     on conflict (company_id, shape) do update set answer = excluded.answer, provider = excluded.provider, model = excluded.model, created_at = excluded.created_at`,
    [companyId, keep.shape, JSON.stringify(keep.answer), provider, model, nowMs],
  )
  await sql.query(
    `delete from analysis_cache where company_id = $1 and (created_at <= ${atMs('$2')} or shape in (select shape from analysis_cache where company_id = $1 order by created_at desc, shape offset ${CACHE_MAX}))`,
    [companyId, nowMs - CACHE_MS],
  )
}

async function forgetUnanswered(sql: Sql, incidentId: string): Promise<void> {
  await sql.query(
    `delete from analyses where incident_id = $1 and id in (select id from analyses where incident_id = $1 and status in ('failed', 'rules_only', 'over_budget') order by created_at desc offset ${UNANSWERED_KEPT})`, [incidentId])
}
