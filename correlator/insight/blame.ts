/**
 * Lays blame along the dependency graph. What may come from elsewhere (slow answers, errors, outages) walks from an asset to those it depends on
 * that alert themselves, in proportion to the evidence there; what is an asset's own (processor, memory, disk) stays. The walk ends after a few
 * steps, so that a cycle in the graph does no harm. A service's own alerts then count for its instances too, and a little of each
 * instance's for its siblings.
 */
import type { Graph, LinkKind } from '../graph.ts'
import type { Suspect } from './suspects.ts'

/** Share that stays at each step. */
const STAYS = 0.6
const STEPS = 6
const OF_SERVICE = 0.6
const OF_SIBLINGS = 0.1

/** One suspect depends on another, as far as the graph or labels say. */
export interface Dependence {
  /** Index of the suspect depended on. */
  readonly on: number
  readonly kind: LinkKind
}

/** What the graph makes of the suspects. */
export interface Blame {
  /** By index of the suspect. */
  readonly scores: readonly number[]
  /** What each suspect depends on; by index. A service depends on its instances. */
  readonly needs: readonly (readonly Dependence[])[]
  /** Services of each suspect; by index. */
  readonly services: readonly (readonly string[])[]
}

/** Blames the suspects, which must be in a fixed order: sums follow it. */
export function blame(suspects: readonly Suspect[], graph: Graph | null): Blame {
  const { needs, services } = dependences(suspects, graph)
  const scores = walk(suspects, needs)
  const indexOf = new Map(suspects.map(({ asset }, i) => [asset, i]))
  const instances = new Map<string, number[]>()
  services.forEach((names, i) => {
    for (const name of names) instances.set(name, [...(instances.get(name) ?? []), i])
  })
  const shared = [...scores]
  services.forEach((names, i) => {
    for (const name of names) {
      const own = indexOf.get(name)
      if (own !== undefined) shared[i] = (shared[i] ?? 0) + OF_SERVICE * (scores[own] ?? 0)
      let siblings = 0
      for (const other of instances.get(name) ?? []) if (other !== i) siblings += scores[other] ?? 0
      shared[i] = (shared[i] ?? 0) + OF_SIBLINGS * siblings
    }
  })
  return { scores: shared, needs, services }
}

/** Which suspects depend on which: directly, through the service they are an instance of, or on an instance of a service they depend on. */
function dependences(suspects: readonly Suspect[], graph: Graph | null): Pick<Blame, 'needs' | 'services'> {
  const indexOf = new Map(suspects.map(({ asset }, i) => [asset, i]))
  const out = suspects.map(() => new Map<string, LinkKind>())
  suspects.forEach(({ asset, links }, i) => {
    const own = out[i] as Map<string, LinkKind>
    for (const { to, kind } of graph?.links(asset) ?? []) if (kind !== 'beside') own.set(to, kind)
    for (const { other, kind, isReverse } of links) {
      if (!isReverse) {
        if (!own.has(other)) own.set(other, kind)
        continue
      }
      const from = indexOf.get(other)
      if (from !== undefined && out[from]?.has(asset) === false) out[from].set(asset, kind)
    }
  })
  behindGateways(suspects, out)
  const services = out.map((links) => [...links].filter(([, kind]) => kind === 'instance').map(([to]) => to).sort())
  const instances = new Map<string, number[]>()
  services.forEach((names, i) => {
    for (const name of names) instances.set(name, [...(instances.get(name) ?? []), i])
  })
  const needs = suspects.map(({ asset }, i) => {
    const found = new Map<number, LinkKind>()
    const reach = (to: string, kind: LinkKind): void => {
      for (const on of [indexOf.get(to) ?? -1, ...(kind === 'depends' ? instances.get(to) ?? [] : [])]) if (on >= 0 && on !== i && !found.has(on)) found.set(on, kind)
    }
    for (const [to, kind] of out[i] ?? []) if (kind !== 'instance') reach(to, kind)
    for (const service of services[i] ?? []) {
      const at = indexOf.get(service)
      const links = at === undefined ? graph?.links(service) ?? [] : Array.from(out[at] ?? [], ([to, kind]) => ({ to, kind }))
      for (const { to, kind } of links) if (kind === 'depends') reach(to, kind)
    }
    for (const on of instances.get(asset) ?? []) if (on !== i) found.set(on, 'instance')
    return Array.from(found, ([on, kind]) => ({ on, kind })).sort((a, b) => a.on - b.on)
  })
  return { needs, services }
}

/** What cannot be reached at a site where the gear it is reached through cannot be either is behind that gear, whether or not a graph says so. */
function behindGateways(suspects: readonly Suspect[], out: readonly Map<string, LinkKind>[]): void {
  for (const { asset: gateway, cutOffAt, isGateway } of suspects) {
    if (!isGateway || cutOffAt === null) continue
    suspects.forEach((other, i) => {
      if (!other.isGateway && other.cutOffAt === cutOffAt && out[i]?.has(gateway) === false) out[i].set(gateway, 'behind')
    })
  }
}

function walk(suspects: readonly Suspect[], needs: Blame['needs']): number[] {
  const scores = suspects.map(({ weight, travelling }) => weight - travelling)
  let moving = suspects.map(({ travelling }) => travelling)
  for (let step = 0; step < STEPS; step += 1) {
    const next = suspects.map(() => 0)
    moving.forEach((mass, i) => {
      if (mass === 0) return
      const { travelling, outage } = suspects[i] as Suspect
      const ways: { on: number; pull: number }[] = []
      let sum = 0
      for (const { on, kind } of needs[i] ?? []) {
        const share = kind === 'depends' ? 1 : kind === 'hosted' || kind === 'behind' ? outage / Math.max(1, travelling) : 0
        const pull = share * (suspects[on]?.weight ?? 0)
        if (pull <= 0) continue
        ways.push({ on, pull })
        sum += pull
      }
      if (sum === 0) {
        scores[i] = (scores[i] ?? 0) + mass
        return
      }
      scores[i] = (scores[i] ?? 0) + STAYS * mass
      for (const { on, pull } of ways) next[on] = (next[on] ?? 0) + ((1 - STAYS) * mass * pull) / sum
    })
    moving = next
  }
  return scores.map((score, i) => score + (moving[i] ?? 0))
}
