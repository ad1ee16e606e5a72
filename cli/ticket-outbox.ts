/** `aw ticket outbox`, `replay` and `drop`: what is to be written to ticket systems, and what a person does about what was not. */
import { AppError } from '../schemas/errors.ts'
import type { OutboxOrderView } from '../schemas/ticket-work.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { incidentId } from './incident.ts'
import { cell, progressBar, table } from './output.ts'
import { companyNamed } from './send.ts'

/** Which orders. */
export interface OutboxOptions {
  readonly company?: string
  readonly status?: string
  readonly ticket?: string
  readonly incident?: string
  readonly limit?: number
  readonly cursor?: string
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

/** Which dead orders. */
export interface ReplayOptions extends Pick<OutboxOptions, 'company' | 'ticket' | 'incident'> {
  readonly code?: string
}

/** What a replay of many came to. `left`: those whose ticket may have been made, which a person looks at first. */
export interface OrdersReplayed {
  readonly replayed: number
  readonly left: number
  readonly failed: readonly { readonly id: string; readonly message: string }[]
}

const LIST_LIMIT = 200

/** Tries all dead ones again that fit, the oldest first; those of an unknown outcome only where `code` asks for them. Stopping it leaves the rest as it was. */
export async function replayOrders(api: ApiClient, { code, ...options }: ReplayOptions): Promise<OrdersReplayed> {
  const dead: OutboxOrderView[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Page<OutboxOrderView> = await listOrders(api, { ...options, status: 'dead', limit: LIST_LIMIT, ...(cursor === undefined ? {} : { cursor }) })
    dead.push(...page.items)
    cursor = page.next
  }
  const fitting = dead.filter((order) => code === undefined || order.code === code)
  const orders = fitting.filter((order) => code !== undefined || order.code !== 'outcome_unknown').reverse()
  const failed: { id: string; message: string }[] = []
  const bar = progressBar(orders.length, 'orders')
  try {
    for (const { id } of orders) {
      try {
        await replayOrder(api, id)
      } catch (thrown) {
        // Somebody else may have replayed or dropped it meanwhile; what else is wrong is wrong for the rest as well.
        if (!(thrown instanceof AppError) || (thrown.code !== 'conflict' && thrown.code !== 'not_found')) throw thrown
        failed.push({ id, message: thrown.message })
      }
      bar.step(1)
    }
  } finally {
    bar.stop()
  }
  return { replayed: orders.length - failed.length, left: fitting.length - orders.length, failed }
}

/** The sum as a person reads it. */
export function ordersReplayedText({ replayed, left, failed }: OrdersReplayed): string {
  return [
    `${replayed} dead orders are tried again${failed.length === 0 ? '' : `, ${failed.length} could not be:`}`,
    ...failed.slice(0, 20).map(({ id, message }) => `  ${id}: ${cell(message, 160)}`),
    ...(left === 0 ? [] : [`${left} were left: their tickets may have been made. Look there first, then link and drop, or replay them with --code outcome_unknown.`]),
  ].join('\n')
}

/** Drops one. */
export function dropOrder(api: ApiClient, id: string): Promise<OutboxOrderView> {
  return api.call<OutboxOrderView>('POST', `/api/tickets/outbox/${encodeURIComponent(id)}/drop`)
}

/** What became of one. */
export function orderText({ id, kind, status, number, title }: OutboxOrderView): string {
  return `order ${id} (${kind} of ${cell(number ?? title, 80)}) ${status === 'void' ? 'is dropped' : `is ${status}`}`
}
