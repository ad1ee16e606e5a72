import type { CorrelateEntry, ProblemEntry } from '../schemas/records.ts'
import type { IncidentNode } from './incident-node.ts'
import { fingerprintOf } from './insight/fingerprint.ts'
import type { KeyList } from './key-list.ts'
import type { Ruling } from './rules/grouping.ts'
import { areSameLabels, labelFeatures, type LabelFeatures } from './labels.ts'
import { canonical, saysUnreachable, sketchOf, type Sketch } from './text.ts'

/** For a problem that names no other assets. */
export const NO_KEYS: readonly KeyList[] = []

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
  /** It says that its asset cannot be reached. */
  isUnreachable: boolean
  /** The site that may be cut off, where this says that the asset cannot be reached. */
  outage: string | null
  sketch: Sketch
  /** What it is indexed under: the same list is the same name, so comparing problems needs no text. Set by the company's index. */
  assetKey: KeyList | null = null
  signatureKey: KeyList | null = null
  serviceKey: KeyList | null = null
  /** Of the signature at its site. */
  siteKey: KeyList | null = null
  /** Of its site, where it says that the asset cannot be reached. */
  outageKey: KeyList | null = null
  namedKeys: readonly KeyList[] = NO_KEYS
  hasKeys = false
  /** What the grouping rules say of it; null until asked. */
  ruling: Ruling | null = null
  /** While it is kept quiet: the incident it is compared in, without being counted there. May have merged. */
  standsIn: IncidentNode | null = null
  /** When its present episode began, or was told after it had been kept quiet; nearness in time is measured between these. Kept here because the search reads little else. */
  onsetMs: number
  /** When it ended; infinite while it fires. */
  endMs: number
  /** How near in time another must have begun to say something; kept here as the onset is. */
  spanMs: number
  /** Serial of the search that last scored it, so that one search scores it once. */
  mark = 0

  constructor(stateKey: string, state: ProblemEntry) {
    this.stateKey = stateKey
    this.state = state
    this.entry = { event: state }
    const { problem } = state
    this.asset = canonical(problem.asset)
    this.signature = canonical(problem.signature)
    this.labels = labelFeatures(problem.labels, this.asset, this.signature)
    this.sketch = sketchOf(`${problem.title} ${problem.message}`)
    this.isUnreachable = saysSo(problem)
    this.outage = this.isUnreachable ? this.labels.location : null
    this.onsetMs = onsetOf(state)
    this.endMs = endOf(problem)
    this.spanMs = state.spanMs
  }

  /** When it was told: its onset, or later where it was kept quiet at first. */
  get toldMs(): number {
    return this.state.toldAtMs === null ? this.onsetMs : Math.max(this.onsetMs, this.state.toldAtMs)
  }

  /** Takes the onset anew from the entry. */
  settleOnset(): void {
    this.onsetMs = onsetOf(this.state)
  }

  get isFiring(): boolean {
    return this.state.problem.status === 'firing'
  }

  /** What it is recognised by in a later episode; see `fingerprintOf`. */
  get fingerprint(): number {
    return fingerprintOf(this)
  }

  /** Takes over a newer event. True when one of the names it is indexed under has changed. */
  update(problem: ProblemEntry['problem']): boolean {
    const before = this.state.problem
    this.state.problem = problem
    if (problem.episode > before.episode) this.state.releasedAtMs = this.state.toldAtMs = null
    this.onsetMs = onsetOf(this.state)
    this.endMs = endOf(problem)
    if (this.ruling !== null && !isSameSubject(before, problem)) this.ruling = null
    if (before.title !== problem.title || before.message !== problem.message) this.sketch = sketchOf(`${problem.title} ${problem.message}`)
    // Most events are repeats that say the same again.
    if (before.asset === problem.asset && before.signature === problem.signature && before.title === problem.title && areSameLabels(before.labels, problem.labels)) return false
    const { asset, signature, labels, outage } = this
    this.asset = canonical(problem.asset)
    this.signature = canonical(problem.signature)
    this.labels = labelFeatures(problem.labels, this.asset, this.signature)
    this.isUnreachable = saysSo(problem)
    this.outage = this.isUnreachable ? this.labels.location : null
    const isRenamed = asset !== this.asset || signature !== this.signature || labels.service !== this.labels.service || labels.site !== this.labels.site
      || labels.named.length !== this.labels.named.length || labels.named.some((name, i) => name !== this.labels.named[i]) || outage !== this.outage
    if (isRenamed) this.hasKeys = false
    return isRenamed
  }
}

/** Newest episode first, then by problem key: the one order in which an incident's problems are told. */
export function newestFirst(a: ProblemNode, b: ProblemNode): number {
  if (a.onsetMs !== b.onsetMs) return b.onsetMs - a.onsetMs
  return a.state.problem.problemKey < b.state.problem.problemKey ? -1 : 1
}

/** True when no condition of a rule could answer otherwise. */
function isSameSubject(a: ProblemEntry['problem'], b: ProblemEntry['problem']): boolean {
  return a.status === b.status && a.severity === b.severity && a.asset === b.asset && a.signature === b.signature && a.title === b.title && a.message === b.message
    && a.source === b.source && a.integrationId === b.integrationId && areSameLabels(a.labels, b.labels)
}

function saysSo({ title, signature }: ProblemEntry['problem']): boolean {
  return saysUnreachable(title) || (signature !== null && saysUnreachable(signature))
}

/** One that was kept quiet and told later counts from then, unless it was only held to see whether it clears by itself. */
function onsetOf({ problem, releasedAtMs }: ProblemEntry): number {
  return releasedAtMs === null ? problem.firstAtMs : Math.max(problem.firstAtMs, releasedAtMs)
}

function endOf({ status, resolvedAtMs, lastAtMs }: ProblemEntry['problem']): number {
  return status === 'firing' ? Number.POSITIVE_INFINITY : resolvedAtMs ?? lastAtMs
}
