/** Checks that only ever fail while another check of the same asset fails: the other one says it all. */
import type { Advice, PastProblem } from '../../schemas/advice.ts'
import { adviceId, conditionOf, emptied, MINUTE_MS, monitorsOf, type Monitor } from './monitors.ts'

/** How much later than its follower the leader may be told. */
const LATE_MS = MINUTE_MS
/** Problems that followed, their share of all of the follower, and in how many of them the leader came first. */
const FOLLOWED_MIN = 10
const FOLLOWED_SHARE = 0.9
const FIRST_SHARE = 0.8
/** A leader that fires more than this share of the time says nothing about what fires beside it. */
const BUSY_MAX = 0.3
/** Leaders compared with one problem. */
const ACTIVE_MAX = 32

interface Pair { readonly followed: Set<PastProblem>; first: number; readonly assets: Set<string> }

/** Inhibitions, most followed first; a check that leads is not told to follow another. */
export function advisedInhibitions(problems: readonly PastProblem[], { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Advice[] {
  const monitors = monitorsOf(problems)
  const monitorOf = new Map<PastProblem, Monitor>(monitors.flatMap((monitor) => monitor.problems.map((problem) => [problem, monitor] as const)))
  const pairs = new Map<Monitor, Map<Monitor, Pair>>()
  for (const [asset, list] of Map.groupBy(problems.filter((problem) => problem.asset !== null && monitorOf.has(problem)), (problem) => problem.asset ?? '')) sweep(asset, list, monitorOf, pairs)
  const busyMs = new Map(monitors.map((monitor) => [monitor, monitor.problems.reduce((sum, { startMs, endMs }) => sum + Math.min(endMs ?? toMs, toMs) - startMs, 0)]))
  const found = [...pairs].flatMap(([leader, followers]) => [...followers].flatMap(([follower, pair]) => {
    const { followed, first, assets } = pair
    const isBusy = (busyMs.get(leader) ?? 0) > (toMs - fromMs) * assets.size * BUSY_MAX
    return followed.size < FOLLOWED_MIN || followed.size < follower.problems.length * FOLLOWED_SHARE || first < followed.size * FIRST_SHARE || isBusy ? [] : [{ leader, follower, pair }]
  }))
  found.sort((a, b) => b.pair.followed.size - a.pair.followed.size || (a.leader.signature < b.leader.signature ? -1 : 1))
  const [leaders, told] = [new Set<Monitor>(), new Set<Monitor>()]
  return found.flatMap(({ leader, follower, pair: { followed, assets } }) => {
    if (leaders.has(follower) || told.has(follower) || told.has(leader)) return []
    leaders.add(leader)
    told.add(follower)
    return [adviceOf(leader, follower, followed, assets.size, emptied(problems, followed))]
  })
}

function sweep(asset: string, list: readonly PastProblem[], monitorOf: ReadonlyMap<PastProblem, Monitor>, pairs: Map<Monitor, Map<Monitor, Pair>>): void {
  const sorted = [...list].sort((a, b) => a.startMs - b.startMs)
  sorted.forEach((problem, at) => {
    const follower = monitorOf.get(problem)
    if (follower === undefined) return
    const seen = new Set<Monitor>()
    const consider = (other: PastProblem): void => {
      const leader = monitorOf.get(other)
      if (leader === undefined || leader === follower || seen.has(leader) || (other.endMs !== null && other.endMs < problem.startMs)) return
      seen.add(leader)
      const followers = pairs.get(leader) ?? new Map<Monitor, Pair>()
      pairs.set(leader, followers)
      const pair = followers.get(follower) ?? { followed: new Set<PastProblem>(), first: 0, assets: new Set<string>() }
      followers.set(follower, pair)
      pair.followed.add(problem)
      pair.assets.add(asset)
      if (other.startMs <= problem.startMs) pair.first += 1
    }
    for (let before = at - 1, left = ACTIVE_MAX; before >= 0 && left > 0; before -= 1, left -= 1) consider(sorted[before] ?? problem)
    for (let after = at + 1; after < sorted.length && (sorted[after]?.startMs ?? 0) <= problem.startMs + LATE_MS; after += 1) consider(sorted[after] ?? problem)
  })
}

function adviceOf(leader: Monitor, follower: Monitor, followed: ReadonlySet<PastProblem>, assets: number, incidents: number): Advice {
  const id = adviceId('inhibition', leader.source, leader.signature, follower.source, follower.signature)
  return {
    id, kind: 'inhibition', isApplied: false,
    text: `"${follower.signature}" of ${follower.source} comes with "${leader.signature}" of ${leader.source} on the same asset: ${followed.size} of ${follower.problems.length} problems, on ${assets} assets. While the one fires, keep the other quiet.`,
    figures: { problems: follower.problems.length, saved: followed.size, savedIncidents: incidents, assets },
    proposal: { list: 'inhibitions', rule: { id, name: `${follower.signature} follows ${leader.signature}`.slice(0, 200), source: conditionOf(leader), target: conditionOf(follower), equal: ['asset'] } },
  }
}
