/** A first guess at the asset a group of alerts comes from; cheap, and kept per incident while alerts stream by. */
import type { TopologyEdge } from '../schemas/records.ts'
import type { BacktestAlert } from './backtest-problems.ts'
import { Graph } from './graph.ts'
import { canonical } from './text.ts'

interface Suspect {
  /** As it was written first. */
  name: string
  firstMs: number
  alerts: number
  /** Different things wrong with it. */
  signatures: Set<string>
  severe: number
}

interface Case {
  firstMs: number
  alerts: number
  suspects: Map<string, Suspect>
}

/** Assets of a group kept as suspects at most. */
const SUSPECTS_MAX = 2_000
const SEVERE = new Set(['critical', 'error', 'high', 'fatal'])
/** An asset that alerts this long after the first one is no earlier cause. */
const EARLY_MS = 60_000

/** Suspects per incident. */
export class RootCauses {
  readonly #graph: Graph
  readonly #cases = new Map<number, Case>()
  readonly #names = new Map<number, string | null>()

  constructor(edges: readonly TopologyEdge[]) {
    this.#graph = new Graph(edges)
  }

  /** Counts an alert of an incident. */
  observe(incident: number, alert: Pick<BacktestAlert, 'asset' | 'signature' | 'severity'>, atMs: number): void {
    let found = this.#cases.get(incident)
    if (found === undefined) {
      found = { firstMs: atMs, alerts: 0, suspects: new Map() }
      this.#cases.set(incident, found)
    }
    found.alerts += 1
    const key = canonical(alert.asset)
    if (key === null) return
    let suspect = found.suspects.get(key)
    if (suspect === undefined) {
      if (found.suspects.size >= SUSPECTS_MAX) return
      suspect = { name: alert.asset ?? key, firstMs: atMs, alerts: 0, signatures: new Set(), severe: 0 }
      found.suspects.set(key, suspect)
    }
    suspect.alerts += 1
    if (suspect.signatures.size < 100) suspect.signatures.add(alert.signature ?? '')
    if (SEVERE.has(alert.severity)) suspect.severe += 1
  }

  /** Puts the suspects of a merged incident to the survivor's. */
  merge(from: number, into: number): void {
    const [a, b] = [this.#cases.get(from), this.#cases.get(into)]
    if (from === into || a === undefined) return
    this.#cases.delete(from)
    if (b === undefined) {
      this.#cases.set(into, a)
      return
    }
    b.firstMs = Math.min(a.firstMs, b.firstMs)
    b.alerts += a.alerts
    for (const [key, suspect] of a.suspects) {
      const known = b.suspects.get(key)
      if (known === undefined) b.suspects.set(key, suspect)
      else {
        known.firstMs = Math.min(known.firstMs, suspect.firstMs)
        known.alerts += suspect.alerts
        known.severe += suspect.severe
        for (const signature of suspect.signatures) known.signatures.add(signature)
      }
    }
  }

  /**
   * The asset most likely at fault: many of the group's alerts and many different things wrong with it, early, severe, and something that
   * other suspects depend on. Null without any asset.
   */
  name(incident: number): string | null {
    const known = this.#names.get(incident)
    if (known !== undefined) return known
    const found = this.#cases.get(incident)
    const name = found === undefined ? null : this.#guess(found)
    this.#names.set(incident, name)
    return name
  }

  #guess({ firstMs, alerts, suspects }: Case): string | null {
    const dependants = new Map<string, number>()
    for (const key of suspects.keys()) for (const need of this.#graph.needs(key)) if (suspects.has(need)) dependants.set(need, (dependants.get(need) ?? 0) + 1)
    let most = 1
    for (const { signatures } of suspects.values()) most = Math.max(most, signatures.size)
    let best: { name: string; points: number; firstMs: number } | null = null
    for (const [key, suspect] of suspects) {
      const points = suspect.alerts / alerts
        + 0.5 * (suspect.signatures.size / most)
        + 0.2 * Math.max(0, 1 - (suspect.firstMs - firstMs) / EARLY_MS)
        + 0.2 * (suspect.severe / suspect.alerts)
        + 0.2 * ((dependants.get(key) ?? 0) / Math.max(1, suspects.size - 1))
      const isBetter = best === null || points > best.points || (points === best.points && (suspect.firstMs < best.firstMs || (suspect.firstMs === best.firstMs && suspect.name < best.name)))
      if (isBetter) best = { name: suspect.name, points, firstMs: suspect.firstMs }
    }
    return best?.name ?? null
  }
}
