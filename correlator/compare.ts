/** Two results over the same alerts side by side: which incidents stay, merge, split, or are shown no more. */
import type { BacktestSide, ComparisonView, IncidentBrief, RegroupedExample } from '../schemas/backtest.ts'
import type { Replay } from './replay.ts'

const EXAMPLES = 20
const PARTS_SHOWN = 10
const ASSETS_SHOWN = 5

/** What of each side an incident of the other shares, in alerts. */
interface Shared {
  readonly id: string
  alerts: number
  readonly with: Map<string | null, number>
}

/** Compares two replays that took the same alerts in the same order. */
export function compare(before: Replay, after: Replay): ComparisonView {
  const [left, right] = [new Map<string, Shared>(), new Map<string, Shared>()]
  let [quietBefore, quietAfter, unchanged] = [0, 0, 0]
  const others = after.lines()
  for (const { incidentId: from } of before.lines()) {
    const other = others.next()
    const to = other.done === true ? null : other.value.incidentId
    if (from === null) quietBefore += 1
    if (to === null) quietAfter += 1
    share(left, from, to)
    share(right, to, from)
  }
  const merged = [...right.values()].filter((one) => shown(one) > 1)
  const split = [...left.values()].filter((one) => shown(one) > 1)
  const quieted = [...left.values()].filter((one) => shown(one) === 0)
  const unquieted = [...right.values()].filter((one) => shown(one) === 0)
  for (const one of left.values()) {
    const [only] = one.with.keys()
    if (one.with.size === 1 && only !== null && only !== undefined && right.get(only)?.alerts === one.alerts) unchanged += 1
  }
  const side = (replay: Replay, incidents: number, quietAlerts: number): BacktestSide => ({
    problems: replay.problems, incidents, quietAlerts, noiseReduction: replay.size === 0 ? 0 : 1 - incidents / replay.size,
  })
  const regrouped = (list: Shared[], own: Replay, other: Replay, parts: ReadonlyMap<string, Shared>): { count: number; examples: RegroupedExample[] } => ({
    count: list.length,
    examples: largest(list).map((one) => ({
      whole: brief(own, one), parts: shown(one), of: largest([...one.with.keys()].flatMap((id) => (id === null ? [] : (parts.get(id) ?? []))), PARTS_SHOWN).map((part) => brief(other, part)),
    })),
  })
  const gone = (list: Shared[], own: Replay): { count: number; examples: IncidentBrief[] } => ({ count: list.length, examples: largest(list).map((one) => brief(own, one)) })
  return {
    alerts: before.size, before: side(before, left.size, quietBefore), after: side(after, right.size, quietAfter), unchanged,
    merges: regrouped(merged, after, before, left), splits: regrouped(split, before, after, right), quieted: gone(quieted, before), unquieted: gone(unquieted, after),
  }
}

function share(side: Map<string, Shared>, id: string | null, other: string | null): void {
  if (id === null) return
  const one = side.get(id) ?? { id, alerts: 0, with: new Map<string | null, number>() }
  side.set(id, one)
  one.alerts += 1
  one.with.set(other, (one.with.get(other) ?? 0) + 1)
}

/** Incidents of the other side that hold some of it. */
function shown({ with: others }: Shared): number {
  return others.size - (others.has(null) ? 1 : 0)
}

function largest(list: readonly Shared[], most: number = EXAMPLES): Shared[] {
  return [...list].sort((a, b) => b.alerts - a.alerts || (a.id < b.id ? -1 : 1)).slice(0, most)
}

function brief(replay: Replay, { id, alerts }: Shared): IncidentBrief {
  const incident = replay.incident(id)
  return {
    title: incident?.title ?? 'an alert of no problem', openedAt: new Date(incident?.openedAtMs ?? 0).toISOString(), severity: incident?.severity ?? 'info', alerts,
    assets: incident?.assets.slice(0, ASSETS_SHOWN) ?? [],
  }
}
