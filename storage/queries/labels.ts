/** Labels: merges and splits by people, kept as what they say about pairs of problems. */
import type { Scope } from '../../schemas/access.ts'
import type { AgreementView, AgreementWeek, Label, LabelPair } from '../../schemas/labels.ts'
import type { Command, CommandOutcome, Evidence, IncidentRecord } from '../../schemas/records.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { managedCompanies } from './scope.ts'
import { atMs, decodeCursor, iso, Params, toPage, type Sql, type SqlDatabase } from './sql.ts'

/** Problems of each side that make pairs: the newest. */
const SIDE_MAX = 7
/** Weeks shown at most, the newest. */
const WEEKS_MAX = 106

/** Evidence of before this release names nobody else it considered. */
interface Side { readonly problemKey: string; readonly evidence: Pick<Evidence, 'rule' | 'score' | 'withProblemKey'> & { readonly considered?: Evidence['considered'] } }

/** Drafts what a command says about grouping, as the person saw it; called in the transaction that asks for it. */
export async function draftLabel(sql: Sql, { commandId, companyId, incidentId, action, actor, intoIncidentId, problemKeys }: Command, nowMs: number): Promise<void> {
  if (action !== 'merge' && action !== 'split') return
  const [left, right] = action === 'merge'
    ? await Promise.all([problemsOf(sql, companyId, incidentId, null, true), problemsOf(sql, companyId, intoIncidentId ?? '', null, true)])
    : await Promise.all([problemsOf(sql, companyId, incidentId, problemKeys, true), problemsOf(sql, companyId, incidentId, problemKeys, false)])
  const pairs: LabelPair[] = left.flatMap((one) => right.map((other) => ({ left: one.problemKey, right: other.problemKey, score: scoreOf(one, other), rule: one.evidence.rule })))
  if (pairs.length === 0) return
  await sql.query(
    `insert into labels (company_id, command_id, action, incident_id, other_incident_id, together, pairs, actor_kind, actor_id, actor_name, at)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, ${atMs('$11')})`,
    [companyId, commandId, action, incidentId, intoIncidentId ?? '', action === 'merge', JSON.stringify(pairs), actor.kind, actor.id, actor.name, nowMs],
  )
}

/** Keeps the labels whose commands were done and forgets those refused; called in the transaction that settles the commands. */
export async function settleLabels(sql: Sql, records: readonly IncidentRecord[], outcomes: readonly CommandOutcome[]): Promise<void> {
  const settled = outcomes.filter(({ action }) => action === 'merge' || action === 'split')
  if (settled.length === 0) return
  const commandIds = (status: CommandOutcome['status']): string[] => settled.filter((outcome) => outcome.status === status).map(({ commandId }) => commandId)
  await sql.query(`delete from labels where state = 'pending' and command_id = any($1::text[])`, [commandIds('refused')])
  // The part that left is the incident that a split changed and that it was not asked of.
  const parts = records.flatMap(({ event }) => (event.type === 'incident' && event.cause === 'split' && event.causeId !== null ? [{ commandId: event.causeId, incidentId: event.incidentId }] : []))
  await sql.query(
    `update labels l set state = 'kept', other_incident_id = coalesce((select p.id from unnest($2::text[], $3::text[]) p (command_id, id) where p.command_id = l.command_id and p.id <> l.incident_id limit 1), l.other_incident_id)
     where l.command_id = any($1::text[]) and l.state = 'pending'`,
    [commandIds('done'), parts.map(({ commandId }) => commandId), parts.map(({ incidentId }) => incidentId)],
  )
}

const COLUMNS = `l.command_id as "commandId", l.company_id as "companyId", l.action, l.incident_id as "incidentId", l.other_incident_id as "otherIncidentId", l.together, l.pairs,
  json_build_object('kind', l.actor_kind, 'id', l.actor_id, 'name', l.actor_name) as actor, ${iso('l.at')} as at`

/** Labels of a company within a time, the newest where there are more than the limit; oldest first. */
export async function keptLabels(sql: Sql, { companyId, fromMs, toMs, limit }: { readonly companyId: string; readonly fromMs: number; readonly toMs: number; readonly limit: number }): Promise<readonly Label[]> {
  const rows = await sql.query<Label>(
    `select ${COLUMNS} from labels l where l.state = 'kept' and l.company_id = $1 and l.at >= ${atMs('$2')} and l.at < ${atMs('$3')} order by l.at desc, l.command_id limit $4`, [companyId, fromMs, toMs, limit],
  )
  return [...rows].reverse()
}

/** Labels and what they tell, over the database. */
export function labelStore(db: SqlDatabase) {
  return {
    /** Labels of the companies the caller manages, newest first. */
    async list(scope: Scope, query: PageQuery & { readonly companyId: string | null }): Promise<Page<Label>> {
      const params = new Params()
      const where = [managedCompanies(scope, params, 'l.company_id'), `l.state = 'kept'`]
      if (query.companyId !== null) where.push(`l.company_id = ${params.add(query.companyId)}`)
      const key = `${iso('l.at')} || l.command_id`
      if (query.cursor !== null) where.push(`${key} < ${params.add(decodeCursor(query.cursor, 'string'))}`)
      const rows = await db.query<Label>(
        `select ${COLUMNS}
         from labels l where ${where.join(' and ')} order by ${key} desc limit ${params.add(query.limit + 1)}`, params.values,
      )
      return toPage(rows, query.limit, (row) => `${row.at}${row.commandId}`)
    },

    /** How far people agreed, by the week in which an incident opened. Incidents that the engine merged away, or that a split made, are none of its answers and do not count. */
    async agreement(span: { readonly companyIds: readonly string[] | 'all'; readonly fromMs: number | null; readonly toMs: number | null }): Promise<AgreementView> {
      const params = new Params()
      const within = (alias: string): string => (span.companyIds === 'all' ? 'true' : `${alias}.company_id = any(${params.add([...span.companyIds])}::text[])`)
      const opened = [within('i')]
      if (span.fromMs !== null) opened.push(`i.opened_at >= ${atMs(params.add(span.fromMs))}`)
      if (span.toMs !== null) opened.push(`i.opened_at < ${atMs(params.add(span.toMs))}`)
      const weeks = await db.query<Omit<AgreementWeek, 'agreement'>>(
        `with kept as (select * from labels l where l.state = 'kept' and ${within('l')}),
           said as (select incident_id as id, action from kept union select other_incident_id, action from kept where action = 'merge'),
           made as (select i.id, i.merged_into, to_char(date_trunc('week', i.opened_at at time zone 'utc'), 'YYYY-MM-DD') as week from incidents i
             where ${opened.join(' and ')} and not exists (select 1 from kept k where k.action = 'split' and k.other_incident_id = i.id)
               and (i.merged_into is null or exists (select 1 from said s where s.id = i.id)))
         select m.week, count(*)::int as incidents, count(*) filter (where exists (select 1 from said s where s.id = m.id))::int as corrected,
           count(*) filter (where exists (select 1 from said s where s.id = m.id and s.action = 'merge'))::int as merges,
           count(*) filter (where exists (select 1 from said s where s.id = m.id and s.action = 'split'))::int as splits
         from made m group by m.week order by m.week desc limit ${WEEKS_MAX}`, params.values,
      )
      const sum = (of: (week: Omit<AgreementWeek, 'agreement'>) => number): number => weeks.reduce((total, week) => total + of(week), 0)
      const [incidents, corrected] = [sum((week) => week.incidents), sum((week) => week.corrected)]
      return { incidents, corrected, agreement: incidents === 0 ? null : 1 - corrected / incidents, weeks: [...weeks].reverse().map((week) => ({ ...week, agreement: 1 - week.corrected / week.incidents })) }
    },
  }
}

/** The newest problems of an incident; of those named, or of all but them, where some are named. */
async function problemsOf(sql: Sql, companyId: string, incidentId: string, named: readonly string[] | null, isNamed: boolean): Promise<readonly Side[]> {
  return sql.query<Side>(
    `select problem_key as "problemKey", evidence from problems where company_id = $1 and incident_id in (select * from incident_ids($2))
       and ($3::text[] is null or (problem_key = any($3::text[])) = $4) order by last_at desc, problem_key limit ${SIDE_MAX}`,
    [companyId, incidentId, named === null ? null : [...named], isNamed],
  )
}

function scoreOf(one: Side, other: Side): number | null {
  for (const [from, to] of [[one, other], [other, one]] as const) {
    if (from.evidence.withProblemKey === to.problemKey) return from.evidence.score
    const considered = from.evidence.considered?.find(({ problemKey }) => problemKey === to.problemKey)
    if (considered !== undefined) return considered.score
  }
  return null
}
