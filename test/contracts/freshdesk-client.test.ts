import Freshdesk from 'freshdesk-api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freshdesk } from '../../connectors/freshdesk/index.ts'
import { TestClock } from '../../schemas/clock.ts'
import { startFreshdesk } from '../fakes/psa/freshdesk.ts'
import type { PsaFake } from '../fakes/psa/psa-fake.ts'
import { connectorWorld } from '../harness/connector-world.ts'

type Row = Readonly<Record<string, unknown>>
type Answer = (error: unknown, data?: unknown, extra?: { readonly pageIsLast: boolean }) => void

/** A call with a call-back, as that client has them. */
const told = (call: (cb: Answer) => void): Promise<{ readonly data: unknown; readonly isLast: boolean }> =>
  new Promise((resolve, reject) => call((error, data, extra) => (error === null || error === undefined ? resolve({ data, isLast: extra?.pageIsLast ?? true }) : reject(error instanceof Error ? error : new Error('refused')))))

// A client strangers wrote finds in our fake what it expects of Freshdesk; what our connector wrote, it reads, and the other way round.
describe('freshdesk-api against the fake', () => {
  const clock = new TestClock()
  let fake: PsaFake
  let client: Freshdesk

  beforeEach(async () => {
    fake = await startFreshdesk({ clock })
    client = new Freshdesk(new URL(fake.baseUrl).origin, fake.credentials.apiKey ?? '')
  })
  afterEach(async () => {
    expect(fake.faults).toEqual([])
    await fake.stop()
  })

  it('makes, reads, changes and lists tickets and notes', async () => {
    const { data } = await told((cb) => client.createTicket({ subject: 'By another', description: '<b>x</b>', email: undefined, unique_external_id: 'other', name: 'Other', status: 2, priority: 1 }, cb))
    const id = Number((data as Row).id)
    await told((cb) => client.updateTicket(id, { priority: 3 }, cb))
    await told((cb) => client.createNote(id, { body: 'a note', private: true }, cb))
    expect((await told((cb) => client.getTicket(id, cb))).data).toMatchObject({ subject: 'By another', priority: 3, status: 2 })
    expect((await told((cb) => client.listAllConversations(id, cb))).data).toMatchObject([{ body_text: 'a note', private: true }])
    for (let at = 0; at < fake.pageSize; at++) fake.technician.open(`ticket ${at}`)
    expect(await told((cb) => client.listAllTickets({ page: 1 }, cb))).toMatchObject({ isLast: false })
    expect(await told((cb) => client.listAllTickets({ page: 2 }, cb))).toMatchObject({ isLast: true })
  })

  it('reads what our connector wrote, and our connector what it wrote', async () => {
    const world = connectorWorld(freshdesk, fake, clock)
    const { ref } = await freshdesk.create(world.draft(), world.ctx())
    await freshdesk.update(ref, { mapping: world.connection.mapping, notes: [world.note({ text: 'from us' })], attachments: [{ token: 'aw-a', name: 'a.txt', contentType: 'text/plain', base64: 'YQ==' }] }, world.ctx())
    expect((await told((cb) => client.getTicket(Number(ref.externalId), cb))).data).toMatchObject({ subject: expect.stringContaining('Disk full'), priority: 3 })
    expect((await told((cb) => client.listAllConversations(Number(ref.externalId), cb))).data).toMatchObject([{ private: true, attachments: [{ name: 'a.txt' }] }])
    await told((cb) => client.updateTicket(Number(ref.externalId), { status: 4 }, cb))
    expect((await freshdesk.read(ref, world.ctx()))?.state).toBe('resolved')
  })

  it('finds the fake refusing as Freshdesk does', async () => {
    await expect(told((cb) => client.getTicket(4711, cb))).rejects.toMatchObject({ name: 'FreshdeskError', status: 404 })
    await expect(told((cb) => new Freshdesk(new URL(fake.baseUrl).origin, 'wrong').getTicket(1, cb))).rejects.toMatchObject({ status: 401 })
    fake.trouble({ is: { status: 429, json: { message: 'later' }, headers: { 'retry-after': '30' } } })
    await expect(told((cb) => client.getTicket(1, cb))).rejects.toMatchObject({ status: 429, retryAfter: 30 })
  })

  it('looks companies, agents and fields up', async () => {
    expect((await told((cb) => client.searchCompany({ name: 'acm' }, cb))).data).toMatchObject({ companies: [{ name: 'Acme Corp' }] })
    expect((await told((cb) => client.currentAgent(cb))).data).toMatchObject({ contact: { name: 'Alert Whisperer' } })
    expect((await told((cb) => client.listAllTicketFields({}, cb))).data).toContainEqual(expect.objectContaining({ name: 'status' }))
  })
})
