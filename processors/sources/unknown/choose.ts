import type { Entry } from './entries.ts'
import type { Tiers } from './names.ts'

/** What was chosen for a field. */
export interface Choice<T> {
  readonly value: T
  readonly entry: Entry
  /** Which tier of names found it. */
  readonly tier: number
}

/** One tier weighs as much as several steps of distance. */
const TIER_COST = 24
const STEP_COST = 5
const FOREIGN_COST = 40
const CALL_COSTS = { whole: 0, pair: 1, end: 6 } as const

interface Place {
  readonly tier: number
  readonly cost: number
  readonly isOwnOnly: boolean
  readonly isWholeOnly: boolean
}

const INDEXES = new WeakMap<Tiers, ReadonlyMap<string, Place>>()

/** The entry whose name tells most and that stands nearest to what the message is about, of those whose text `accept` takes. */
export function choose<T>(entries: readonly Entry[], tiers: Tiers, accept: (text: string, entry: Entry, tier: number) => T | null): Choice<T> | null {
  const index = indexOf(tiers)
  const candidates = entries.flatMap((entry) => {
    const place = placeOf(entry, index)
    return place === null ? [] : [{ entry, tier: place.tier, cost: place.cost + entry.distance * STEP_COST + (entry.isForeign ? FOREIGN_COST : 0) }]
  })
  candidates.sort((a, b) => a.cost - b.cost)
  for (const { entry, tier } of candidates) {
    const value = accept(entry.text, entry, tier)
    if (value !== null) return { value, entry, tier }
  }
  return null
}

function indexOf(tiers: Tiers): ReadonlyMap<string, Place> {
  const known = INDEXES.get(tiers)
  if (known !== undefined) return known
  const index = new Map<string, Place>()
  for (const [tier, names] of tiers.entries()) {
    for (const [order, name] of names.entries()) {
      const isOwnOnly = name.startsWith('.')
      const isWholeOnly = name.startsWith('=')
      const key = isOwnOnly || isWholeOnly ? name.slice(1) : name
      if (!index.has(key)) index.set(key, { tier, cost: tier * TIER_COST + (order * TIER_COST) / (4 * names.length), isOwnOnly, isWholeOnly })
    }
  }
  INDEXES.set(tiers, index)
  return index
}

/** The cheapest way to call an entry by one of the names. */
function placeOf(entry: Entry, index: ReadonlyMap<string, Place>): Place | null {
  let best: Place | null = null
  for (const { name, kind } of entry.calls) {
    const place = index.get(name)
    if (place === undefined || (place.isOwnOnly && !(kind === 'whole' && entry.isOwn)) || (place.isWholeOnly && kind !== 'whole')) continue
    const cost = place.cost + CALL_COSTS[kind]
    if (best === null || cost < best.cost) best = { ...place, cost }
  }
  return best
}
