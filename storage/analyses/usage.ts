/** What people ask of the analyst: an analysis now, what was made of an incident, and what a company's month has come to. */
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { AnalysisView, LlmSettingsChange, LlmUsageView } from '../../schemas/analysis-views.ts'
import { writeAudit } from '../queries/audit.ts'
import { requireManaged } from '../queries/companies.ts'
import { commandedIncidents, visibleIncidents } from '../queries/scope.ts'
import { iso, Params, whole, type Sql, type SqlDatabase } from '../queries/sql.ts'
import { llmSettings, monthOf } from './money.ts'

const ANALYSES_SHOWN = 20
const MONTHS_SHOWN = 12

const MONTH_COLUMNS = `month, ${whole('calls')} as calls, ${whole('input_tokens')} as "inputTokens", ${whole('cached_input_tokens')} as "cachedInputTokens", ${whole('output_tokens')} as "outputTokens",
  ${whole('spent_micro_usd')} as "spentMicroUsd", ${whole('reserved_micro_usd')} as "reservedMicroUsd", ${whole('refused')} as refused, ${whole('skipped')} as skipped,
  ${whole('cache_hits')} as "cacheHits", ${whole('cache_misses')} as "cacheMisses", alerted_percent as "alertedPercent"`

type MonthRow = Omit<LlmUsageView['months'][number], 'cacheHitRate'>

/** Those questions over the database. */
export function analysisQueries(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  return {
    /** Puts the incident in front of the list; the answer comes with the incident. Throws `not_found`, `forbidden`. */
    async request(caller: Caller, incidentId: string): Promise<{ readonly incidentId: string }> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        const params = new Params()
        const [target] = await sql.query<{ id: string; companyId: string; version: number; commanded: boolean }>(
          `select s.id, s.company_id as "companyId", ${whole('s.version')} as version, ${commandedIncidents(caller.scope, params, 's')} as commanded
           from incidents i join incidents s on s.id = coalesce(i.merged_into, i.id) and s.company_id = i.company_id
           where i.id = ${params.add(incidentId)} and ${visibleIncidents(caller.scope, params, 'i')} and ${visibleIncidents(caller.scope, params, 's')}`, params.values)
        if (target === undefined) throw new AppError('not_found', 'there is no such incident')
        if (!target.commanded) throw new AppError('forbidden', 'your role may read incidents, not have them analysed')
        await sql.query(
          `insert into analysis_queue as q (incident_id, company_id, partition, version, why, first_at_ms, due_at_ms) values ($1, $2, null, $3, 'requested', $4, 0)
           on conflict (incident_id) do update set why = 'requested', partition = null, due_at_ms = 0, version = greatest(q.version, excluded.version)`,
          [target.id, target.companyId, target.version, nowMs],
        )
        await writeAudit(sql, caller, { companyId: target.companyId, action: 'incident.analyse', subject: target.id, before: null, after: { version: target.version } }, nowMs)
        return { incidentId: target.id }
      }, { durable: true })
    },

    /** Analyses of an incident, newest first. Throws `not_found`. */
    async list(scope: Scope, incidentId: string): Promise<readonly AnalysisView[]> {
      const params = new Params()
      const seen = await db.query(`select 1 from incidents i where i.id = ${params.add(incidentId)} and ${visibleIncidents(scope, params, 'i')}`, params.values)
      if (seen.length === 0) throw new AppError('not_found', 'there is no such incident')
      return db.query<AnalysisView>(
        `select a.id, a.status, a.reason, a.why, ${whole('a.version')} as version, a.prompt_version as "promptVersion", a.tier, a.provider, a.model, a.calls, ${whole('a.input_tokens')} as "inputTokens",
           ${whole('a.cached_input_tokens')} as "cachedInputTokens", ${whole('a.output_tokens')} as "outputTokens", ${whole('a.cost_micro_usd')} as "costMicroUsd", ${whole('a.latency_ms')} as "latencyMs",
           a.is_cached as "isCached", a.repaired, a.output, a.command_id as "commandId", ${iso('a.created_at')} as "createdAt", ${iso('a.ended_at')} as "endedAt"
         from analyses a where a.incident_id in (select * from incident_ids($1)) order by a.created_at desc, a.id limit ${ANALYSES_SHOWN}`, [incidentId])
    },

    /** Tokens and money of a company by month. Throws `not_found`, `forbidden`. */
    async usage(scope: Scope, companyId: string): Promise<LlmUsageView> {
      await requireManaged(db, scope, companyId)
      return readUsage(db, companyId, clock.now())
    },

    /** Budget and redaction of a company, or with null of all that have none of their own; null values take them back. MSP Admins only. */
    async configure(caller: Caller, companyId: string | null, change: LlmSettingsChange): Promise<LlmUsageView | null> {
      if (caller.scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin may change what language models may cost or be told')
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        if (companyId !== null) await requireManaged(sql, caller.scope, companyId)
        const key = companyId ?? ''
        const [before] = await sql.query<{ monthlyMicroUsd: number | null; hidesHosts: boolean | null }>('select monthly_micro_usd::float8 as "monthlyMicroUsd", hides_hosts as "hidesHosts" from llm_settings where company_id = $1 for update', [key])
        const after = { monthlyMicroUsd: null, hidesHosts: null, ...before, ...change }
        await sql.query(
          'insert into llm_settings (company_id, monthly_micro_usd, hides_hosts) values ($1, $2, $3) on conflict (company_id) do update set monthly_micro_usd = excluded.monthly_micro_usd, hides_hosts = excluded.hides_hosts',
          [key, after.monthlyMicroUsd, after.hidesHosts],
        )
        // A budget that was raised is watched anew.
        await sql.query(`update llm_usage set alerted_percent = 0 where month = $1 and ($2 = '' or company_id = $2)`, [monthOf(nowMs), key])
        await writeAudit(sql, caller, { companyId, action: 'llm.settings', subject: companyId ?? 'all companies', before: before ?? null, after }, nowMs)
        return companyId === null ? null : readUsage(sql, companyId, nowMs)
      }, { durable: true })
    },
  }
}

async function readUsage(sql: Sql, companyId: string, nowMs: number): Promise<LlmUsageView> {
  const rows = await sql.query<MonthRow>(`select ${MONTH_COLUMNS} from llm_usage where company_id = $1 order by month desc limit ${MONTHS_SHOWN}`, [companyId])
  const month = monthOf(nowMs)
  const { budgetMicroUsd, hidesHosts, isOwn } = await llmSettings(sql, companyId)
  const months = rows.map((row) => ({ ...row, cacheHitRate: row.cacheHits + row.cacheMisses === 0 ? 0 : row.cacheHits / (row.cacheHits + row.cacheMisses) }))
  const present = months.find((row) => row.month === month)
  const used = (present?.spentMicroUsd ?? 0) + (present?.reservedMicroUsd ?? 0)
  return {
    companyId, month, budgetMicroUsd, budgetIsOwn: isOwn, hidesHosts, usedPercent: budgetMicroUsd === 0 ? 100 : (100 * used) / budgetMicroUsd,
    isAlerted: (present?.alertedPercent ?? 0) >= 80, isStopped: budgetMicroUsd === 0 || (present?.alertedPercent ?? 0) >= 100, months,
  }
}
