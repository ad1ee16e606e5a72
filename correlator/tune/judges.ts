/** How good a result is, by part of the time: against the truth, or against what people corrected. */
import type { Label } from '../../schemas/labels.ts'
import type { BacktestLine } from '../replay.ts'
import { PARTS } from './search.ts'

/** Scores of a result by part of the time, 0 to 1; NaN for a part that says nothing. */
export interface Judge {
  readonly scores: (lines: readonly BacktestLine[]) => readonly number[]
  /** True incidents or labels it rests on. */
  readonly judged: number
}

/** The share of the score that the true incidents, few groups, and unmixed groups have. */
const TRUTH = { incidents: 0.7, noise: 0.15, unmixed: 0.15 }
/** Noise reduction that is enough. */
const NOISE_ENOUGH = 0.95
/** The share that the labels have; the rest is how many incidents stay as they are, so that few labels do not turn everything over. */
const LABELLED = 0.75

/** Against the truth: for each true incident the best F1 that one group reaches, noise in it counted as wrong. `truth` is by alert, in the order of the result; null is noise. */
export function truthJudge(truth: readonly (string | null)[]): Judge {
  const sizes = new Map<string, number>()
  for (const incident of truth) if (incident !== null) sizes.set(incident, (sizes.get(incident) ?? 0) + 1)
  // A map keeps the order of first alerts, which is the order of time.
  const partOf = new Map([...sizes.keys()].map((incident, rank) => [incident, Math.floor((rank * PARTS) / sizes.size)]))
  return {
    judged: sizes.size,
    scores(lines) {
      const groups = new Map<string, { size: number; of: Map<string, number> }>()
      lines.forEach(({ incidentId, alertId }, at) => {
        const id = incidentId ?? `quiet_${alertId}`
        const group = groups.get(id) ?? { size: 0, of: new Map<string, number>() }
        groups.set(id, group)
        group.size += 1
        const incident = truth[at] ?? null
        if (incident !== null) group.of.set(incident, (group.of.get(incident) ?? 0) + 1)
      })
      const best = new Map<string, number>()
      const counted = Array.from({ length: PARTS }, () => ({ groups: 0, mixed: 0, incidents: 0, f1: 0 }))
      for (const { size, of } of groups.values()) {
        const [first] = of.keys()
        const part = first === undefined ? undefined : counted[partOf.get(first) ?? 0]
        if (part === undefined) continue
        part.groups += 1
        if (of.size > 1) part.mixed += 1
        for (const [incident, shared] of of) best.set(incident, Math.max(best.get(incident) ?? 0, (2 * shared) / (size + (sizes.get(incident) ?? 0))))
      }
      for (const incident of sizes.keys()) {
        const part = counted[partOf.get(incident) ?? 0]
        if (part === undefined) continue
        part.incidents += 1
        part.f1 += best.get(incident) ?? 0
      }
      const noise = Math.min(1, (1 - groups.size / Math.max(1, lines.length)) / NOISE_ENOUGH)
      return counted.map((part) => (part.incidents === 0 ? Number.NaN : TRUTH.incidents * (part.f1 / part.incidents) + TRUTH.noise * noise + TRUTH.unmixed * (part.groups === 0 ? 1 : 1 - part.mixed / part.groups)))
    },
  }
}

/** An alert in the order of the result. */
export interface JudgedAlert {
  readonly problemKey: string | null
  readonly atMs: number
}

/** Against labels of people, and against the result of the settings that are in force. A pair is looked for at its latest alerts before the label. */
export function labelJudge(alerts: readonly JudgedAlert[], labels: readonly Pick<Label, 'at' | 'together' | 'pairs'>[], inForce: readonly BacktestLine[]): Judge {
  const positions = new Map<string, number[]>()
  alerts.forEach(({ problemKey }, at) => {
    if (problemKey !== null) positions.set(problemKey, [...(positions.get(problemKey) ?? []), at])
  })
  const latest = (problemKey: string, beforeMs: number): number | undefined => positions.get(problemKey)?.findLast((at) => (alerts[at]?.atMs ?? 0) <= beforeMs)
  const known = [...labels].sort((a, b) => (a.at < b.at ? -1 : 1)).flatMap(({ at, together, pairs }) => {
    const placed = pairs.flatMap(({ left, right }) => {
      const [one, other] = [latest(left, Date.parse(at)), latest(right, Date.parse(at))]
      return one === undefined || other === undefined ? [] : [[one, other] as const]
    })
    return placed.length === 0 ? [] : [{ together, placed }]
  })
  return {
    judged: known.length,
    scores(lines) {
      const stays = unchangedShare(inForce, lines)
      const sums = Array.from({ length: PARTS }, () => ({ labels: 0, kept: 0 }))
      known.forEach(({ together, placed }, rank) => {
        const part = sums[Math.floor((rank * PARTS) / known.length)]
        if (part === undefined) return
        part.labels += 1
        part.kept += placed.filter(([one, other]) => isTogether(lines[one], lines[other]) === together).length / placed.length
      })
      return sums.map(({ labels: count, kept }) => (count === 0 ? Number.NaN : LABELLED * (kept / count) + (1 - LABELLED) * stays))
    },
  }
}

function isTogether(one: BacktestLine | undefined, other: BacktestLine | undefined): boolean {
  return one !== undefined && other !== undefined && one.incidentId !== null && one.incidentId === other.incidentId
}

/** Share of the incidents before that hold the same alerts after. */
function unchangedShare(before: readonly BacktestLine[], after: readonly BacktestLine[]): number {
  const [lefts, rights, both] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()]
  const add = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)
  before.forEach(({ incidentId: left }, at) => {
    const right = after[at]?.incidentId ?? null
    if (left !== null) add(lefts, left)
    if (right !== null) add(rights, right)
    if (left !== null && right !== null) add(both, `${left}\n${right}`)
  })
  let unchanged = 0
  for (const [pair, shared] of both) {
    const [left = '', right = ''] = pair.split('\n')
    if (shared === lefts.get(left) && shared === rights.get(right)) unchanged += 1
  }
  return lefts.size === 0 ? 1 : unchanged / lefts.size
}
