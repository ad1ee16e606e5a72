/** Reads and writes rows of ServiceNow's tables; what every call of this connector goes through. */
import type { CallAction } from '../../schemas/tickets.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext, type ConnectorCode } from '../port.ts'
import type { ServiceNowRecord } from './map.ts'

/** A 403 that no right mends: a data policy wants a field, or a business rule of the instance refuses what was written. */
export function meaning(status: number, body: unknown): ConnectorCode | null {
  const { message, detail } = isRecord(body) && isRecord(body.error) ? body.error : {}
  return status === 403 && /data policy exception|business rule/i.test([message, detail].filter((one) => typeof one === 'string').join(' ')) ? 'invalid' : null
}

/** A question to a table. */
export interface Question {
  readonly query: string
  /** Column names, with commas. */
  readonly fields: string
  readonly limit: number
  readonly offset?: number
  readonly reference: string
}

/** Rows of a table, stored and shown values both. */
export async function rows(table: string, question: Question, ctx: CallContext): Promise<readonly ServiceNowRecord[]> {
  return (await page(table, { ...question, isCounted: false }, ctx)).found
}

/** As many rows as asked for, in pages of the instance's own size, and whether there are more. */
export async function pagedRows(table: string, question: Question, ctx: CallContext): Promise<{ readonly found: readonly ServiceNowRecord[]; readonly hasMore: boolean }> {
  const found: ServiceNowRecord[] = []
  for (;;) {
    const next = await page(table, { ...question, limit: question.limit - found.length, offset: found.length, isCounted: true }, ctx)
    found.push(...next.found)
    const isAll = next.found.length === 0 || found.length >= next.total
    if (isAll || found.length >= question.limit) return { found, hasMore: !isAll }
  }
}

async function page(table: string, { query, fields, limit, offset, reference, isCounted }: Question & { readonly isCounted: boolean }, ctx: CallContext): Promise<{ readonly found: readonly ServiceNowRecord[]; readonly total: number }> {
  const answer = await ctx.http.call({
    method: 'GET', path: path`/api/now/table/${table}`, action: 'searched', reference,
    query: { sysparm_query: query, sysparm_fields: fields, sysparm_limit: limit, sysparm_offset: offset, sysparm_display_value: 'all', sysparm_exclude_reference_link: true, ...(isCounted ? {} : { sysparm_no_count: true }) },
  })
  const result = resultOf(answer.body)
  if (!Array.isArray(result)) throw new ConnectorError('bad_answer', `ServiceNow: ${reference}: a list was due; the base URL may be wrong`)
  const found = result.filter(isRecord)
  const total = Number(answer.headers.get('x-total-count') ?? Number.NaN)
  // Without a count a page that is as long as was asked for may have another behind it.
  return { found, total: Number.isNaN(total) ? (offset ?? 0) + found.length + (found.length < limit ? 0 : 1) : total }
}

/** One row by its id; null where there is none or it may not be seen. */
export async function row(table: string, id: string, fields: string, reference: string, ctx: CallContext): Promise<ServiceNowRecord | null> {
  const answer = await ctx.http.call({
    method: 'GET', path: path`/api/now/table/${table}/${id}`, action: 'retrieved', reference, externalId: id, accepts: [404, 410],
    query: { sysparm_fields: fields, sysparm_display_value: 'all', sysparm_exclude_reference_link: true },
  })
  return answer.status >= 400 ? null : recordIn(answer.body, reference)
}

/** Makes a row and answers it. */
export async function insert(table: string, values: Readonly<Record<string, string>>, fields: string, reference: string, ctx: CallContext, action: CallAction = 'created'): Promise<ServiceNowRecord> {
  const answer = await ctx.http.call({
    method: 'POST', path: path`/api/now/table/${table}`, action, reference, json: values, meaning,
    query: { sysparm_fields: fields, sysparm_display_value: 'all', sysparm_exclude_reference_link: true },
  })
  return recordIn(answer.body, reference)
}

/** Changes columns of a row. Throws `not_found` where it is gone. */
export async function change(table: string, id: string, values: Readonly<Record<string, string>>, reference: string, ctx: CallContext, action: CallAction = 'updated'): Promise<void> {
  await ctx.http.call({ method: 'PATCH', path: path`/api/now/table/${table}/${id}`, action, reference, externalId: id, json: values, meaning, query: { sysparm_fields: 'sys_id', sysparm_exclude_reference_link: true } })
}

/** What an answer holds below `result`. */
export function resultOf(body: unknown): unknown {
  return isRecord(body) ? body.result : undefined
}

function recordIn(body: unknown, reference: string): ServiceNowRecord {
  const result = resultOf(body)
  if (!isRecord(result)) throw new ConnectorError('bad_answer', `ServiceNow: ${reference}: a record was due; the base URL may be wrong`)
  return result
}

function isRecord(value: unknown): value is ServiceNowRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
