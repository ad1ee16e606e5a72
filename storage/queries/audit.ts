import type { Caller, Scope } from '../../schemas/access.ts'
import type { AuditEntry, Page, PageQuery } from '../../schemas/views.ts'
import { visibleAudit } from './scope.ts'
import { atMs, decodeCursor, iso, Params, toPage, whole, type Sql } from './sql.ts'

/** One change to be written down; `before` and `after` carry no secret. */
export interface AuditLine {
  readonly companyId: string | null
  readonly action: string
  readonly subject: string
  readonly before: unknown
  readonly after: unknown
}

/** Writes a line of the audit log in the transaction of the change. */
export async function writeAudit(sql: Sql, caller: Caller, line: AuditLine, nowMs: number): Promise<void> {
  await sql.query(
    `insert into audit_log (at, actor_kind, actor_id, actor_name, ip, company_id, action, subject, before, after)
     values (${atMs('$1')}, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb)`,
    [nowMs, caller.kind, caller.id, caller.name, caller.ip, line.companyId, line.action, line.subject, asJson(line.before), asJson(line.after)],
  )
}

function asJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** Which lines of the audit log. */
export interface AuditQuery extends PageQuery {
  readonly companyId: string | null
  readonly actorId: string | null
  readonly action: string | null
}

/** Reads the audit log, newest first. */
export async function listAudit(sql: Sql, scope: Scope, query: AuditQuery): Promise<Page<AuditEntry>> {
  const params = new Params()
  const where = [visibleAudit(scope, params, 'a')]
  if (query.companyId !== null) where.push(`a.company_id = ${params.add(query.companyId)}`)
  if (query.actorId !== null) where.push(`a.actor_id = ${params.add(query.actorId)}`)
  if (query.action !== null) where.push(`a.action = ${params.add(query.action)}`)
  if (query.cursor !== null) where.push(`a.id < ${params.add(decodeCursor(query.cursor, 'number'))}`)
  const rows = await sql.query<AuditEntry>(
    `select ${whole('a.id')} as id, ${iso('a.at')} as at, json_build_object('kind', a.actor_kind, 'id', a.actor_id, 'name', a.actor_name) as actor,
       a.ip, a.company_id as "companyId", a.action, a.subject, a.before, a.after
     from audit_log a where ${where.join(' and ')} order by a.id desc limit ${params.add(query.limit + 1)}`,
    params.values,
  )
  return toPage(rows, query.limit, (row) => row.id)
}
