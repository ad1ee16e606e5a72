import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import type { CorrelationRecord, TopologyEdge } from '../../schemas/records.ts'
import type { TopologyView } from '../../schemas/views.ts'
import { writeAudit } from './audit.ts'
import { requireManaged } from './companies.ts'
import { requireVisibleCompany } from './incidents.ts'
import { enqueue } from './outbox.ts'
import { atMs, iso, whole, type Sql, type SqlDatabase } from './sql.ts'

const COLUMNS = `${whole('t.revision')} as revision, t.nodes, t.edges, ${iso('t.updated_at')} as "updatedAt"`
const NONE: TopologyView = { revision: 0, nodes: [], edges: [], updatedAt: null }

/** The dependency graphs companies have posted, each whole; every change reaches the company's log. */
export function topologyStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  async function find(sql: Sql, companyId: string): Promise<TopologyView> {
    return (await sql.query<TopologyView>(`select ${COLUMNS} from company_topologies t where t.company_id = $1`, [companyId]))[0] ?? NONE
  }

  return {
    /** The graph of a company the caller may see; empty with revision 0 while there is none. Throws `not_found`. */
    async get(scope: Scope, companyId: string): Promise<TopologyView> {
      await requireVisibleCompany(db, scope, companyId)
      return find(db, companyId)
    },

    /** Puts a graph in the place of the one before. Throws `not_found` and `forbidden`. */
    async replace(caller: Caller, companyId: string, { nodes, edges }: Pick<TopologyView, 'nodes' | 'edges'>): Promise<TopologyView> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        // Two that post at once wait for each other here, also for the first graph of a company.
        await sql.query('select 1 from companies where id = $1 for update', [companyId])
        const before = await find(sql, companyId)
        const after = { nodes, edges: unique(edges) }
        await sql.query(
          `insert into company_topologies (company_id, revision, nodes, edges, updated_at) values ($1, $2, $3::jsonb, $4::jsonb, ${atMs('$5')})
           on conflict (company_id) do update set revision = excluded.revision, nodes = excluded.nodes, edges = excluded.edges, updated_at = excluded.updated_at`,
          [companyId, before.revision + 1, JSON.stringify(after.nodes), JSON.stringify(after.edges), nowMs],
        )
        await announceTopology(sql, companyId, nowMs)
        await writeAudit(sql, caller, { companyId, action: 'topology.replaced', subject: companyId, before: sizeOf(before), after: sizeOf({ ...after, revision: before.revision + 1 }) }, nowMs)
        return find(sql, companyId)
      }, { durable: true })
    },
  }
}

/** Tells the company's log its graph as it stands; a reader passes over a revision it knows. */
export async function announceTopology(sql: Sql, companyId: string, nowMs: number): Promise<void> {
  const rows = await sql.query<{ revision: number; edges: TopologyEdge[] }>(
    `update company_topologies t set announced_at = ${atMs('$2')} where company_id = $1 returning ${whole('t.revision')} as revision, t.edges`, [companyId, nowMs],
  )
  for (const { revision, edges } of rows) {
    const record: CorrelationRecord = { event: { type: 'topology', companyId, revision, edges } }
    await enqueue(sql, companyId, record, nowMs)
  }
}

/** An audit line holds the size of a graph, not the graph. */
const sizeOf = ({ revision, nodes, edges }: Pick<TopologyView, 'revision' | 'nodes' | 'edges'>) => ({ revision, nodes: nodes.length, edges: edges.length })

function unique(edges: readonly TopologyEdge[]): TopologyEdge[] {
  return [...new Map(edges.map(({ from, to, kind }) => [JSON.stringify([from, to, kind]), { from, to, kind }])).values()]
}
