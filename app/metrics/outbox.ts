import { Counter, Gauge, type Registry } from 'prom-client'
import type { OutboxTools } from '../../connectors/outbox/ports.ts'

/** Metrics of the outbox of tickets; labels are bounded by the lists of connectors, kinds, statuses and codes. */
export function makeOutboxMetrics(registry: Registry): OutboxTools['metrics'] {
  const registers = [registry]
  const ended = new Counter({ name: 'ticket_outbox_ended_total', help: 'Orders for tickets that have ended, by connector, kind, status and code.', labelNames: ['connector', 'kind', 'status', 'code'], registers })
  const orders = new Gauge({ name: 'ticket_outbox_orders', help: 'Orders for tickets that wait, are being called or are dead.', labelNames: ['status'], registers })
  const oldest = new Gauge({ name: 'ticket_outbox_oldest_due_seconds', help: 'How long the oldest order that is due has waited.', registers })
  return {
    ended: (connector, kind, status, code) => ended.inc({ connector, kind, status, code: code ?? '' }),
    queue(waiting, calling, dead, oldestDueMs) {
      orders.set({ status: 'waiting' }, waiting)
      orders.set({ status: 'calling' }, calling)
      orders.set({ status: 'dead' }, dead)
      oldest.set(oldestDueMs / 1_000)
    },
  }
}
