/** Runs, their commands and questions as they are shown, by what the caller may see. */
import type { Scope } from '../../schemas/access.ts'
import { AppError } from '../../schemas/errors.ts'
import type { OutputPage, OutputPiece, RunDetail } from '../../schemas/remediation-views.ts'
import { ENDED_STATUSES } from '../../schemas/run-work.ts'
import type { ApprovalView, RunCommandView, RunStatus, RunView } from '../../schemas/runs.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { requireVisibleCompany } from '../queries/incidents.ts'
import { visibleRuns } from '../queries/scope.ts'
import { cursorNumber, decodeCursor, encodeCursor, iso, Params, toPage, type Sql } from '../queries/sql.ts'
import { RUN_COLUMNS } from './runs-of-incident.ts'

/** Columns of a question. */
export const APPROVAL_COLUMNS = `a.id, a.run_id as "runId", a.company_id as "companyId", r.incident_id as "incidentId", a.question, a.role, a.four_eyes as "fourEyes", a.status, a.reason,
  ${iso('a.requested_at')} as "requestedAt", ${iso('a.expires_at')} as "expiresAt", ${iso('a.decided_at')} as "decidedAt", a.decided_by as "decidedBy", a.via, a.comment`

/** Characters of output answered at once. */
const OUTPUT_CHARS = 262_144

/** Which runs; nulls and empty lists mean any. */
export interface RunQuery extends PageQuery {
  readonly companyId: string | null
  readonly incidentId: string | null
  readonly runbookId: string | null
  readonly statuses: readonly RunStatus[]
}

/** Runs the caller may see, newest first. Throws `not_found` for a company that is not theirs, `bad_request` for a cursor we did not give. */
export async function listRuns(sql: Sql, scope: Scope, query: RunQuery): Promise<Page<RunView>> {
  if (query.companyId !== null) await requireVisibleCompany(sql, scope, query.companyId)
  const params = new Params()
  const where = [visibleRuns(scope, params, 'r')]
  if (query.companyId !== null) where.push(`r.company_id = ${params.add(query.companyId)}`)
  if (query.incidentId !== null) where.push(`r.incident_id in (select * from incident_ids(${params.add(query.incidentId)}))`)
  if (query.runbookId !== null) where.push(`r.runbook_id = ${params.add(query.runbookId)}`)
  if (query.statuses.length > 0) where.push(`r.status = any(${params.add([...query.statuses])}::text[])`)
  if (query.cursor !== null) {
    const [at, id = ''] = decodeCursor(query.cursor, 'string').split(' ')
    where.push(`(r.created_at, r.id) < (to_timestamp(${params.add(cursorNumber(at))}::float8 / 1000), ${params.add(id)})`)
  }
  const rows = await sql.query<RunView>(`select ${RUN_COLUMNS}, r.plan from runs r where ${where.join(' and ')} order by r.created_at desc, r.id desc limit ${params.add(query.limit + 1)}`, params.values)
  return toPage(rows, query.limit, ({ createdAt, id }) => `${Date.parse(createdAt)} ${id}`)
}

/** A run with commands and questions. Throws `not_found`. */
export async function getRun(sql: Sql, scope: Scope, id: string): Promise<RunDetail> {
  const params = new Params()
  const [row] = await sql.query<Omit<RunDetail, 'commands' | 'approvals'>>(
    `select ${RUN_COLUMNS}, r.plan, ${iso('r.cancel_requested_at')} as "cancelRequestedAt" from runs r where r.id = ${params.add(id)} and ${visibleRuns(scope, params, 'r')}`, params.values)
  if (row === undefined) throw new AppError('not_found', 'there is no such run')
  const commands = await sql.query<RunCommandView>(
    `select c.seq, c.step_id as "stepId", c.phase, c.asset, c.status, c.attempt, (select string_agg(v.value, ' ' order by v.key) from jsonb_each_text(c.ref) v) as ref, c.outcome, c.exit_code as "exitCode", c.stdout, c.stderr,
       c.truncated as "isTruncated", c.result, c.digest, ${iso('c.sent_at')} as "sentAt", ${iso('c.ended_at')} as "endedAt" from run_commands c where c.run_id = $1 order by c.seq`, [id])
  const approvals = await sql.query<ApprovalView>(`select ${APPROVAL_COLUMNS} from run_approvals a join runs r on r.id = a.run_id where a.run_id = $1 order by a.requested_at, a.id`, [id])
  return { ...row, commands, approvals }
}

/** What commands wrote since the cursor, as far as it is kept. A stream whose middle was cut out since is told on from where it was. Throws `not_found`, `bad_request`. */
export async function runOutput(sql: Sql, scope: Scope, id: string, cursor: string | null): Promise<OutputPage> {
  const params = new Params()
  const [run] = await sql.query<{ status: RunStatus }>(`select r.status from runs r where r.id = ${params.add(id)} and ${visibleRuns(scope, params, 'r')}`, params.values)
  if (run === undefined) throw new AppError('not_found', 'there is no such run')
  const told = new Map((cursor === null ? [] : decodeCursor(cursor, 'string').split(' ')).map((part): [string, number] => {
    const [stream = '', length] = part.split(':')
    return [stream, cursorNumber(length)]
  }))
  const lengths = await sql.query<{ seq: number; stdout: number; stderr: number }>(`select seq, length(stdout)::float8 as stdout, length(stderr)::float8 as stderr from run_commands where run_id = $1 and (stdout <> '' or stderr <> '') order by seq`, [id])
  const items: OutputPiece[] = []
  let room = OUTPUT_CHARS
  for (const length of lengths) {
    for (const stream of ['stdout', 'stderr'] as const) {
      const name = `${length.seq}${stream === 'stdout' ? 'o' : 'e'}`
      const offset = told.get(name) ?? 0
      if (length[stream] <= offset || room <= 0) continue
      const [piece] = await sql.query<Omit<OutputPiece, 'stream' | 'offset'>>(
        `select seq, phase, step_id as "stepId", asset, substr(${stream}, $3::int + 1, $4::int) as text from run_commands where run_id = $1 and seq = $2`, [id, length.seq, offset, room])
      if (piece === undefined) continue
      items.push({ ...piece, stream, offset })
      // PostgreSQL counts code points.
      const characters = Array.from(piece.text).length
      told.set(name, offset + characters)
      room -= characters
    }
  }
  const isOver = ENDED_STATUSES.includes(run.status) && room > 0
  return { items, next: isOver ? null : encodeCursor([...told].map(([name, length]) => `${name}:${length}`).join(' ') || '0o:0'), status: run.status }
}

/** Which questions. */
export interface ApprovalQuery extends PageQuery {
  readonly companyId: string | null
  readonly incidentId: string | null
  readonly status: ApprovalView['status'] | null
}

/** Questions of runs the caller may see, newest first. */
export async function listApprovals(sql: Sql, scope: Scope, query: ApprovalQuery): Promise<Page<ApprovalView>> {
  if (query.companyId !== null) await requireVisibleCompany(sql, scope, query.companyId)
  const params = new Params()
  const where = [visibleRuns(scope, params, 'r')]
  if (query.companyId !== null) where.push(`a.company_id = ${params.add(query.companyId)}`)
  if (query.incidentId !== null) where.push(`r.incident_id in (select * from incident_ids(${params.add(query.incidentId)}))`)
  if (query.status !== null) where.push(`a.status = ${params.add(query.status)}`)
  if (query.cursor !== null) {
    const [at, id = ''] = decodeCursor(query.cursor, 'string').split(' ')
    where.push(`(a.requested_at, a.id) < (to_timestamp(${params.add(cursorNumber(at))}::float8 / 1000), ${params.add(id)})`)
  }
  const rows = await sql.query<ApprovalView>(
    `select ${APPROVAL_COLUMNS} from run_approvals a join runs r on r.id = a.run_id where ${where.join(' and ')} order by a.requested_at desc, a.id desc limit ${params.add(query.limit + 1)}`, params.values)
  return toPage(rows, query.limit, ({ requestedAt, id }) => `${Date.parse(requestedAt)} ${id}`)
}
