/** The list of incidents that wait to be analysed: bounded, one row an incident, in one pair of hands at a time. */
import type { AnalysisReason } from '../../schemas/analysis-views.ts'
import type { Classification, Finding, RootCause } from '../../schemas/records.ts'
import { atMs, type Sql } from '../queries/sql.ts'
import { monthOf } from './money.ts'

/** Incidents that wait at most, of one company and of all; what comes beyond is left out and counted. */
export const QUEUE_MAX = { company: 200, all: 2_000 }
/** Longer than the longest analysis takes. */
const CLAIM_MS = 15 * 60_000

/** Figures of the version that was judged last. */
export interface LastJudged {
  readonly alertCount: number
  readonly problemCount: number
  readonly severity: string
}

/** An incident as the log told it, and whether it is wanted. */
export interface Wanted {
  readonly incidentId: string
  readonly companyId: string
  readonly partition: number
  readonly version: number
  /** Null: it is not, or no longer. */
  readonly why: AnalysisReason | null
  readonly findings: readonly Finding[]
  readonly rootCause: RootCause | null
  readonly classification: Classification | null
  /** Time the log gave the record. */
  readonly atMs: number
  readonly quietMs: number
  readonly patienceMs: number
}

/** Brings the list up to date with what the log told. `judge` is handed what is known of each incident's last analysis. */
export async function listWanted(sql: Sql, named: readonly { readonly incidentId: string; readonly companyId: string }[], judge: (lastOf: (incidentId: string) => LastJudged | null) => readonly Wanted[], nowMs: number): Promise<void> {
  if (named.length === 0) return
  const ids = named.map(({ incidentId }) => incidentId)
  const judged = await sql.query<LastJudged & { id: string }>(
    `select distinct on (incident_id) incident_id as id, alert_count::float8 as "alertCount", problem_count::float8 as "problemCount", severity from analyses
     where incident_id = any($1::text[]) and status <> 'failed' order by incident_id, created_at desc`, [ids])
  const last = new Map(judged.map((row) => [row.id, row]))
  const listed = new Set((await sql.query<{ id: string }>('select incident_id as id from analysis_queue where incident_id = any($1::text[])', [ids])).map(({ id }) => id))
  const wanted = judge((incidentId) => last.get(incidentId) ?? null)
  const fresh = await withRoom(sql, wanted.filter(({ why, incidentId }) => why !== null && !listed.has(incidentId)), nowMs)
  // One that a person asked for stays listed even when it is not wanted: they get an answer, whatever it is.
  await sql.query(`delete from analysis_queue where incident_id = any($1::text[]) and why <> 'requested' and claimed_until is null`, [wanted.filter(({ why }) => why === null).map(({ incidentId }) => incidentId)])
  const rows = [...fresh, ...wanted.filter(({ why, incidentId }) => why !== null && listed.has(incidentId))]
  if (rows.length === 0) return
  await sql.query(
    `insert into analysis_queue as q (incident_id, company_id, partition, version, why, findings, root_cause, classification, first_at_ms, due_at_ms)
     select "incidentId", "companyId", partition, version, why, findings, "rootCause", classification, "atMs", "atMs" + "quietMs"
     from json_to_recordset($1::json) as r ("incidentId" text, "companyId" text, partition int, version bigint, why text, findings jsonb, "rootCause" jsonb, classification jsonb, "atMs" bigint, "quietMs" bigint, "patienceMs" bigint)
     on conflict (incident_id) do update set version = excluded.version, findings = excluded.findings, root_cause = excluded.root_cause, classification = excluded.classification,
       why = case when q.why = 'requested' then q.why else excluded.why end, partition = case when q.why = 'requested' then q.partition else excluded.partition end,
       due_at_ms = case when q.why = 'requested' then q.due_at_ms else least(excluded.due_at_ms, q.first_at_ms + ${rows[0]?.patienceMs ?? 0}) end
     where q.version < excluded.version`,
    [JSON.stringify(rows)],
  )
}

/** Those that find a place; the others are counted in their company's month. */
async function withRoom(sql: Sql, wanted: readonly Wanted[], nowMs: number): Promise<Wanted[]> {
  if (wanted.length === 0) return []
  const counts = new Map((await sql.query<{ companyId: string; count: number }>('select company_id as "companyId", count(*)::float8 as count from analysis_queue group by 1')).map(({ companyId, count }) => [companyId, count]))
  let all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const placed: Wanted[] = []
  const skipped = new Map<string, number>()
  for (const one of wanted) {
    const count = counts.get(one.companyId) ?? 0
    if (all >= QUEUE_MAX.all || count >= QUEUE_MAX.company) {
      skipped.set(one.companyId, (skipped.get(one.companyId) ?? 0) + 1)
      continue
    }
    placed.push(one)
    counts.set(one.companyId, count + 1)
    all += 1
  }
  for (const [companyId, count] of skipped) {
    await sql.query('insert into llm_usage as u (company_id, month, skipped) values ($1, $2, $3) on conflict (company_id, month) do update set skipped = u.skipped + excluded.skipped', [companyId, monthOf(nowMs), count])
  }
  return placed
}

/** Takes what is due, what people asked for first, then by waiting time; a company never takes all places while another waits. */
export async function claimDue(sql: Sql, logNowMs: ReadonlyMap<number, number>, limit: number, nowMs: number): Promise<readonly { readonly incidentId: string; readonly companyId: string; readonly why: AnalysisReason }[]> {
  return sql.query(
    `with due as (
       select q.incident_id, q.why, q.due_at_ms, row_number() over (partition by q.company_id order by (q.why = 'requested') desc, q.due_at_ms, q.incident_id) as turn
       from analysis_queue q left join unnest($1::int[], $2::bigint[]) as t (partition, now_ms) on t.partition = q.partition
       where (q.claimed_until is null or q.claimed_until <= ${atMs('$3')}) and (q.partition is null or q.due_at_ms <= t.now_ms)),
     chosen as (select q.incident_id from analysis_queue q join due d on d.incident_id = q.incident_id order by (d.why = 'requested') desc, d.turn, d.due_at_ms, q.incident_id limit $4 for update of q skip locked)
     update analysis_queue q set claimed_until = ${atMs('$5')} from chosen
     where q.incident_id = chosen.incident_id and (q.claimed_until is null or q.claimed_until <= ${atMs('$3')})
     returning q.incident_id as "incidentId", q.company_id as "companyId", q.why`,
    [[...logNowMs.keys()], [...logNowMs.values()].map(Math.floor), nowMs, limit, nowMs + CLAIM_MS],
  )
}

/** Gives an incident back, to be taken again after a moment. */
export async function releaseClaim(sql: Sql, incidentId: string, untilMs: number): Promise<void> {
  await sql.query(`update analysis_queue set claimed_until = ${atMs('$2')} where incident_id = $1`, [incidentId, untilMs])
}

/** Takes an incident off the list. */
export async function dropWanted(sql: Sql, incidentId: string): Promise<void> {
  await sql.query('delete from analysis_queue where incident_id = $1', [incidentId])
}
