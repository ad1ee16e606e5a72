/** The story: a company posts its dependency graph; when its database fails, the incident names the database and how the trouble spread from there. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AuditEntry, Page, TopologyView } from '../../schemas/views.ts'
import { admin, onboard, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

const root = join(import.meta.dirname, '../..')
const EDGES = [{ from: 'web', to: 'shop', kind: 'calls' }, { from: 'shop', to: 'db-1', kind: 'calls' }]
let program: Program
let company: Company
let api: Client
let folder: string

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  company = await onboard(program, 'Chains Ltd')
  api = admin(program)
  folder = mkdtempSync(join(tmpdir(), 'aw-topology-'))
})
afterAll(async () => {
  await program.remove()
  rmSync(folder, { recursive: true, force: true })
})

const path = (): string => `/api/companies/${company.id}/topology`

async function aw(graph: string): Promise<{ stdout: string; stderr: string; failed: boolean }> {
  const file = join(folder, 'graph.json')
  writeFileSync(file, graph)
  try {
    const done = await promisify(execFile)(process.execPath, [join(root, 'main.ts'), 'topology', file, '--company', 'Chains Ltd'], { cwd: root, env: { PATH: process.env.PATH ?? '', AW_URL: program.url, AW_ADMIN_TOKEN: program.adminToken } })
    return { ...done, failed: false }
  } catch (thrown) {
    return { stdout: '', stderr: String((thrown as { stderr?: string }).stderr), failed: true }
  }
}

async function fire(asset: string, signature: string, more: Record<string, unknown> = {}): Promise<void> {
  expect((await post(program.url, company, 'alerts', alertBody({ asset_name: asset, signature, message: signature, tool_source: 'Zabbix', ...more }))).status).toBe(202)
}

it('takes a graph as a whole, says who did, and keeps the next one under a new revision', async () => {
  expect(await api.get<TopologyView>(path())).toEqual({ revision: 0, nodes: [], edges: [], updatedAt: null })
  expect((await aw(JSON.stringify({ nodes: [{ id: 'web', type: 'service', team: 'x' }], edges: [...EDGES, ...EDGES] }))).stdout).toContain('1 nodes and 2 edges now, revision 1')
  expect(await api.get<TopologyView>(path())).toMatchObject({ revision: 1, nodes: [{ id: 'web', type: 'service' }], edges: EDGES })
  const put = await api.call<TopologyView>('PUT', path(), { edges: [...EDGES, { from: 'mail', to: 'db-1' }] })
  expect([put.status, put.body.revision, put.body.edges[2]]).toEqual([200, 2, { from: 'mail', to: 'db-1', kind: 'depends_on' }])
  const { items } = await api.get<Page<AuditEntry>>(`/api/audit?company=${company.id}&action=topology.replaced`)
  expect(items.map(({ after }) => after)).toEqual([{ revision: 2, nodes: 0, edges: 3 }, { revision: 1, nodes: 1, edges: 2 }])
})

it.each([
  ['no edges', '{"nodes": []}', 'it needs'],
  ['no JSON', '{"edges": [', 'is not JSON'],
  ['an edge that leads nowhere', '{"edges": [{"from": "web"}]}', 'to'],
  ['too many edges', JSON.stringify({ edges: Array.from({ length: 50_001 }, (_, i) => ({ from: `a${i}`, to: 'b' })) }), '50000'],
])('refuses a graph with %s and says what is wrong', async (_, graph, said) => {
  const { failed, stderr } = await aw(graph)
  expect([failed, stderr]).toEqual([true, expect.stringContaining(said)])
})

it('names the database as the root cause of what it brought down, and shows the chain', async () => {
  await fire('printer-9', 'Toner low')
  const [probe] = await until('an incident', async () => {
    const found = await api.incidents(`&company=${company.id}`)
    return found.length > 0 ? found : null
  })
  // Commands and graphs travel in one order, so once this note is answered the graph is in force.
  await until('the note', async () => (await api.call('POST', `/api/incidents/${probe?.id ?? ''}/notes`, { text: 'graph posted' })).status === 200)
  await fire('db-1', 'Database errors', { severity: 'critical' })
  await fire('shop', 'Response time high')
  await fire('web', 'HTTP errors high')
  const incident = await until('one incident of three', async () => {
    const [found] = await api.incidents(`&company=${company.id}&q=db-1`)
    const shown = found === undefined ? null : await api.incident(found.id)
    return shown?.problemCount === 3 ? shown : null
  })
  expect(incident.rootCause).toMatchObject({ asset: 'db-1', reason: expect.stringContaining('shop relies on it') })
  expect(incident.rootCause?.chain.map(({ asset }) => asset)).toEqual(['db-1', 'shop', 'web'])
  expect(incident.rootCause?.chain[1]?.because).toMatch(/^shop depends on db-1, and began/)
  expect(incident.pattern).toMatchObject({ kind: 'cascade', figures: { assets: 3, assetsOnChain: 3 } })
  const [listed] = await api.incidents(`&company=${company.id}&q=db-1`)
  expect(listed).toMatchObject({ rootCause: incident.rootCause, pattern: incident.pattern })
})
