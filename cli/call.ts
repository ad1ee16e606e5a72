/** `aw call`: calls to outside systems and from them. */
import type { CallDetail, CallView } from '../schemas/call-views.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { incidentId } from './incident.ts'
import { cell, table } from './output.ts'
import { printable } from './runbook.ts'
import { companyNamed } from './send.ts'

/** Which calls. */
export interface CallOptions {
  readonly company?: string
  readonly connector?: string
  readonly connection?: string
  readonly incident?: string
  readonly ticket?: string
  readonly status?: string
  readonly from?: string
  readonly to?: string
  readonly q?: string
  readonly limit?: number
}

/** The newest calls. */
export async function listCalls(api: ApiClient, { company, incident, limit = 50, ...filter }: CallOptions): Promise<Page<CallView>> {
  const query = new URLSearchParams({ limit: String(limit), ...filter, ...(incident === undefined ? {} : { incident: await incidentId(api, incident) }), ...(company === undefined ? {} : { company: (await companyNamed(api, company)).id }) })
  return api.call<Page<CallView>>('GET', `/api/calls?${query.toString()}`)
}

/** Calls as a person reads them. */
export function callsText({ items, next }: Page<CallView>): string {
  if (items.length === 0) return 'there are no such calls; they are kept thirty days'
  return [
    table(['at', 'connector', '', 'what', 'status', 'ms', 'tries', 'who', 'id'], items.map((call) => [
      call.at, cell(call.connector, 30), call.direction, cell(call.reference, 40), `${call.status}${call.httpStatus === null ? '' : ` ${call.httpStatus}`}${call.errorCode === null ? '' : ` ${cell(call.errorCode, 30)}`}`, Math.round(call.durationMs), call.retries + 1,
      cell(call.who.name, 30), call.id,
    ])),
    ...(next === null ? [] : ['', 'There are more: raise --limit, or narrow it down with --from and --to.']),
  ].join('\n')
}

/** One call with what was sent and answered. */
export function showCall(api: ApiClient, id: string): Promise<CallDetail> {
  return api.call<CallDetail>('GET', `/api/calls/${encodeURIComponent(id)}`)
}

/** One call as a person reads it. */
export function callText(call: CallDetail): string {
  const part = (name: string, body: string | null): readonly string[] => (body === null || body === '' ? [] : ['', `--- ${name}`, printable(body)])
  return [
    `${call.id}: ${cell(call.reference, 100)}`,
    `status    ${call.status}${call.httpStatus === null ? '' : `, HTTP ${call.httpStatus}`}${call.errorCode === null ? '' : `, ${cell(call.errorCode, 60)}`}${call.errorText === null ? '' : `: ${cell(call.errorText, 500)}`}`,
    `call      ${call.direction} ${cell(call.method, 10)} ${cell(call.url, 500)}`, `when      ${call.at}, ${Math.round(call.durationMs)} ms, attempt ${call.retries + 1}`,
    `of        ${cell(call.connector, 60)}, connection ${call.connectionId ?? '-'}, by ${call.who.kind} ${cell(call.who.name, 60)}`,
    `for       company ${call.companyId ?? '- (the MSP as a whole)'}, incident ${call.incidentId ?? '-'}, ticket ${call.ticketId ?? '-'}, there ${cell(call.externalId ?? '-', 100)}`,
    ...part('sent', call.request), ...part('answered', call.response),
  ].join('\n')
}
