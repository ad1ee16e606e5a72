/**
 * The story: an MSP works in Debian's own Request Tracker. A disk fills up, and one ticket stands there, already explained; a storm of repeats adds a few notes and no second ticket. A technician comments
 * and resolves it in RT's own pages, and the incident follows. The trouble comes back, and the same ticket is open again. Two incidents become one, and so do their tickets. And when the program is
 * killed after RT has made a ticket and before it could say so, there is one ticket all the same.
 */
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CallView } from '../../schemas/call-views.ts'
import type { TicketView } from '../../schemas/tickets.ts'
import type { IncidentDetail, Page } from '../../schemas/views.ts'
import { admin, onboard, type Client } from '../harness/client.ts'
import { Program, undoAll, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'
import { startRequestTracker, type RequestTracker } from '../services/tools/request-tracker.ts'

let rt: RequestTracker
let program: Program
let api: Client
let company: Company
/** Stands before RT; told what to do with the answer to a create. */
let between: { readonly url: string; onCreated: (() => Promise<'answer' | 'silence'>) | null; creates: number }
const undo: (() => Promise<unknown> | void)[] = []

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rt-'))
  undo.push(() => rm(folder, { recursive: true }))
  rt = await startRequestTracker(folder)
  undo.push(() => rt.stop())
  between = await startBetween(rt.url)
  program = await Program.up({ AW_MODE: 'production', AW_TICKET_POLL_SECONDS: '10' })
  undo.push(() => program.remove())
  await program.start()
  company = await onboard(program, 'Acme', { mode: 'production' })
  api = admin(program)
  expect((await api.call('PUT', `/api/companies/${company.id}/ticket-settings`, { delaySeconds: 0, noteEverySeconds: 5 })).status).toBe(200)
  const made = await api.call<{ id: string }>('POST', '/api/connections', { company: company.id, connector: 'request-tracker', name: 'RT', environment: 'production', baseUrl: between.url, auth: 'api_key', fields: { user: rt.us.user }, secrets: { token: rt.us.token }, mapping: { place: { queue: rt.queue } } })
  expect(made.status, made.text).toBe(201)
  expect((await api.call<{ check: { ok: boolean } }>('POST', `/api/connections/${made.body.id}/check`)).body.check).toMatchObject({ ok: true })
  expect((await api.call('PATCH', `/api/connections/${made.body.id}`, { enabled: true })).status).toBe(200)
}, 900_000)
afterAll(() => undoAll(undo))

/** Hands on what comes, byte for byte. */
async function startBetween(target: string): Promise<typeof between> {
  const { hostname, port } = new URL(target)
  const state: { url: string; onCreated: typeof between.onCreated; creates: number } = { url: '', onCreated: null, creates: 0 }
  const server: Server = createServer((came, answer) => {
    const isCreate = came.method === 'POST' && came.url === '/REST/2.0/ticket'
    const onward = request({ hostname, port, method: came.method, path: came.url, headers: came.headers }, (given) => {
      const parts: Buffer[] = []
      given.on('data', (part: Buffer) => parts.push(part))
      given.on('end', () => {
        if (isCreate) state.creates += 1
        const act = isCreate && state.onCreated !== null ? state.onCreated() : Promise.resolve('answer' as const)
        void act.then((what) => (what === 'answer' ? answer.writeHead(given.statusCode ?? 502, given.headers).end(Buffer.concat(parts)) : answer.destroy()))
      })
    })
    onward.on('error', () => answer.destroy())
    came.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return state
}

const WITHIN_MS = 240_000
const fire = async (asset: string, over: Parameters<typeof alertBody>[0] = {}): Promise<void> => {
  expect((await post(program.url, company, 'alerts', alertBody({ asset_name: asset, signature: 'Disk full', severity: 'critical', message: `97 % used on ${asset}`, external_id: `disk/${asset}`, ...over }))).status).toBe(202)
}
const incidentOf = async (asset: string): Promise<IncidentDetail | null> => {
  const [found] = await api.incidents(`&q=${asset}&company=${company.id}`)
  return found === undefined ? null : api.incident(found.id)
}
/** The incident's own ticket once it stands in RT. */
const ticketOf = (asset: string): Promise<TicketView & { externalId: string }> => until(`the ticket of ${asset}`, async () => {
  const own = (await incidentOf(asset))?.tickets.find(({ origin, externalId }) => origin === 'own' && externalId !== null)
  return own === undefined ? null : (own as TicketView & { externalId: string })
}, WITHIN_MS)
const rtStatus = (id: string, ...wanted: string[]): Promise<unknown> => until(`ticket ${id} is ${wanted.join(' or ')}`, async () => (wanted.includes((await rt.ticket(id)).Status) ? true : null), WITHIN_MS)

let disk: TicketView & { externalId: string }

it('makes one ticket that explains itself, and shows it with the incident', async () => {
  await fire('fs-01')
  disk = await ticketOf('fs-01')
  expect(await rt.tickets()).toEqual([disk.externalId])
  expect(await rt.ticket(disk.externalId)).toMatchObject({ Subject: expect.stringMatching(/^\[AW-[0-9A-Z]{12}\] .*fs-01/), Priority: '100', Status: 'new' })
  const [opened] = await rt.said(disk.externalId)
  expect(opened).toMatchObject({ type: 'Create', by: rt.us.user })
  for (const part of ['fs-01', 'Disk full', disk.externalRef]) expect(opened?.text).toContain(part)
  expect(disk).toMatchObject({ connector: 'request-tracker', environment: 'production', isSimulated: false, isPlanned: false, url: `${between.url}/Ticket/Display.html?id=${disk.externalId}` })
})

it('takes a storm of repeats for a few notes', async () => {
  for (let n = 0; n < 60; n++) await fire('fs-01')
  await until('a note tells of them', async () => ((await rt.said(disk.externalId)).some(({ type, by }) => type === 'Comment' && by === rt.us.user) ? true : null), WITHIN_MS)
  expect(await rt.tickets()).toEqual([disk.externalId])
  expect((await rt.said(disk.externalId)).length).toBeLessThan(10)
})

it('takes over what a technician says and does in RT, and answers none of it with itself', async () => {
  await rt.technician.comment(disk.externalId, 'Removing old logs <now>')
  await until('the incident has the comment', async () => ((await incidentOf('fs-01'))?.timeline.some(({ text }) => text.includes('Removing old logs <now>')) ? true : null), WITHIN_MS)
  await rt.technician.change(disk.externalId, { Owner: rt.technician.name, Status: 'resolved' })
  await until('the incident is resolved', async () => (['resolved', 'closed'].includes((await incidentOf('fs-01'))?.status ?? '') ? true : null), WITHIN_MS)
  const said = await rt.said(disk.externalId)
  expect(said.filter(({ by, text }) => by === rt.us.user && text.includes('Removing old logs'))).toEqual([])
  expect((await rt.ticket(disk.externalId)).Status).toBe('resolved')
})

it('opens the same ticket again when the trouble comes back', async () => {
  await fire('fs-01', { status: 'resolved' })
  await fire('fs-01')
  await rtStatus(disk.externalId, 'new', 'open')
  expect(await rt.tickets()).toEqual([disk.externalId])
  expect((await rt.ticket(disk.externalId)).Owner.id).toBe(rt.technician.name)
})

it('merges the tickets of incidents that are merged', async () => {
  await fire('sw-77', { signature: 'Port down', message: 'uplink is gone', external_id: 'port/sw-77' })
  const other = await ticketOf('sw-77')
  expect(other.externalId).not.toBe(disk.externalId)
  const [one, two] = [await incidentOf('fs-01'), await incidentOf('sw-77')]
  const merged = await api.call('POST', `/api/incidents/${two!.id}/merge`, { into: one!.id })
  expect([200, 202], merged.text).toContain(merged.status)
  await until('RT has merged them', async () => ((await rt.ticket(other.externalId)).id === (await rt.ticket(disk.externalId)).id ? true : null), WITHIN_MS)
})

it('makes exactly one ticket when the program is killed after RT has made it and before it could say so', async () => {
  const killed = Promise.withResolvers<undefined>()
  between.onCreated = async () => {
    between.onCreated = null
    await program.kill()
    killed.resolve(undefined)
    return 'silence'
  }
  const before = [await rt.tickets(), between.creates] as const
  await fire('db-09', { signature: 'Replication lag', message: 'an hour behind', external_id: 'lag/db-09' })
  await killed.promise
  const [made, ...others] = (await rt.tickets()).filter((id) => !before[0].includes(id))
  expect(others).toEqual([])
  await program.start()
  const found = await ticketOf('db-09')
  expect(found.externalId).toBe(made)
  expect(between.creates).toBe(before[1] + 1)
  expect((await rt.tickets()).length).toBe(before[0].length + 1)
})

it('has a record of every call, without the token', async () => {
  const calls = await until('the calls are recorded', async () => {
    const { items } = await api.get<Page<CallView>>(`/api/calls?company=${company.id}&ticket=${disk.id}&limit=200`)
    return items.some(({ action }) => action === 'created') ? items : null
  })
  expect(new Set(calls.map(({ connector, direction, status }) => `${connector} ${direction} ${status}`))).toEqual(new Set(['request-tracker out success']))
  for (const { id } of calls.slice(0, 20)) expect((await api.call('GET', `/api/calls/${id}`)).text).not.toContain(rt.us.token)
})
