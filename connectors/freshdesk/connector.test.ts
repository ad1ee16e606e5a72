import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { startFreshdesk, startFreshdeskOf } from '../../test/fakes/psa/freshdesk.ts'
import type { PsaFake } from '../../test/fakes/psa/psa-fake.ts'
import { connectorWorld, type ConnectorWorld } from '../../test/harness/connector-world.ts'
import { resolutionNote } from '../changes.ts'
import { withToken } from '../text.ts'
import { freshdesk } from './index.ts'
import { snapshotOf } from './map.ts'

const HOUR_MS = 3_600_000

describe('Freshdesk', () => {
  let clock: TestClock
  let fake: PsaFake
  let world: ConnectorWorld

  beforeEach(async () => {
    clock = new TestClock()
    fake = await startFreshdesk({ clock })
    world = connectorWorld(freshdesk, fake, clock)
  })
  afterEach(async () => {
    expect(fake.faults).toEqual([])
    await fake.stop()
  })
  const withField = () => connectorWorld(freshdesk, fake, clock, { fields: { refField: 'cf_alert_reference' } })

  it('puts the reference into a tag, or into the field that is named', async () => {
    const draft = world.draft()
    await freshdesk.create(draft, world.ctx())
    expect(fake.calls.at(-1)?.body).toMatchObject({ tags: [draft.externalRef] })
    const own = withField()
    const { externalRef } = await freshdesk.create(draft, own.ctx())
    expect(fake.calls.at(-1)?.body).toMatchObject({ custom_fields: { cf_alert_reference: draft.externalRef } })
    expect(externalRef).toBe(draft.externalRef)
  })

  it('finds a ticket at once in the list, and an old one by the search', async () => {
    const own = withField()
    const draft = own.draft()
    const { ref } = await freshdesk.create(draft, own.ctx())
    expect(await freshdesk.find(draft.externalRef, own.ctx())).toEqual(ref)
    expect(fake.calls.some(({ path }) => path.endsWith('/search/tickets'))).toBe(false)
    clock.tick(31 * 24 * HOUR_MS)
    expect(await freshdesk.find(draft.externalRef, own.ctx())).toEqual(ref)
    expect(fake.calls.at(-1)?.path).toBe('/api/v2/search/tickets')
  })

  it('makes one contact without an e-mail address for a company, and finds it again', async () => {
    await freshdesk.create(world.draft(), world.ctx())
    await freshdesk.create(world.draft(), world.ctx())
    const made = fake.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/contacts'))
    expect(made.map(({ body }) => body)).toEqual([{ name: 'Alert Whisperer', unique_external_id: 'alert-whisperer-51000000001', company_id: 51_000_000_001 }])
  })

  it('leaves the company to the contact where the plan takes none with a ticket', async () => {
    await fake.stop()
    fake = await startFreshdeskOf({ clock, hasCompanies: false })
    world = connectorWorld(freshdesk, fake, clock)
    const { companyId } = await freshdesk.create(world.draft(), world.ctx())
    expect(fake.calls.slice(-2).map(({ body, status }) => [Object.hasOwn(body as object, 'company_id'), status])).toEqual([[true, 400], [false, 201]])
    expect([companyId, fake.tickets()[0]?.companyId]).toEqual([fake.world.company.id, fake.world.company.id])
    fake.trouble({ is: { status: 400, json: { description: 'Validation failed', errors: [{ field: 'group_id', message: 'There is no group matching the given group_id', code: 'invalid_value' }] } }, method: 'POST', path: /\/tickets$/ })
    const before = fake.calls.length
    await expect(freshdesk.create(world.draft(), world.ctx())).rejects.toMatchObject({ code: 'invalid' })
    expect(fake.calls.slice(before).filter(({ method, path }) => method === 'POST' && path.endsWith('/tickets'))).toHaveLength(1)
  })

  it('books whole minutes, and no hour as none', async () => {
    const { ref } = await freshdesk.create(world.draft(), world.ctx())
    const times = [0.2, 59.7, 75].map((minutes, at) => ({ token: `aw-t-${at}`, startedAtMs: clock.now(), minutes, text: 'Cleaned the disk' }))
    await freshdesk.update(ref, { mapping: world.connection.mapping, times }, world.ctx())
    expect(fake.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/time_entries')).map(({ body }) => (body as { time_spent: string }).time_spent)).toEqual(['00:01', '01:00', '01:15'])
  })

  it('never replies, for replies are e-mails', async () => {
    const { ref } = await freshdesk.create(world.draft(), world.ctx())
    await freshdesk.update(ref, { mapping: world.connection.mapping, notes: [world.note({ isPublic: true }), world.note()] }, world.ctx())
    expect(fake.calls.filter(({ path }) => path.endsWith('/reply'))).toEqual([])
    expect(fake.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/notes')).map(({ body }) => (body as { private: boolean }).private)).toEqual([true, false])
  })

  it('goes on in the page where more tickets changed in one second than are told at once', async () => {
    const { cursor } = await freshdesk.changedSince(null, world.ctx())
    clock.tick(HOUR_MS)
    const ids = Array.from({ length: 205 }, (_unused, at) => fake.technician.open(`ticket ${at}`))
    const first = await freshdesk.changedSince(cursor, world.ctx())
    const told = new Set(first.changed.map(({ ref }) => ref.externalId))
    let at = first.cursor
    for (let round = 0; round < 4; round++) {
      const next = await freshdesk.changedSince(at, world.ctx())
      for (const { ref } of next.changed) told.add(ref.externalId)
      at = next.cursor
    }
    expect(told.size).toBe(ids.length)
  })

  it('says that the field of the reference is not there', async () => {
    const own = connectorWorld(freshdesk, fake, clock, { fields: { refField: 'cf_elsewhere' } })
    const { ok, findings } = await freshdesk.check(own.ctx())
    expect(ok).toBe(false)
    expect(findings.at(-1)?.text).toContain('there is no ticket field cf_elsewhere')
  })

  it('books hours and minutes', async () => {
    const { ref } = await freshdesk.create(world.draft(), world.ctx())
    await freshdesk.update(ref, { mapping: world.connection.mapping, times: [{ token: 't', startedAtMs: clock.now(), minutes: 135, text: 'long' }] }, world.ctx())
    expect(fake.calls.at(-1)?.body).toMatchObject({ time_spent: '02:15', billable: false, agent_id: 9001 })
  })

  it('takes a webhook of the simple form too, and no text for a ticket', async () => {
    const read = (body: unknown) => freshdesk.hook?.read({ headers: {}, query: {}, body: Buffer.from(JSON.stringify(body)), receivedAtMs: 0 }, '', world.ctx())
    expect(await read({ freshdesk_webhook: { ticket_id: 42 } })).toEqual(['42'])
    expect(await read({ ticket_id: '../agents/1' })).toEqual([])
  })

  it('takes no note that we wrote for a merge, whatever an alert or a machine said in it', () => {
    const said = 'Over.\n- Runbook restart on web-1 merged into ticket #77: done'
    const read = (text: string) => snapshotOf({ id: 1, status: 5, priority: 1 }, world.connection, { notes: [{ externalId: '1', text, isPublic: false, isOurs: true, author: { externalId: '2', name: 'Us', email: null, isAgent: true }, channel: 'unknown' as const, atMs: 0 }] }).mergedIntoId
    const [resolved] = resolutionNote(said)
    expect([withToken(`Alert Whisperer: ${said}`, 'aw:0123456789', 900), withToken(resolved!.text, resolved!.token, 900), `Alert Whisperer: ${said}`].map(read)).toEqual([null, null, null])
    expect(read('The same problem: merged into ticket #12.')).toBe('12')
  })

  it('tells a merge only where an agent’s last note of a closed ticket says so', () => {
    const note = { externalId: '1', text: 'This ticket is closed and merged into ticket 12', isPublic: false, isOurs: false, author: { externalId: '2', name: 'Sam', email: null, isAgent: true }, channel: 'unknown' as const, atMs: 0 }
    const read = (status: number, over = {}) => snapshotOf({ id: 1, status, priority: 1 }, world.connection, { notes: [{ ...note, ...over }] }).mergedIntoId
    expect([read(5), read(2), read(5, { author: { ...note.author, isAgent: false } })]).toEqual(['12', null, null])
  })
})
