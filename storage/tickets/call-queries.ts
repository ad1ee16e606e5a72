/** Outside calls by what the caller may see. */
import type { Scope } from '../../schemas/access.ts'
import type { CallDetail, CallFilter, CallView } from '../../schemas/call-views.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { requireVisibleCompany } from '../queries/incidents.ts'
import { visibleCalls } from '../queries/scope.ts'
import { atMs, cursorNumber, decodeCursor, iso, likeText, Params, toPage, type Sql } from '../queries/sql.ts'

/** What a call says to those who may not know whether the ticket that was asked for is there. */
const REFUSED = { status: `'error'`, http_status: '404', error_code: `'not_found'`, error_text: `'there is no ticket of this name that the company may be shown'`, duration_ms: '0::float8' } as const

/** How the caller sees calls: their columns as SQL, and which there are. Searches go by what is seen. */
function seen(scope: Scope): { readonly columns: string; readonly of: (column: keyof typeof REFUSED) => string; readonly where: string } {
  const of = (column: keyof typeof REFUSED): string => (scope.role === 'msp_admin' ? `c.${column}` : `(case when c.shown_as is null then c.${column} else ${REFUSED[column]} end)`)
  return {
    of, where: scope.role === 'msp_admin' ? 'true' : `c.shown_as is distinct from 'hidden'`,
    columns: `c.id, ${iso('c.at')} as at, c.integration_type as "integrationType", c.connector, c.connection_id as "connectionId", c.company_id as "companyId", c.incident_id as "incidentId", c.ticket_id as "ticketId",
      c.action, c.direction, c.external_id as "externalId", c.method, c.url, c.reference, ${of('status')} as status, ${of('http_status')} as "httpStatus", ${of('error_code')} as "errorCode", ${of('error_text')} as "errorText",
      ${of('duration_ms')} as "durationMs", c.retries, c.who`,
  }
}

/** Calls the caller may see, newest first; those for the MSP as a whole only for an MSP Admin. Throws `not_found` for a company that is not theirs, `bad_request` for a cursor we did not give. */
export async function listCalls(sql: Sql, scope: Scope, query: CallFilter & PageQuery): Promise<Page<CallView>> {
  if (query.companyId !== null) await requireVisibleCompany(sql, scope, query.companyId)
  const params = new Params()
  const shown = seen(scope)
  const where = [visibleCalls(scope, params, 'c'), shown.where]
  const equal = (column: string, value: string | null): void => {
    if (value !== null) where.push(`c.${column} = ${params.add(value)}`)
  }
  equal('company_id', query.companyId)
  equal('connection_id', query.connectionId)
  equal('connector', query.connector)
  equal('ticket_id', query.ticketId)
  equal('direction', query.direction)
  if (query.incidentId !== null) where.push(`c.incident_id in (select * from incident_ids(${params.add(query.incidentId)}))`)
  if (query.actions.length > 0) where.push(`c.action = any(${params.add([...query.actions])}::text[])`)
  if (query.statuses.length > 0) where.push(`${shown.of('status')} = any(${params.add([...query.statuses])}::text[])`)
  if (query.fromMs !== null) where.push(`c.at >= ${atMs(params.add(query.fromMs))}`)
  if (query.toMs !== null) where.push(`c.at < ${atMs(params.add(query.toMs))}`)
  if (query.q !== null) {
    const [exact, like] = [params.add(query.q), params.add(likeText(query.q))]
    where.push(`(c.id = ${exact} or c.external_id = ${exact} or ${shown.of('error_code')} = ${exact} or c.reference ilike ${like} or c.url ilike ${like} or ${shown.of('error_text')} ilike ${like})`)
  }
  if (query.cursor !== null) {
    const [at, id = ''] = decodeCursor(query.cursor, 'string').split(' ')
    where.push(`(c.at, c.id) < (${atMs(params.add(cursorNumber(at)))}, ${params.add(id)})`)
  }
  const rows = await sql.query<CallView>(`select ${shown.columns} from outside_calls c where ${where.join(' and ')} order by c.at desc, c.id desc limit ${params.add(query.limit + 1)}`, params.values)
  return toPage(rows, query.limit, ({ at, id }) => `${Date.parse(at)} ${id}`)
}

/**
 * One call with what was sent and answered. Throws `not_found`. What a system answers that is not the company's own is an MSP Admin's alone to read: lists and searches there, and tickets that somebody
 * guessed the number of, hold what belongs to other clients.
 */
export async function getCall(sql: Sql, scope: Scope, id: string): Promise<CallDetail> {
  const params = new Params()
  const shown = seen(scope)
  const isShown = scope.role === 'msp_admin' ? 'true' : '(c.shown_as is null and (c.connection_id is null or exists (select 1 from connections k where k.id = c.connection_id and k.company_id = c.company_id)))'
  const [row] = await sql.query<CallDetail>(`select ${shown.columns}, c.request, case when ${isShown} then c.response end as response from outside_calls c where c.id = ${params.add(id)} and ${shown.where} and ${visibleCalls(scope, params, 'c')}`, params.values)
  if (row === undefined) throw new AppError('not_found', 'there is no such call; calls are kept thirty days')
  return row
}
