import { Counter, Gauge, type Registry } from 'prom-client'
import type { RunMetrics } from '../../remediator/runs/ports.ts'

/** What the role `remediate` counts. */
export interface RemediateMetrics extends RunMetrics {
  /** Incidents that wait to be looked at. */
  waiting(incidents: number): void
  /** Incidents left out because too many waited. */
  skipped(incidents: number): void
}

/** Metrics of the role `remediate`; labels are bounded by the lists of statuses, outcomes, reason codes, clouds and faults. */
export function makeRemediateMetrics(registry: Registry): RemediateMetrics {
  const registers = [registry]
  const ended = new Counter({ name: 'runs_ended_total', help: 'Runs that have ended, by status and outcome.', labelNames: ['status', 'outcome', 'simulated'], registers })
  const refused = new Counter({ name: 'runs_refused_total', help: 'Runs that were refused, by reason code.', labelNames: ['code'], registers })
  const calls = new Counter({ name: 'executor_calls_total', help: 'Calls of clouds by operation and result: ok or a fault.', labelNames: ['cloud', 'operation', 'result'], registers })
  const open = new Gauge({ name: 'runs_open', help: 'Runs that have not ended, by status.', labelNames: ['status'], registers })
  const untold = new Gauge({ name: 'runs_untold', help: 'Ended runs whose outcome the incident has not been told.', registers })
  const waiting = new Gauge({ name: 'remediation_queue_incidents', help: 'Incidents that wait to be looked at for a repair.', registers })
  const skipped = new Counter({ name: 'remediation_skipped_total', help: 'Incidents left out because too many waited.', registers })
  return {
    ended: (status, outcome, isSimulated) => ended.inc({ status, outcome: outcome ?? '', simulated: String(isSimulated) }),
    refused: (code) => refused.inc({ code }),
    call: (cloud, operation, result) => calls.inc({ cloud, operation, result }),
    queue(byStatus, ofUntold) {
      open.reset()
      for (const [status, count] of Object.entries(byStatus)) open.set({ status }, count)
      untold.set(ofUntold)
    },
    waiting: (incidents) => waiting.set(incidents),
    skipped: (incidents) => skipped.inc(incidents),
  }
}
