import type { FastifyInstance } from 'fastify'
import type { TopologyEdge } from '../../schemas/records.ts'
import { answers, callerOf, READ_ERRORS, WRITE_ERRORS, type RouteContext } from '../context.ts'
import { answer, body, ID, list, nullable, text, time, whole } from '../json-schema.ts'

/** Largest graph, in assets and dependencies; it travels as one record of the log. */
const NODES_MAX = 20_000
const EDGES_MAX = 50_000
const BODY_BYTES = 8 * 1_048_576

const NAME = text({ minLength: 1, maxLength: 255 })
const KIND = { minLength: 1, maxLength: 64 }
const NODE = { id: NAME, type: nullable(text(KIND)) }
const EDGE = { from: NAME, to: NAME, kind: text({ ...KIND, description: 'hosted_on, instance_of, or any word for a dependency; linked where neither depends on the other' }) }
const TOPOLOGY = answer({ revision: whole(), nodes: list(answer(NODE)), edges: list(answer(EDGE)), updatedAt: nullable(time()) })
const PARAMS = { type: 'object', properties: { id: ID } }
const tags = ['topology']

interface Graph { readonly nodes?: readonly { readonly id: string; readonly type?: string | null }[]; readonly edges: readonly (Omit<TopologyEdge, 'kind'> & { readonly kind?: string })[] }

/** The dependency graph of a company, read and replaced as a whole. */
export function topologyRoutes(app: FastifyInstance, { stores: { topologies }, changed }: RouteContext): void {
  app.get<{ Params: { id: string } }>('/api/companies/:id/topology', {
    config: { access: 'read' },
    schema: { tags, summary: 'The dependency graph that was posted', params: PARAMS, response: answers({ 200: TOPOLOGY }, ...READ_ERRORS) },
  }, (request) => topologies.get(callerOf(request).scope, request.params.id))

  for (const method of ['POST', 'PUT'] as const) {
    app.route<{ Params: { id: string }; Body: Graph }>({
      method, url: '/api/companies/:id/topology', config: { access: 'manage' }, bodyLimit: BODY_BYTES,
      schema: {
        tags, summary: 'Put a dependency graph in the place of the one before', params: PARAMS,
        description: `"from" depends on "to". At most ${NODES_MAX} nodes and ${EDGES_MAX} edges; an edge may name assets that are not among the nodes. No edges at all take the graph away.`,
        body: body({
          nodes: list({ type: 'object', properties: NODE, required: ['id'] }, { maxItems: NODES_MAX }),
          edges: list({ type: 'object', properties: EDGE, required: ['from', 'to'] }, { maxItems: EDGES_MAX }),
        }, ['edges']),
        response: answers({ 200: TOPOLOGY }, ...WRITE_ERRORS),
      },
      handler: async (request) => {
        const { nodes = [], edges } = request.body
        const topology = await topologies.replace(callerOf(request), request.params.id, {
          nodes: nodes.map(({ id, type }) => ({ id, type: type ?? null })), edges: edges.map(({ from, to, kind }) => ({ from, to, kind: kind ?? 'depends_on' })),
        })
        changed.outbox()
        return topology
      },
    })
  }
}
