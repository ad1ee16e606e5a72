/** A company's dependency graph, asked for the neighbourhood of one asset at a time. */
import type { TopologyEdge } from '../schemas/records.ts'
import { canonical } from './text.ts'

/** Steps further away than this are not a relation. */
export const GRAPH_STEPS = 3

/** At most so many nearest assets of a neighbourhood are looked at. */
const NEIGHBOURS = 48

/** An undirected view for distances and a directed one for causes. Names are canonical. */
export class Graph {
  readonly #beside = new Map<string, string[]>()
  readonly #needs = new Map<string, string[]>()
  readonly #near = new Map<string, ReadonlyMap<string, number>>()

  constructor(edges: readonly TopologyEdge[]) {
    for (const edge of edges) {
      const from = canonical(edge.from)
      const to = canonical(edge.to)
      if (from === null || to === null || from === to) continue
      push(this.#beside, from, to)
      push(this.#beside, to, from)
      push(this.#needs, from, to)
    }
    for (const names of this.#beside.values()) names.sort()
    for (const names of this.#needs.values()) names.sort()
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
          if (other === asset || found.has(other) || found.size >= NEIGHBOURS) continue
          found.set(other, step)
          next.push(other)
        }
      }
      ring = next
    }
    this.#near.set(asset, found)
    return found
  }

  /** What an asset directly depends on, by name. */
  needs(asset: string): readonly string[] {
    return this.#needs.get(asset) ?? []
  }
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else if (!list.includes(value)) list.push(value)
}
