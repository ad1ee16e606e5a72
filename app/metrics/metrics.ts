/** All metrics of the process in one registry, in the Prometheus text format; labels are bounded. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { ModelMetrics } from '../../correlator/analyst/model/provider.ts'
import { INGEST_METRICS, type Metrics as IngestMetrics } from '../../ingest/ports.ts'
import { makeAnalystMetrics } from './analyst.ts'
import { makeCallMetrics } from './calls.ts'
import { makeOutboxMetrics } from './outbox.ts'
import type { OutboxTools } from '../../connectors/outbox/ports.ts'
import { makeRemediateMetrics, type RemediateMetrics } from './remediate.ts'
import { makeTicketMetrics, type TicketMetrics } from './sync.ts'
import type { AnalystMetrics } from '../../correlator/analyst/ports.ts'
import type { RunnerMetrics } from '../../processors/runner.ts'
import type { CallMetrics } from '../../storage/tickets/calls.ts'

/** The registry and the counters that the parts are handed. */
export interface AppMetrics {
  readonly registry: Registry
  readonly ingest: IngestMetrics
  readonly runner: RunnerMetrics
  readonly analyst: AnalystMetrics
  readonly models: ModelMetrics
  readonly remediate: RemediateMetrics
  readonly tickets: TicketMetrics
  readonly calls: CallMetrics
  readonly outbox: OutboxTools['metrics']
}

/** Makes them, with the process's own figures (memory, event loop, CPU). */
export function makeMetrics(): AppMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counters = new Map(Object.entries(INGEST_METRICS).map(([name, { label, help }]) => [name, { label, counter: new Counter({ name, help, labelNames: [label], registers: [registry] }) }]))
  const records = new Counter({ name: 'stage_records_total', help: 'Input records by stage and fate.', labelNames: ['stage', 'fate'], registers: [registry] })
  const reloads = new Counter({ name: 'stage_reloads_total', help: 'Partitions whose memory was dropped and loaded again, by error code.', labelNames: ['stage', 'code'], registers: [registry] })
  const seconds = new Histogram({ name: 'stage_batch_seconds', help: 'From a batch in hand to its commit.', labelNames: ['stage'], buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10], registers: [registry] })
  const progress = new Gauge({ name: 'stage_progress_timestamp_seconds', help: 'Append time of the newest committed record.', labelNames: ['stage', 'partition'], registers: [registry] })
  const spoken = new Gauge({ name: 'stage_output_timestamp_seconds', help: 'Append time of the newest record that a stage published something for.', labelNames: ['stage', 'partition'], registers: [registry] })
  const calls = new Histogram({ name: 'llm_call_seconds', help: 'Calls to providers of language models by outcome: ok, given_up or an error code.', labelNames: ['provider', 'outcome'], buckets: [0.25, 0.5, 1, 2, 3, 5, 10, 30], registers: [registry] })
  const tokens = new Counter({ name: 'llm_provider_tokens_total', help: 'Tokens as providers counted them; cached ones are part of the input.', labelNames: ['provider', 'kind'], registers: [registry] })
  return {
    registry,
    analyst: makeAnalystMetrics(registry),
    remediate: makeRemediateMetrics(registry),
    tickets: makeTicketMetrics(registry),
    calls: makeCallMetrics(registry),
    outbox: makeOutboxMetrics(registry),
    models: {
      call(provider, outcome, callSeconds, used) {
        calls.observe({ provider, outcome }, callSeconds)
        tokens.inc({ provider, kind: 'input' }, used?.inputTokens ?? 0)
        tokens.inc({ provider, kind: 'output' }, used?.outputTokens ?? 0)
        tokens.inc({ provider, kind: 'cached' }, used?.cachedInputTokens ?? 0)
      },
    },
    ingest: {
      inc(name, label, by = 1) {
        const metric = counters.get(name)
        metric?.counter.inc({ [metric.label]: label }, by)
      },
    },
    runner: {
      batch(stage, fates, batchSeconds) {
        for (const [fate, count] of fates) records.inc({ stage, fate }, count)
        seconds.observe({ stage }, batchSeconds)
      },
      reloaded: (stage, code) => reloads.inc({ stage, code }),
      progress: (stage, partition, atMs) => progress.set({ stage, partition: String(partition) }, atMs / 1_000),
      spoke: (stage, partition, atMs) => spoken.set({ stage, partition: String(partition) }, atMs / 1_000),
    },
  }
}
