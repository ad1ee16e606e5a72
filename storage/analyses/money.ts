/**
 * Tokens and money by company and month. A call is paid for before it is made: its highest price is set aside in one statement that looks at the budget
 * under the row's lock, so that calls side by side cannot pass it together; what it did cost takes the place of what was set aside.
 */
import { writeAudit } from '../queries/audit.ts'
import type { Caller } from '../../schemas/access.ts'
import type { Sql } from '../queries/sql.ts'

/** What a company may spend in a month unless the MSP says otherwise: 20 US dollars, in millionths. */
export const DEFAULT_MONTHLY_MICRO_USD = 20_000_000
/** Share of the budget, in per cent, at which people are told. */
const ALERT_PERCENT = 80

/** Tokens and money of some calls. */
export interface SpentRow {
  readonly calls: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly costMicroUsd: number
}

/** Crossed just now. */
export type CrossedBudget = { readonly companyId: string; readonly percent: 80 | 100; readonly spentMicroUsd: number; readonly budgetMicroUsd: number } | null

const SYSTEM: Caller = { kind: 'system', id: 'analyst', name: 'Analyst', ip: null, scope: { role: 'msp_admin', userId: 'analyst', companyIds: 'all' } }

/** The month a time falls in, in UTC: `2026-03`. */
export function monthOf(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 7)
}

/** What is decided for a company: its own, the MSP's for all, the program's. */
export async function llmSettings(sql: Sql, companyId: string): Promise<{ readonly budgetMicroUsd: number; readonly hidesHosts: boolean; readonly isOwn: boolean }> {
  const rows = await sql.query<{ companyId: string; budget: number | null; hidesHosts: boolean | null }>(
    `select company_id as "companyId", monthly_micro_usd::float8 as budget, hides_hosts as "hidesHosts" from llm_settings where company_id in ($1, '')`, [companyId])
  const own = rows.find((row) => row.companyId === companyId)
  const all = rows.find((row) => row.companyId === '')
  return { budgetMicroUsd: own?.budget ?? all?.budget ?? DEFAULT_MONTHLY_MICRO_USD, hidesHosts: own?.hidesHosts ?? all?.hidesHosts ?? true, isOwn: own?.budget !== undefined && own.budget !== null }
}

/** Sets money aside; false, and counted, when the month's budget does not allow it. */
export async function setAside(sql: Sql, companyId: string, month: string, microUsd: number): Promise<boolean> {
  const { budgetMicroUsd } = await llmSettings(sql, companyId)
  await sql.query('insert into llm_usage (company_id, month) values ($1, $2) on conflict do nothing', [companyId, month])
  const rows = await sql.query(
    `update llm_usage set reserved_micro_usd = reserved_micro_usd + $3 where company_id = $1 and month = $2 and spent_micro_usd + reserved_micro_usd + $3 <= $4 returning 1`,
    [companyId, month, microUsd, budgetMicroUsd],
  )
  if (rows.length === 1) return true
  await sql.query('update llm_usage set refused = refused + 1 where company_id = $1 and month = $2', [companyId, month])
  return false
}

/** Puts what was spent in the place of what was set aside. */
export async function settle(sql: Sql, companyId: string, month: string, reservedMicroUsd: number, spent: SpentRow): Promise<void> {
  await sql.query(
    `insert into llm_usage as u (company_id, month, calls, input_tokens, cached_input_tokens, output_tokens, spent_micro_usd) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (company_id, month) do update set calls = u.calls + excluded.calls, input_tokens = u.input_tokens + excluded.input_tokens,
       cached_input_tokens = u.cached_input_tokens + excluded.cached_input_tokens, output_tokens = u.output_tokens + excluded.output_tokens,
       spent_micro_usd = u.spent_micro_usd + excluded.spent_micro_usd, reserved_micro_usd = greatest(0, u.reserved_micro_usd - $8)`,
    [companyId, month, spent.calls, spent.inputTokens, spent.cachedInputTokens, spent.outputTokens, Math.ceil(spent.costMicroUsd), reservedMicroUsd],
  )
}

/** Whether the month has just come to 80 per cent of its budget, or to where no call is possible any more; told once each, and written down. */
export async function crossed(sql: Sql, companyId: string, month: string, wasRefused: boolean, nowMs: number): Promise<CrossedBudget> {
  const { budgetMicroUsd } = await llmSettings(sql, companyId)
  const [row] = await sql.query<{ spent: number; alerted: number }>(
    'select (spent_micro_usd + reserved_micro_usd)::float8 as spent, alerted_percent as alerted from llm_usage where company_id = $1 and month = $2 for update', [companyId, month])
  if (row === undefined) return null
  const percent = wasRefused || row.spent >= budgetMicroUsd ? 100 : row.spent * 100 >= budgetMicroUsd * ALERT_PERCENT ? 80 : 0
  if (percent === 0 || percent <= row.alerted) return null
  await sql.query('update llm_usage set alerted_percent = $3 where company_id = $1 and month = $2', [companyId, month, percent])
  const after = { month, percent, spentMicroUsd: row.spent, budgetMicroUsd }
  await writeAudit(sql, SYSTEM, { companyId, action: percent === 100 ? 'llm.budget_exhausted' : 'llm.budget_alert', subject: companyId, before: null, after }, nowMs)
  return { companyId, percent, spentMicroUsd: row.spent, budgetMicroUsd }
}
