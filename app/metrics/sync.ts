import { Counter, Gauge, type Registry } from 'prom-client'
import type { SyncMetrics } from '../../connectors/sync/desk.ts'
import type { ListenTools } from '../../connectors/sync/listen.ts'

/** What the role `sync` counts. */
export interface TicketMetrics extends SyncMetrics {
  readonly listen: ListenTools['metrics']
  /** Hints that wait, and for how long the oldest. */
  hints(waiting: number, oldestMs: number): void
  /** Webhooks of ticket systems. */
  hook(result: 'taken' | 'refused' | 'unreadable'): void
}

/** Metrics of the two-way sync of tickets; labels are bounded by the lists of reasons, kinds, actions and error codes. */
export function makeTicketMetrics(registry: Registry): TicketMetrics {
  const registers = [registry]
  const looks = new Counter({ name: 'ticket_looks_total', help: 'Looks at incidents for their tickets, by what they came to.', labelNames: ['reason'], registers })
  const orders = new Counter({ name: 'ticket_orders_total', help: 'Orders for tickets that were written down, by kind.', labelNames: ['kind'], registers })
  const incidents = new Gauge({ name: 'ticket_queue_incidents', help: 'Incidents that wait to be looked at for their tickets.', registers })
  const reads = new Counter({ name: 'ticket_reads_total', help: 'Tickets read back, by how we were told and result: read, gone or an error code.', labelNames: ['via', 'result'], registers })
  const words = new Counter({ name: 'ticket_words_total', help: 'What people did in tickets, told to incidents, by action.', labelNames: ['action'], registers })
  const waiting = new Gauge({ name: 'ticket_hints_waiting', help: 'Hints of changed tickets that wait to be looked into.', registers })
  const lag = new Gauge({ name: 'ticket_hints_oldest_seconds', help: 'Age of the oldest of them.', registers })
  const hooks = new Counter({ name: 'ticket_hooks_total', help: 'Webhooks of ticket systems, by result: taken, refused or unreadable.', labelNames: ['result'], registers })
  return {
    looked: (reason) => looks.inc({ reason }),
    ordered: (kind) => orders.inc({ kind }),
    waiting: (count) => incidents.set(count),
    listen: { read: (via, result) => reads.inc({ via, result }), word: (action) => words.inc({ action }) },
    hints(count, oldestMs) {
      waiting.set(count)
      lag.set(oldestMs / 1_000)
    },
    hook: (result) => hooks.inc({ result }),
  }
}
