import type { CorrelateEntry, ProblemEntry } from '../schemas/records.ts'
import type { IncidentNode } from './incident-node.ts'
import { labelFeatures, type LabelFeatures } from './labels.ts'
import { canonical, sketchOf, type Sketch } from './text.ts'

/** A problem in memory: its state entry, and what is compared, which depends on that entry alone. */
export class ProblemNode {
  readonly stateKey: string
  readonly entry: CorrelateEntry
  readonly state: ProblemEntry
  /** May have merged; go through `aliveOf`. */
  incident: IncidentNode | null = null
  asset: string | null = null
  signature: string | null = null
  labels: LabelFeatures
  sketch: Sketch
  /** Serial of the search that last scored it, so that one search scores it once. */
  mark = 0

  constructor(stateKey: string, state: ProblemEntry) {
    this.stateKey = stateKey
    this.state = state
    this.entry = { event: state }
    const { problem } = state
    this.asset = canonical(problem.asset)
    this.signature = canonical(problem.signature)
    this.labels = labelFeatures(problem.labels, this.asset)
    this.sketch = sketchOf(`${problem.title} ${problem.message}`)
  }

  /** When its present episode began; nearness in time is measured between these. */
  get onsetMs(): number {
    return this.state.problem.firstAtMs
  }

  get isFiring(): boolean {
    return this.state.problem.status === 'firing'
  }

  /** Takes over a newer event. True when one of the names it is indexed under has changed. */
  update(problem: ProblemEntry['problem']): boolean {
    const before = this.state.problem
    this.state.problem = problem
    if (before.title !== problem.title || before.message !== problem.message) this.sketch = sketchOf(`${problem.title} ${problem.message}`)
    const { asset, signature, labels } = this
    this.asset = canonical(problem.asset)
    this.signature = canonical(problem.signature)
    this.labels = labelFeatures(problem.labels, this.asset)
    return asset !== this.asset || signature !== this.signature || labels.service !== this.labels.service || labels.site !== this.labels.site
      || labels.named.length !== this.labels.named.length || labels.named.some((name, i) => name !== this.labels.named[i])
  }
}

/** Newest episode first, then by problem key: the one order in which an incident's problems are told. */
export function newestFirst(a: ProblemNode, b: ProblemNode): number {
  const aMs = a.state.problem.firstAtMs
  const bMs = b.state.problem.firstAtMs
  if (aMs !== bMs) return bMs - aMs
  return a.state.problem.problemKey < b.state.problem.problemKey ? -1 : 1
}
