/** Assets that depend on each other in a circle, found when first asked for. A circle is a mistake or a cluster; either way none of it stands before the other. */
import type { Graph } from '../graph.ts'

const known = new WeakMap<Graph, Map<string, string>>()

/** True when two assets depend on each other, over however many steps. */
export function isCircular(graph: Graph | null, a: string, b: string): boolean {
  if (graph === null) return false
  return circleOf(graph, a) === circleOf(graph, b)
}

/** A name for the circle an asset is in; its own where it is in none. Tarjan's algorithm without recursion: a chain may be as long as the graph. */
function circleOf(graph: Graph, asset: string): string {
  let circles = known.get(graph)
  if (circles === undefined) {
    circles = new Map()
    known.set(graph, circles)
  }
  const found = circles.get(asset)
  if (found !== undefined) return found
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const open: string[] = []
  const isOpen = new Set<string>()
  const path: { readonly name: string; next: number }[] = []
  const enter = (name: string): void => {
    order.set(name, order.size)
    low.set(name, order.size - 1)
    open.push(name)
    isOpen.add(name)
    path.push({ name, next: 0 })
  }
  const lower = (name: string, to: number): void => {
    if (to < (low.get(name) ?? 0)) low.set(name, to)
  }
  enter(asset)
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const { name } = step
    const needed = graph.carriers(name)[step.next]
    step.next += 1
    if (needed !== undefined) {
      if (circles.has(needed)) continue
      if (!order.has(needed)) enter(needed)
      else if (isOpen.has(needed)) lower(name, order.get(needed) ?? 0)
      continue
    }
    path.pop()
    const above = path.at(-1)
    if (above !== undefined) lower(above.name, low.get(name) ?? 0)
    if (low.get(name) !== order.get(name)) continue
    for (let member = open.pop(); member !== undefined; member = open.pop()) {
      isOpen.delete(member)
      circles.set(member, name)
      if (member === name) break
    }
  }
  return circles.get(asset) ?? asset
}
