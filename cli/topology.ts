/** `aw topology`: gives a company's dependency graph to the running program. */
import { AppError } from '../schemas/errors.ts'
import type { TopologyView } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { jsonIn } from './input.ts'
import { companyNamed } from './send.ts'

/** What was posted. */
export interface PostedTopology {
  readonly company: string
  readonly revision: number
  readonly nodes: number
  readonly edges: number
}

/** Posts the graph in a JSON file in the place of the one before. Throws the API's own error, which names what is wrong with the graph. */
export async function postTopology(api: ApiClient, file: string, companyName: string): Promise<PostedTopology> {
  const graph = jsonIn(file, 'the file')
  if (typeof graph !== 'object' || graph === null || !('edges' in graph)) throw new AppError('usage', `${file} is no topology: it needs {"nodes": [{"id"}], "edges": [{"from", "to", "kind"}]}`)
  const { nodes, edges } = graph as { readonly nodes?: unknown; readonly edges: unknown }
  const company = await companyNamed(api, companyName)
  const posted = await api.call<TopologyView>('POST', `/api/companies/${company.id}/topology`, { ...(nodes === undefined ? {} : { nodes }), edges })
  return { company: company.name, revision: posted.revision, nodes: posted.nodes.length, edges: posted.edges.length }
}

/** The same for people. */
export function postedText({ company, revision, nodes, edges }: PostedTopology): string {
  return `${company} has a graph of ${nodes} nodes and ${edges} edges now, revision ${revision}.`
}
