/** The story: what kind of trouble an incident is, what a person says of it, and one machine that three tools call by three names. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { IncidentDetail } from '../../schemas/views.ts'
import { admin, onboard, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

let program: Program
let company: Company
let api: Client

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  company = await onboard(program, 'Sorted Ltd')
  api = admin(program)
})
afterAll(() => program.remove())

async function fire(asset: string, signature: string, more: Record<string, unknown> = {}): Promise<void> {
  expect((await post(program.url, company, 'alerts', alertBody({ asset_name: asset, signature, message: signature, ...more }))).status).toBe(202)
}

async function incidentOf(q: string, condition: (incident: IncidentDetail) => boolean = () => true): Promise<IncidentDetail> {
  return until(`an incident of ${q}`, async () => {
    const [found] = await api.incidents(`&company=${company.id}&q=${q}`)
    const incident = found === undefined ? null : await api.incident(found.id)
    return incident !== null && condition(incident) ? incident : null
  })
}

it('lets a person say what an incident is, which stands and is in its history', async () => {
  await fire('press-1', 'Backup job failed')
  const { id } = await incidentOf('press-1')
  const answer = await api.call('POST', `/api/incidents/${id}/classify`, { text: 'a drill', severity: 'info', category: 'hardware' })
  expect(answer.status).toBe(200)
  const after = await api.incident(id)
  expect(after.severity).toBe('info')
  expect(after.timeline).toEqual(expect.arrayContaining([expect.objectContaining({ kind: 'note', text: 'a drill' })]))
  await fire('press-1', 'Disk failure', { severity: 'critical' })
  expect(await incidentOf('press-1', ({ problemCount }) => problemCount === 2)).toMatchObject({ id, severity: 'info' })
})

it('says how to mend a category or severity that is none', async () => {
  const { id } = await incidentOf('press-1')
  for (const body of [{ text: 'x', severity: 'awful' }, { text: 'x', category: 'No Such!' }, { severity: 'high' }]) {
    const { status, text } = await api.call('POST', `/api/incidents/${id}/classify`, body)
    expect([status, text]).toEqual([400, expect.stringMatching(/severity|category|text/)])
  }
})

it('knows a machine by its short name, its full name and its address', async () => {
  const { status } = await api.call('POST', `/api/companies/${company.id}/assets`, { name: 'db-9', aliases: ['db-9.acme.example', '10.9.9.9'] })
  expect(status).toBe(201)
  await until('the names on the log', async () => {
    await fire('10.9.9.9', 'Disk full')
    const [found] = await api.incidents(`&company=${company.id}&q=db-9`)
    return found ?? null
  })
  await fire('db-9.acme.example', 'Disk slow')
  await fire('db-9', 'Disk hot')
  const incident = await incidentOf('db-9', ({ problems }) => problems.filter(({ asset }) => asset === 'db-9').length >= 2 && problems.some(({ signature }) => signature === 'Disk hot'))
  expect(incident.assets).toContain('db-9')
  expect(incident.assets).not.toContain('db-9.acme.example')
})
