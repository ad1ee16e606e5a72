/** Runs as people see them: lists, one in full, and what its commands wrote. The remediator's own store is run-store.ts. */
import type { Scope } from '../../schemas/access.ts'
import { AppError } from '../../schemas/errors.ts'
import type { OutputPage, OutputPiece, RunDetail } from '../../schemas/remediation-views.ts'
import { OPEN_STATUSES, type ApprovalView, type RunCommandView, type RunStatus, type RunView } from '../../schemas/runs.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { visibleCompanies, visibleRuns } from '../queries/scope.ts'
import { decodeCursor, encodeCursor, iso, Params, toPage, whole, type Sql } from '../queries/sql.ts'

/** Characters of output in one page. */
const PAGE_CHARS = 200_000

/** Columns of a run `r`. */
export const RUN_COLUMNS = `r.id, r.company_id as "companyId", r.incident_id as "incidentId", r.problem_key as "problemKey", r.runbook_id as "runbookId", r.runbook_version as "runbookVersion", r.runbook ->> 'digest' as "runbookDigest",
  r.runbook ->> 'summary' as summary, r.risk, r.mode, r.simulated as "isSimulated", r.trigger, r.status, r.outcome, r.code, r.message, r.requested_by as "requestedBy", r.plan,
  ${iso('r.created_at')} as "createdAt", ${iso('r.updated_at')} as "updatedAt", ${iso('r.started_at')} as "startedAt", ${iso('r.ended_at')} as "endedAt", ${whole('r.version')} as version`

/** Columns of an approval `a` of a run `r`. */
export const APPROVAL_COLUMNS = `a.id, a.run_id as "runId", a.company_id as "companyId", r.incident_id as "incidentId", a.question, a.role, a.four_eyes as "fourEyes", a.status, a.reason,
  ${iso('a.requested_at')} as "requestedAt", ${iso('a.expires_at')} as "expiresAt", ${iso('a.decided_at')} as "decidedAt", a.decided_by as "decidedBy", a.via, a.comment`

/** Which runs; nulls and empty lists mean any. */
export interface RunQuery extends PageQuery {
  readonly companyId: string | null
  readonly incidentId: string | null
  readonly runbookId: string | null
  readonly statuses: readonly RunStatus[]
}

/** Runs the caller may see, newest first. */
export async function listRuns(sql: Sql, scope: Scope, query: RunQuery): Promise<Page<RunView>> {
  const params = new Params()
  const where = [visibleRuns(scope, params, 'r')]
  if (query.companyId !== null) where.push(`r.company_id = ${params.add(query.companyId)}`)
  if (query.incidentId !== null) where.push(`r.incident_id in (select * from incident_ids(${params.add(query.incidentId)}))`)
  if (query.runbookId !== null) where.push(`r.runbook_id = ${params.add(query.runbookId)}`)
  if (query.statuses.length > 0) where.push(`r.status = any(${params.add([...query.statuses])}::text[])`)
  if (query.cursor !== null) where.push(before(params, 'r.created_at', 'r.id', query.cursor))
  const rows = await sql.query<RunView>(`select ${RUN_COLUMNS} from runs r where ${where.join(' and ')} order by r.created_at desc, r.id desc limit ${params.add(query.limit + 1)}`, params.values)
  return toPage(rows, query.limit, (row) => `${row.createdAt} ${row.id}`)
}

/** Rows after the last of a page, in order of a time and an id. Times are kept to the millisecond, as they are shown. */
export function before(params: Params, at: string, id: string, cursor: string): string {
  const [, shownAt, lastId] = /^(\S+) (.+)$/.exec(decodeCursor(cursor, 'string')) ?? []
  if (shownAt === undefined || lastId === undefined || !Number.isFinite(Date.parse(shownAt))) throw new AppError('bad_request', 'cursor is none of ours; take it from "next" of the page before')
  return `(${at}, ${id}) < (${params.add(shownAt)}::timestamptz, ${params.add(lastId)})`
}

/** A run with its commands and approvals. Throws `not_found`. */
export async function getRun(sql: Sql, scope: Scope, id: string): Promise<RunDetail> {
  const params = new Params()
  const rows = await sql.query<RunView & { cancelRequestedAt: string | null }>(
    `select ${RUN_COLUMNS}, ${iso('r.cancel_requested_at')} as "cancelRequestedAt" from runs r where r.id = ${params.add(id)} and ${visibleRuns(scope, params, 'r')}`, params.values,
  )
  if (rows[0] === undefined) throw new AppError('not_found', 'there is no such run')
  const commands = await sql.query<RunCommandView>(
    `select c.seq, c.step_id as "stepId", c.phase, c.asset, c.status, c.attempt, c.ref::text as ref, c.outcome, c.exit_code as "exitCode", c.stdout, c.stderr, c.truncated as "isTruncated", c.result, c.digest,
       ${iso('c.sent_at')} as "sentAt", ${iso('c.ended_at')} as "endedAt" from run_commands c where c.run_id = $1 order by c.seq`, [id],
  )
  const approvals = await sql.query<ApprovalView>(`select ${APPROVAL_COLUMNS} from run_approvals a join runs r on r.id = a.run_id where a.run_id = $1 order by a.requested_at, a.id`, [id])
  return { ...rows[0], commands, approvals }
}

/** What was told so far: characters of standard output and error, by command. */
type Told = Record<string, [number, number]>

/** What the commands of a run wrote since the cursor, in the order of the commands. Throws `not_found`. */
export async function runOutput(sql: Sql, scope: Scope, id: string, cursor: string | null): Promise<OutputPage> {
  const params = new Params()
  // The status is read before the output, so that a run that has ended has told everything.
  const runs = await sql.query<{ status: RunStatus }>(`select r.status from runs r where r.id = ${params.add(id)} and ${visibleRuns(scope, params, 'r')}`, params.values)
  if (runs[0] === undefined) throw new AppError('not_found', 'there is no such run')
  const told = cursor === null ? {} : toldFrom(cursor)
  const commands = await sql.query<{ seq: number; phase: OutputPiece['phase']; stepId: string; asset: string; stdout: string; stderr: string }>(
    'select seq, phase, step_id as "stepId", asset, stdout, stderr from run_commands where run_id = $1 order by seq', [id],
  )
  const items: OutputPiece[] = []
  let room = PAGE_CHARS
  let isCut = false
  for (const { seq, phase, stepId, asset, stdout, stderr } of commands) for (const [index, stream, all] of [[0, 'stdout', stdout], [1, 'stderr', stderr]] as const) {
    const before = told[seq] ?? [0, 0]
    const text = all.slice(before[index], before[index] + room)
    isCut ||= before[index] + text.length < all.length
    if (text === '') continue
    items.push({ seq, phase, stepId, asset, stream, offset: before[index], text })
    room -= text.length
    told[seq] = index === 0 ? [before[0] + text.length, before[1]] : [before[0], before[1] + text.length]
  }
  const { status } = runs[0]
  return { items, next: OPEN_STATUSES.includes(status) || isCut ? encodeCursor(JSON.stringify(told)) : null, status }
}

function toldFrom(cursor: string): Told {
  const text = decodeCursor(cursor, 'string')
  if (!/^\{("\d{1,6}":\[\d{1,9},\d{1,9}\],?)*\}$/.test(text)) throw new AppError('bad_request', 'cursor is none of ours; take it from "next" of the page before')
  return JSON.parse(text) as Told
}

/** Throws `not_found` for a company the caller may not see. */
export async function requireCompany(sql: Sql, scope: Scope, companyId: string): Promise<void> {
  const params = new Params()
  const rows = await sql.query(`select 1 from companies c where c.id = ${params.add(companyId)} and ${visibleCompanies(scope, params, 'c.id')}`, params.values)
  if (rows.length === 0) throw new AppError('not_found', 'there is no such company')
}
