/** The list of incidents the remediator has to look at: bounded, one row an incident, in one pair of hands at a time. */
import type { RunStatus } from '../../schemas/runs.ts'
import type { Mode } from '../../schemas/settings.ts'
import { PATIENCE_MS, QUIET_MS, startIncidentReader, type IncidentReader, type IncidentReaderOptions, type IncidentTold } from '../incident-reader.ts'
import { atMs, whole, type Sql, type SqlDatabase } from '../queries/sql.ts'

/** Name of the consumer group, and of the reader in `reader_positions`. */
export const REMEDIATE_READER = 'aw-remediate'

/** Incidents that wait at most, of one company and of all; what comes beyond is left out and counted, and comes again when it changes. */
export const QUEUE_MAX = { company: 500, all: 5_000 }
/** Longer than looking at one takes. */
const CLAIM_MS = 5 * 60_000
/** An analysis under way is waited for this long. */
const ANALYSIS_MS = 120_000

/** What the reader is built from. */
export interface RemediationReaderOptions extends Omit<IncidentReaderOptions, 'reader' | 'purpose' | 'list'> {
  /** So many were left out because too many wait. */
  readonly skipped: (count: number) => void
}

/** Starts reading: open incidents with open problems are listed, all others taken off. */
export function startRemediationReader({ skipped, ...options }: RemediationReaderOptions): Promise<IncidentReader> {
  return startIncidentReader({
    ...options, reader: REMEDIATE_READER, purpose: 'repairs',
    list: async (sql, partition, told) => skipped(await listIncidents(sql, partition, told)),
  })
}

async function listIncidents(sql: Sql, partition: number, told: readonly IncidentTold[]): Promise<number> {
  const isWanted = ({ incident: { status, mergedInto, openProblemCount } }: IncidentTold): boolean => mergedInto === null && openProblemCount > 0 && status !== 'resolved' && status !== 'closed'
  const over = told.filter((one) => !isWanted(one)).map(({ incident }) => incident.incidentId)
  if (over.length > 0) await sql.query('delete from remediation_queue where incident_id = any($1::text[]) and claimed_until is null', [over])
  const wanted = told.filter(isWanted)
  if (wanted.length === 0) return 0
  const listed = new Set((await sql.query<{ id: string }>('select incident_id as id from remediation_queue where incident_id = any($1::text[])', [wanted.map(({ incident }) => incident.incidentId)])).map(({ id }) => id))
  const counts = new Map((await sql.query<{ companyId: string; count: number }>('select company_id as "companyId", count(*)::float8 as count from remediation_queue group by 1')).map(({ companyId, count }) => [companyId, count]))
  let all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const rows = wanted.filter(({ incident: { incidentId, companyId } }) => {
    if (listed.has(incidentId)) return true
    const count = counts.get(companyId) ?? 0
    if (all >= QUEUE_MAX.all || count >= QUEUE_MAX.company) return false
    counts.set(companyId, count + 1)
    all += 1
    return true
  })
  await sql.query(
    `insert into remediation_queue as q (incident_id, company_id, partition, version, first_at_ms, due_at_ms)
     select "incidentId", "companyId", $2, version, "atMs", "atMs" + ${QUIET_MS} from json_to_recordset($1::json) as r ("incidentId" text, "companyId" text, version bigint, "atMs" bigint)
     on conflict (incident_id) do update set version = excluded.version, partition = excluded.partition, due_at_ms = least(excluded.due_at_ms, q.first_at_ms + ${PATIENCE_MS}) where q.version < excluded.version`,
    [JSON.stringify(rows.map(({ incident: { incidentId, companyId, version }, atMs: at }) => ({ incidentId, companyId, version, atMs: at }))), partition],
  )
  return wanted.length - rows.length
}

/** An incident in the hands of this process. */
export interface DueIncident {
  readonly incidentId: string
  readonly companyId: string
  /** The version that was listed. */
  readonly version: number
  /** When it was listed, by the log's clock. */
  readonly firstAtMs: number
}

/** The list as the role works through it. */
export function remediationQueue(db: SqlDatabase, { nowMs }: { readonly nowMs: () => number }) {
  return {
    /** Takes what has settled and is not being analysed, at most so many; of many companies rather than many of one. */
    async claim(logNowMs: ReadonlyMap<number, number>, limit: number): Promise<readonly DueIncident[]> {
      const times = [[...logNowMs.keys()], [...logNowMs.values()].map(Math.floor)]
      const isDue = `(q.claimed_until is null or q.claimed_until <= ${atMs('$3')}) and q.due_at_ms <= t.now_ms
        and (q.due_at_ms + ${ANALYSIS_MS} <= t.now_ms or not exists (select 1 from analysis_queue w where w.incident_id = q.incident_id) and not exists (select 1 from analyses a where a.incident_id = q.incident_id and a.status = 'asking'))`
      const due = `from remediation_queue q join unnest($1::int[], $2::bigint[]) as t (partition, now_ms) on t.partition = q.partition where ${isDue}`
      if ((await db.query(`select 1 ${due} limit 1`, [...times, nowMs()])).length === 0) return []
      return db.transaction((sql) => sql.query<DueIncident>(
        `with due as (select q.incident_id, q.due_at_ms, row_number() over (partition by q.company_id order by q.due_at_ms, q.incident_id) as turn ${due}),
         chosen as (select q.incident_id from remediation_queue q join due d on d.incident_id = q.incident_id order by d.turn, d.due_at_ms, q.incident_id limit $4 for update of q skip locked)
         update remediation_queue q set claimed_until = ${atMs('$5')} from chosen where q.incident_id = chosen.incident_id and (q.claimed_until is null or q.claimed_until <= ${atMs('$3')})
         returning q.incident_id as "incidentId", q.company_id as "companyId", ${whole('q.version')} as version, ${whole('q.first_at_ms')} as "firstAtMs"`,
        [...times, nowMs(), limit, nowMs() + CLAIM_MS]), { durable: false })
    },

    /** Gives it back, to be taken again after so many ms. */
    async release({ incidentId }: Pick<DueIncident, 'incidentId'>, afterMs: number): Promise<void> {
      await db.query(`update remediation_queue set claimed_until = ${atMs('$2')} where incident_id = $1`, [incidentId, nowMs() + afterMs])
    },

    /** Takes it off the list, unless it has changed since it was taken; then it is looked at again once it has settled. */
    async done({ incidentId, version }: DueIncident): Promise<void> {
      await db.transaction(async (sql) => {
        await sql.query('delete from remediation_queue where incident_id = $1 and version <= $2', [incidentId, version])
        await sql.query('update remediation_queue set claimed_until = null where incident_id = $1', [incidentId])
      }, { durable: false })
    },

    /** On an embedded database no other process can have taken one. */
    async freeAll(): Promise<void> {
      await db.query('update remediation_queue set claimed_until = null where claimed_until is not null')
    },

    async waiting(): Promise<number> {
      return (await db.query<{ count: number }>('select count(*)::float8 as count from remediation_queue'))[0]?.count ?? 0
    },

    /** `behind` while the projection shows an older version than the one listed; null where the incident is gone, merged or over. */
    async shown({ incidentId, companyId, version }: Omit<DueIncident, 'firstAtMs'>): Promise<'behind' | 'open' | null> {
      const [row] = await db.query<{ status: string; mergedInto: string | null; version: number }>(`select status, merged_into as "mergedInto", ${whole('version')} as version from incidents where id = $1 and company_id = $2`, [incidentId, companyId])
      if (row === undefined || row.version < version) return 'behind'
      return row.mergedInto !== null || row.status === 'resolved' || row.status === 'closed' ? null : 'open'
    },

    /** Problems of the incident that fire, with the runs of this mode that the rules asked for in their present episode. */
    async asked({ incidentId, companyId }: Pick<DueIncident, 'incidentId' | 'companyId'>, mode: Mode): Promise<ReadonlyMap<string, { readonly episode: number; readonly tries: readonly { readonly runbookId: string; readonly status: RunStatus; readonly code: string | null }[] }>> {
      const rows = await db.query<{ problemKey: string; episode: number; tries: readonly { readonly runbookId: string; readonly status: RunStatus; readonly code: string | null }[] }>(
        `select p.problem_key as "problemKey", p.episode, coalesce((
           select json_agg(json_build_object('runbookId', r.runbook_id, 'status', r.status,
             'code', case when exists (select 1 from run_commands c where c.run_id = r.id and c.outcome = 'refused') then 'step_refused' else r.code end)) from runs r
           where r.company_id = p.company_id and r.problem_key = p.problem_key and r.idempotency_key like 'auto:' || p.episode || ':' || $3 || ':%'), '[]') as tries
         from problems p where p.company_id = $2 and p.incident_id in (select * from incident_ids($1)) and p.status = 'firing' order by p.last_at desc limit 200`, [incidentId, companyId, mode])
      return new Map(rows.map(({ problemKey, episode, tries }) => [problemKey, { episode, tries }]))
    },

    /** Shows runbooks with the incident. */
    async suggest({ incidentId, companyId }: Pick<DueIncident, 'incidentId' | 'companyId'>, suggestions: readonly object[]): Promise<void> {
      await db.transaction((sql) => sql.query('update incidents set suggested_runbooks = $3::jsonb where id = $1 and company_id = $2 and suggested_runbooks is distinct from $3::jsonb', [incidentId, companyId, JSON.stringify(suggestions)]), { durable: false })
    },
  }
}

/** The list as it is opened. */
export type RemediationQueue = ReturnType<typeof remediationQueue>
