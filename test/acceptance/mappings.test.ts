/**
 * The story: a client's backup appliance speaks a dialect of its own. A technician has a mapping suggested from one of its messages, mends it in the try-out,
 * stores it, and the next message is an incident. One message in ten is odd and lies among the dead letters, until the mapping is mended and it is replayed.
 * No line of code is written for it.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MappingDocument, MappingSuggestion, MappingTrial } from '../../schemas/mapping.ts'
import type { DeadLetterView, IntegrationView, Page } from '../../schemas/views.ts'
import { admin, keyWorks, onboard, settledBalance, type Client } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { post, type Company } from '../harness/sender.ts'

const job = (name: string, rc: unknown, state: string) => ({ job: { id: `job-${name}`, machine: name }, task: 'nightly backup', rc, state, note: `nightly backup of ${name}` })
const message = (...jobs: unknown[]) => ({ appliance: 'vault-1', jobs })

let program: Program
let company: Company
let api: Client
let integration: { integration: IntegrationView; apiKey: string; hmacSecret: string }
let path: string

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  company = await onboard(program, 'Mapped Ltd')
  api = admin(program)
  integration = await program.api('POST', `/api/companies/${company.id}/integrations`, { name: 'Vault', source: 'vault-backup' })
  path = `/api/companies/${company.id}/integrations/${integration.integration.id}`
  await keyWorks(program, integration, 'vault-backup')
})
afterAll(() => program.remove())

const MAPPING: MappingDocument = {
  items: 'jobs', asset: 'job.machine', signature: 'task', externalId: 'job.id', severity: 'to_string(rc)', status: 'state', message: 'note', labels: { appliance: '$.appliance' },
  severities: { 0: 'info', 8: 'critical' }, statuses: { aborted: 'firing', completed: 'resolved' },
}

describe('a tool nobody wrote an adapter for', () => {
  it('has a mapping suggested from a message of its own', async () => {
    const { status, body } = await api.call<MappingSuggestion>('POST', `${path}/mapping/suggest`, { payload: JSON.stringify(message(job('db-1', 8, 'aborted'))) })
    expect([status, body.faults]).toEqual([200, []])
    expect(body.mapping).toMatchObject({ items: 'jobs', asset: 'job.machine', externalId: 'job.id', status: 'state' })
    expect(body.alerts).toMatchObject([{ source: 'vault-backup', asset: 'db-1', externalId: 'job-db-1', status: null }])
    expect(body.fields.find(({ field }) => field === 'severity')).toEqual({ field: 'severity', expression: null, confidence: 0, value: null })
  })

  it('has its mapping tried before it is stored: what it makes, or where it fails', async () => {
    const attempt = (mapping: MappingDocument) => api.call<MappingTrial>('POST', `${path}/mapping/try`, { mapping, payload: JSON.stringify(message(job('db-1', 8, 'aborted'))), contentType: 'application/json' })
    expect((await attempt({ ...MAPPING, asset: 'job..machine' })).body).toMatchObject({ alerts: [], faults: [{ field: 'asset', position: 4, path: null }] })
    expect((await attempt({ ...MAPPING, asset: 'job' })).body).toMatchObject({ alerts: [], faults: [{ field: 'asset', position: null, path: '/jobs/0' }] })
    const { body } = await attempt(MAPPING)
    expect(body).toMatchObject({ alerts: [{ asset: 'db-1', externalId: 'job-db-1', severity: 'critical', status: 'firing', labels: { appliance: 'vault-1' } }], faults: [] })
    expect(body.steps).toBeGreaterThan(0)
    const bare = await api.call<MappingTrial>('POST', '/api/mappings/try', { mapping: MAPPING, payload: JSON.stringify(message(job('db-1', 8, 'aborted'))), source: 'elsewhere' })
    expect(bare.body.alerts).toMatchObject([{ source: 'elsewhere', asset: 'db-1' }])
  })

  it('is refused a mapping that cannot be read, with every mistake', async () => {
    const { status, body } = await api.call<{ code: string; message: string; faults: unknown[] }>('PATCH', path, { mapping: { asset: 'job..machine', severities: { 8: 'awful' } } })
    expect([status, body.code]).toEqual([400, 'bad_request'])
    expect(body.message).toContain('mapping.asset at 4: ')
    expect(body.message).toContain('mapping.severities.8: ')
    expect((await api.call<{ message: string }>('POST', `${path}/mapping/try`, { payload: '{}' })).status).toBe(400)
  })

  it('becomes incidents once the mapping is stored, and what it cannot read is replayed once it is mended', async () => {
    const stored = await api.call<IntegrationView>('PATCH', path, { mapping: MAPPING })
    expect([stored.status, stored.body.mapping]).toEqual([200, MAPPING])
    expect((await api.call<MappingTrial>('POST', `${path}/mapping/try`, { payload: JSON.stringify(message(job('x', 0, 'completed'))) })).body.alerts).toMatchObject([{ status: 'resolved' }])

    // The mapping travels over the log like everything else: a delivery that comes before it is read without it.
    let sent = 0
    const problem = await until('a message is read by the mapping', async () => {
      sent += 1
      expect((await post(program.url, integration, 'vault-backup', message(job(`db-1${sent}`, 8, 'aborted')))).status).toBe(202)
      for (const { id } of await api.incidents(`&company=${company.id}`)) {
        const found = (await api.incident(id)).problems.find(({ labels }) => labels.appliance === 'vault-1' && labels.recognised_confidence === undefined)
        if (found !== undefined) return found
      }
      return null
    })
    expect(problem).toMatchObject({ problemKey: expect.stringContaining(':job-db-1'), source: 'vault-backup', signature: 'nightly backup', severity: 'critical', labels: { appliance: 'vault-1' } })

    const odd = message(job('db-2', 8, 'aborted'), { ...job('db-3', 8, 'aborted'), state: { code: 'aborted' } })
    const { answer } = await post(program.url, integration, 'vault-backup', odd)
    const letter = await until('the odd job is a dead letter', async () => (await api.get<Page<DeadLetterView>>(`/api/dead-letters?company=${company.id}`)).items.find(({ code }) => code === 'mapping_failed'))
    expect(letter.message).toContain('/jobs/1: status: gives an object')

    expect((await api.call('PATCH', path, { mapping: { ...MAPPING, status: 'not_null(state.code, state)' } })).status).toBe(200)
    const fatesOf = async (id: string | undefined) => (await api.get<{ elements: { element: number; fate: string }[] }>(`/api/deliveries/${id}`)).elements
    await until('the mended mapping is in force', async () => {
      const probe = (await post(program.url, integration, 'vault-backup', message({ ...job('probe', 0, 'x'), state: { code: 'completed' } }))).answer.deliveryId
      const fate = await until('it has its fate', async () => (await fatesOf(probe))[0]?.fate)
      return fate !== 'rejected'
    })
    expect((await api.call('POST', `/api/dead-letters/${encodeURIComponent(letter.id)}/replay`)).status).toBe(202)
    await until('the replay brings what was missing', async () => (await fatesOf(answer.deliveryId)).find(({ element, fate }) => element === 1 && fate === 'emitted'))
    expect(await settledBalance(program, company.id, sent + 2)).toMatchObject({ difference: 0, missing: 0, surplus: 0 })
  })
})

describe('aw normalise --mapping', () => {
  const run = (mapping: string, input: string): Promise<{ code: number; out: string; err: string }> => new Promise((resolve) => {
    const child = execFile(process.execPath, [join(import.meta.dirname, '../../main.ts'), 'normalise', '--source', 'vault-backup', '--json', '--mapping', mapping], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
    child.stdin?.end(input)
  })

  it('reads a payload with nothing running, says what it could not read, and refuses a mapping that is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mapping-'))
    try {
      const [good, bad] = [join(folder, 'good.json'), join(folder, 'bad.json')]
      writeFileSync(good, JSON.stringify(MAPPING))
      writeFileSync(bad, '{"asset":"a..b"}')
      const read = await run(good, JSON.stringify(message(job('db-1', 0, 'completed'), { state: {}, task: 't' })))
      expect([read.code, JSON.parse(read.out)]).toEqual([0, [expect.objectContaining({ source: 'vault-backup', asset: 'db-1', status: 'resolved', severity: 'info' })]])
      expect(read.err).toContain('not read: /jobs/1: status: gives an object')
      const refused = await run(bad, '{}')
      expect([refused.code, JSON.parse(refused.err)]).toEqual([2, { code: 'usage', message: expect.stringContaining('asset at 2') }])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
