import type { Deadlines } from './deadlines.ts'
import type { IngestMetric, Metrics } from './ports.ts'

/** Counters may be behind by so much, in ms. */
const FLUSH_INTERVAL_MS = 250

/** Adds up counts and hands them on four times a second: a counter of a metrics library costs ten times a map entry, and a request has several. */
export class BufferedMetrics implements Metrics {
  readonly #target: Metrics
  readonly #counts = new Map<IngestMetric, Map<string, number>>()

  constructor(target: Metrics, deadlines: Deadlines) {
    this.#target = target
    const flushLater = (): void => {
      deadlines.after(FLUSH_INTERVAL_MS, () => {
        this.flush()
        flushLater()
      })
    }
    flushLater()
  }

  inc(metric: IngestMetric, label: string, by = 1): void {
    const labels = this.#counts.get(metric)
    if (labels === undefined) this.#counts.set(metric, new Map([[label, by]]))
    else labels.set(label, (labels.get(label) ?? 0) + by)
  }

  /** Hands on what has been added up. */
  flush(): void {
    for (const [metric, labels] of this.#counts) for (const [label, count] of labels) this.#target.inc(metric, label, count)
    this.#counts.clear()
  }
}
