/** `aw ticket outbox`, `replay` and `drop`: what is to be written to ticket systems, and what a person does about what was not. */
import type { OutboxOrderView } from '../schemas/ticket-work.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { incidentId } from './incident.ts'
import { cell, table } from './output.ts'
import { companyNamed } from './send.ts'

/** Which orders. */
export interface OutboxOptions {
  readonly company?: string
  readonly status?: string
  readonly ticket?: string
  readonly incident?: string
  readonly limit?: number
}

const URGENCIES = ['critical', 'asked', 'usual', 'later']

/** The newest orders. */
export async function listOrders(api: ApiClient, { company, incident, limit = 50, ...filter }: OutboxOptions): Promise<Page<OutboxOrderView>> {
  const query = new URLSearchParams({ limit: String(limit), ...filter, ...(incident === undefined ? {} : { incident: await incidentId(api, incident) }), ...(company === undefined ? {} : { company: (await companyNamed(api, company)).id }) })
  return api.call<Page<OutboxOrderView>>('GET', `/api/tickets/outbox?${query.toString()}`)
}

/** Orders as a person reads them: first all in a table, then why those failed that did. */
export function ordersText({ items, next }: Page<OutboxOrderView>): string {
  if (items.length === 0) return 'there are no such orders'
  const failed = items.filter(({ error }) => error !== null)
  return [
    table(['id', 'status', 'what', 'ticket', 'connector', 'urgency', 'refused', 'due', 'code'], items.map((order) => [
      order.id, order.status, order.kind, cell(order.number ?? order.title, 40), cell(order.connector, 30), URGENCIES[order.urgency] ?? String(order.urgency), order.attempts, order.endedAt === null ? order.dueAt : '', cell(order.code ?? '', 20),
    ])),
    ...failed.map(({ id, error }) => `${id}: ${cell(error ?? '', 400)}`),
    ...(failed.some(({ status }) => status === 'dead') ? ['', 'Mend what is said, then `aw ticket replay <id>`; or `aw ticket drop <id>`. What was sent and answered: `aw call list --incident <incident> --status error`, `aw call show <id>`.'] : []),
    ...(items.some(({ status }) => status === 'shown') ? ['', 'Those that are shown are planned only: `aw company mode <company> production` lets tickets be made.'] : []),
    ...(next === null ? [] : ['', 'There are more: raise --limit, or narrow it down.']),
  ].join('\n')
}

/** Tries a dead one again. */
export function replayOrder(api: ApiClient, id: string): Promise<OutboxOrderView> {
  return api.call<OutboxOrderView>('POST', `/api/tickets/outbox/${encodeURIComponent(id)}/replay`)
}

/** Drops one. */
export function dropOrder(api: ApiClient, id: string): Promise<OutboxOrderView> {
  return api.call<OutboxOrderView>('POST', `/api/tickets/outbox/${encodeURIComponent(id)}/drop`)
}

/** What became of one. */
export function orderText({ id, kind, status, number, title }: OutboxOrderView): string {
  return `order ${id} (${kind} of ${cell(number ?? title, 80)}) ${status === 'void' ? 'is dropped' : `is ${status}`}`
}
