/** A company's dependency graph, asked for the neighbourhood of one asset at a time. */
import type { TopologyEdge } from '../schemas/records.ts'
import { canonical } from './text.ts'

/** Steps further away than this are not a relation. */
export const GRAPH_STEPS = 3

/** At most so many nearest assets of a neighbourhood are looked at. */
const NEIGHBOURS = 48

/** Edges of one asset that count for blame at most. */
const LINKS_MAX = 256

/** What an edge means for blame: the one depends on the other, runs on it, is an instance of it, merely stands beside it, or cannot be reached while it cannot. */
export type LinkKind = 'depends' | 'hosted' | 'instance' | 'beside' | 'behind'

/** A directed edge. */
export interface Link {
  readonly to: string
  readonly kind: LinkKind
}

const HOSTED = ['hosted_on', 'runs_on', 'host', 'located_on', 'scheduled_on', 'deployed_on']
const INSTANCE = ['instance_of', 'member_of', 'part_of', 'replica_of']
const BESIDE = ['linked', 'link', 'connected', 'connected_to', 'neighbour', 'neighbor', 'peer', 'adjacent']
const KINDS: ReadonlyMap<string, LinkKind> = new Map([
  ...HOSTED.map((kind): [string, LinkKind] => [kind, 'hosted']), ...INSTANCE.map((kind): [string, LinkKind] => [kind, 'instance']), ...BESIDE.map((kind): [string, LinkKind] => [kind, 'beside']),
])

/** What a kind of edge means; what is not known by name is a dependency, as the form of a topology says. */
export function linkKindOf(kind: string): LinkKind {
  return KINDS.get(kind.toLowerCase()) ?? 'depends'
}

/** Edges that say who asks whom, or who stands beside whom: what is at their end can be reached without it. */
const ASKS = new Set(['calls', 'call', 'invokes', 'requests', 'queries', 'reads', 'writes', 'uses', 'control_flow', 'data_flow', 'registers_with', 'publishes', 'subscribes', 'consumes', 'rpc', 'http', 'grpc', 'sends_to'])

/** True when nothing reaches the one end of such an edge but through the other: a line, a host, a plain dependency. */
export function isCarrying(kind: string): boolean {
  const link = linkKindOf(kind)
  return (link === 'depends' || link === 'hosted') && !ASKS.has(kind.toLowerCase())
}

const NO_LINKS: readonly Link[] = []

/** An undirected view for distances and a directed one for causes. Names are canonical. */
export class Graph {
  readonly #beside = new Map<string, string[]>()
  readonly #links = new Map<string, Link[]>()
  readonly #carriers = new Map<string, string[]>()
  readonly #carried = new Map<string, string[]>()
  #parts: ReadonlyMap<string, number> | null = null
  readonly #near = new Map<string, ReadonlyMap<string, number>>()

  constructor(edges: readonly TopologyEdge[]) {
    for (const edge of edges) {
      const from = canonical(edge.from)
      const to = canonical(edge.to)
      if (from === null || to === null || from === to) continue
      push(this.#beside, from, to)
      push(this.#beside, to, from)
      const links = this.#links.get(from)
      const kind = linkKindOf(edge.kind)
      if (links === undefined) this.#links.set(from, [{ to, kind }])
      else if (links.length < LINKS_MAX && !links.some((link) => link.to === to && link.kind === kind)) links.push({ to, kind })
      if (isCarrying(edge.kind)) {
        push(this.#carriers, from, to)
        push(this.#carried, to, from)
      }
    }
    for (const links of this.#links.values()) links.sort((a, b) => (a.to !== b.to ? (a.to < b.to ? -1 : 1) : a.kind < b.kind ? -1 : 1))
    // Sorted once at the end: looking for each new name in a list of ten thousand took seconds.
    for (const lists of [this.#beside, this.#carriers, this.#carried]) for (const [name, names] of lists) lists.set(name, [...new Set(names.sort())])
  }

  /** Assets within three steps and how many steps, nearest first and by name, at most 48; made once per asset. */
  near(asset: string): ReadonlyMap<string, number> {
    const known = this.#near.get(asset)
    if (known !== undefined) return known
    const found = new Map<string, number>()
    let ring = [asset]
    for (let step = 1; step <= GRAPH_STEPS && found.size < NEIGHBOURS; step += 1) {
      const next: string[] = []
      for (const name of ring) {
        for (const other of this.#beside.get(name) ?? []) {
          if (found.size >= NEIGHBOURS) break
          if (other === asset || found.has(other)) continue
          found.set(other, step)
          next.push(other)
        }
      }
      ring = next
    }
    this.#near.set(asset, found)
    return found
  }

  /** Edges that begin at an asset, by name of their end, at most 256. */
  links(asset: string): readonly Link[] {
    return this.#links.get(asset) ?? NO_LINKS
  }

  /** Number of the connected part of the graph that an asset is in; null where the graph does not name it. */
  part(asset: string): number | null {
    this.#parts ??= partsOf(this.#beside)
    return this.#parts.get(asset) ?? null
  }

  /** What an asset directly hangs on: without all of these it cannot be reached. By name. */
  carriers(asset: string): readonly string[] {
    return this.#carriers.get(asset) ?? []
  }

  /** What directly hangs on an asset, by name. */
  carried(asset: string): readonly string[] {
    return this.#carried.get(asset) ?? []
  }
}

function partsOf(beside: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, number> {
  const parts = new Map<string, number>()
  let part = 0
  for (const start of beside.keys()) {
    if (parts.has(start)) continue
    const waiting = [start]
    parts.set(start, part)
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      for (const other of beside.get(name) ?? []) {
        if (parts.has(other)) continue
        parts.set(other, part)
        waiting.push(other)
      }
    }
    part += 1
  }
  return parts
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
