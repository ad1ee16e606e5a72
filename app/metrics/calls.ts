import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { CallMetrics } from '../../storage/tickets/calls.ts'

/** Metrics of outside calls; labels are bounded by the lists of connectors, actions, directions and statuses. */
export function makeCallMetrics(registry: Registry): CallMetrics {
  const registers = [registry]
  const seconds = new Histogram({ name: 'outside_call_seconds', help: 'Calls to outside systems and from them.', labelNames: ['connector', 'action', 'direction', 'status'], buckets: [0.05, 0.2, 0.5, 1, 2, 5, 10, 30], registers })
  const failed = new Counter({ name: 'outside_call_records_failed_total', help: 'Attempts to record outside calls that failed and are made again.', registers })
  const unrecorded = new Counter({ name: 'outside_calls_unrecorded_total', help: 'Outside calls without a record: full, refused, unreadable or stopped.', labelNames: ['why'], registers })
  const waiting = new Gauge({ name: 'outside_call_records_waiting', help: 'Outside calls that wait to be recorded.', registers })
  return {
    called: ({ connector, action, direction, status, durationMs }) => seconds.observe({ connector, action, direction, status }, durationMs / 1_000),
    failed: () => failed.inc(),
    unrecorded: (why, calls) => unrecorded.inc({ why }, calls),
    waiting: (calls) => waiting.set(calls),
  }
}
