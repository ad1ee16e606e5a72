/** Problems that are kept quiet, as the projection shows them. */
import type { Scope } from '../../schemas/access.ts'
import type { Page } from '../../schemas/views.ts'
import type { SuppressedQuery, SuppressedView } from '../../schemas/quiet-views.ts'
import { requireVisibleCompany } from './incidents.ts'
import { visibleCompanies } from './scope.ts'
import { atMs, cursorNumber, decodeCursor, iso, Params, toPage, whole, type Sql } from './sql.ts'

/** Newest first, of the companies the caller may see. Throws `not_found` for a company that is not theirs, `bad_request` for a cursor we did not give. */
export async function listSuppressed(sql: Sql, scope: Scope, query: SuppressedQuery): Promise<Page<SuppressedView>> {
  if (query.companyId !== null) await requireVisibleCompany(sql, scope, query.companyId)
  const params = new Params()
  const where = ['p.suppression is not null', visibleCompanies(scope, params, 'p.company_id')]
  if (query.companyId !== null) where.push(`p.company_id = ${params.add(query.companyId)}`)
  if (query.kind !== null) where.push(`p.suppression ->> 'kind' = ${params.add(query.kind)}`)
  if (query.ruleId !== null) where.push(`p.suppression ->> 'ruleId' = ${params.add(query.ruleId)}`)
  if (query.status !== null) where.push(`p.status = ${params.add(query.status)}`)
  if (query.cursor !== null) {
    const [ms, companyId = '', ...key] = decodeCursor(query.cursor, 'string').split(' ')
    where.push(`(p.first_at, p.company_id, p.problem_key) < (${atMs(params.add(cursorNumber(ms)))}, ${params.add(companyId)}, ${params.add(key.join(' '))})`)
  }
  const rows = await sql.query<SuppressedView>(
    `select p.company_id as "companyId", p.problem_key as "problemKey", p.title, p.asset, p.signature, p.source, p.integration_id as "integrationId", p.severity, p.status, p.flapping, p.episode, ${whole('p.alert_count')} as "alertCount",
       ${iso('p.first_at')} as "firstAt", ${iso('p.last_at')} as "lastAt", ${iso('p.resolved_at')} as "resolvedAt",
       p.suppression ->> 'kind' as kind, p.suppression ->> 'ruleId' as "ruleId", p.suppression ->> 'reason' as reason, p.suppression ->> 'byProblemKey' as "byProblemKey",
       ${iso(`to_timestamp((p.suppression ->> 'sinceMs')::float8 / 1000)`)} as since, ${iso(`to_timestamp((p.suppression ->> 'untilMs')::float8 / 1000)`)} as until
     from problems p where ${where.join(' and ')} order by p.first_at desc, p.company_id desc, p.problem_key desc limit ${params.add(query.limit + 1)}`, params.values,
  )
  return toPage(rows, query.limit, ({ firstAt, companyId, problemKey }) => `${Date.parse(firstAt)} ${companyId} ${problemKey}`)
}
