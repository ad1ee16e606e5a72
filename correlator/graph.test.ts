/** The directed side of the graph, and what a hub costs. */
import { expect, it } from 'vitest'
import { Graph, linkKindOf } from './graph.ts'

it('keeps the direction and the meaning of an edge', () => {
  const graph = new Graph([{ from: 'Shop', to: 'DB', kind: 'calls' }, { from: 'shop', to: 'hv-1', kind: 'hosted_on' }, { from: 'shop', to: 'db', kind: 'CALLS' }, { from: 'shop', to: 'shop', kind: 'calls' }])
  expect(graph.links('shop')).toEqual([{ to: 'db', kind: 'depends' }, { to: 'hv-1', kind: 'hosted' }])
  expect(graph.links('db')).toEqual([])
  expect([...graph.near('db')]).toEqual([['shop', 1], ['hv-1', 2]])
})

it.each([['hosted_on', 'hosted'], ['Instance_Of', 'instance'], ['linked', 'beside'], ['calls', 'depends'], ['anything else', 'depends'], ['constructor', 'depends']])('reads the kind %s as %s', (kind, meaning) => {
  expect(linkKindOf(kind)).toBe(meaning)
})

it('offers few neighbours of a hub, those first by name, and keeps each name once', () => {
  const edges = Array.from({ length: 20_000 }, (_, i) => ({ from: `host-${String(i % 10_000).padStart(5, '0')}`, to: 'hub', kind: i < 10_000 ? 'uplink' : 'watches' }))
  const near = [...new Graph(edges).near('host-09999').keys()]
  expect(near).toHaveLength(48)
  expect(near.slice(0, 3)).toEqual(['hub', 'host-00000', 'host-00001'])
})
