import { describe, expect, it } from 'vitest'
import { inWorld, type ContractWorld } from '../../test/contracts/connector/subject.ts'
import { startAtera } from '../../test/fakes/psa/atera.ts'
import { atera } from './index.ts'

const DAY_MS = 86_400_000
const inAtera = (body: (world: ContractWorld) => Promise<void>): Promise<void> => inWorld(atera, startAtera, async (world) => {
  await body(world)
  expect(world.fake.faults).toEqual([])
})
const contactsMade = ({ fake }: ContractWorld): unknown[] => fake.calls.filter(({ method, path }) => method === 'POST' && path === '/api/v3/contacts').map(({ body }) => body)

describe('Atera', () => {
  it('makes one contact a customer, whose address is nobody’s there', () => inAtera(async (world) => {
    await world.made()
    await world.made()
    await world.made({ party: { companyId: world.fake.world.otherCompany.id, contactId: null, assetIds: [] } })
    expect(contactsMade(world)).toMatchObject([{ Email: 'alerts+customer-61@northwind-msp.example', CustomerID: 61 }, { Email: 'alerts+customer-62@northwind-msp.example', CustomerID: 62 }])
  }))

  it('takes a contact that is named', () => inAtera(async (world) => {
    const { ref } = await world.made({ party: { companyId: '61', contactId: '7001', assetIds: [] } })
    expect(contactsMade(world)).toEqual([])
    expect(world.seen(ref).companyId).toBe('61')
  }))

  it('makes no ticket without a customer, and says what to do', () => inAtera(async ({ draft, ctx, connection, fake }) => {
    const wanted = draft({ party: { companyId: null, contactId: null, assetIds: [] }, mapping: { ...connection.mapping, place: {} } })
    await expect(atera.create(wanted, ctx())).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('match the company') as string })
    expect(fake.calls).toEqual([])
  }))

  it('finds a ticket of ours that nobody touched for days, and gives up after two weeks', () => inAtera(async ({ draft, ctx, clock, fake }) => {
    const wanted = draft()
    const { ref } = await atera.create(wanted, ctx())
    for (let at = 0; at < 8; at++) fake.technician.open(`other ${at}`)
    clock.tick(13 * DAY_MS)
    expect((await atera.find(wanted.externalRef, ctx()))?.externalId).toBe(ref.externalId)
    clock.tick(2 * DAY_MS)
    expect(await atera.find(wanted.externalRef, ctx())).toBeNull()
  }))

  it('says "Invalid input" for a technician it does not know, which is no other ticket’s end', () => inAtera(async ({ made, ctx, connection, note }) => {
    const { ref } = await made()
    const context = ctx()
    const other = { ...context, connection: { ...connection, fields: { ...connection.fields, technicianId: '99' } } }
    await expect(atera.update(ref, { mapping: connection.mapping, notes: [note()] }, other)).rejects.toMatchObject({ code: 'not_found' })
    expect(await atera.read(ref, ctx())).not.toBeNull()
  }))

  it('checks that the technician is the one whose address is given', () => inAtera(async ({ ctx, connection }) => {
    const context = ctx()
    const { ok, findings } = await atera.check({ ...context, connection: { ...connection, fields: { ...connection.fields, technicianId: '4' } } })
    expect(ok).toBe(false)
    expect(findings.find((finding) => !finding.ok)?.text).toContain('technician 4 is Sam Field and has another e-mail address')
  }))

  it('lists the machines of a customer though its tickets name none', () => inAtera(async ({ ctx }) => {
    expect(await atera.findAssets('61', 'sn-1', ctx())).toEqual([{ externalId: '301', name: 'fs-01', aliases: ['SN-1', '10.0.0.5'] }])
    expect(await atera.findAssets('61', 'fs-02', ctx())).toEqual([])
  }))

  it('finds a customer by one of its domains, and by an address below it', () => inAtera(async ({ ctx }) => {
    for (const query of ['acme.test', 'mail.acme.test']) expect((await atera.findCompanies(query, ctx())).map(({ name }) => name)).toEqual(['Acme Corp'])
  }))

  it('tells another technician without a comment as a change of its own, each time', () => inAtera(async ({ made, ctx, clock, fake }) => {
    const { ref } = await made({ assigneeId: fake.world.users[0].id })
    let { cursor } = await atera.changedSince(null, ctx())
    const seen: string[] = []
    for (const user of [fake.world.users[1], fake.world.users[0]]) {
      clock.tick(3_600_000)
      fake.technician.reassign(ref.externalId, user.id)
      clock.tick(60_000)
      const found = await atera.changedSince(cursor, ctx())
      cursor = found.cursor
      seen.push(...found.changed.map(({ updatedAtMs, assignee }) => `${updatedAtMs ?? ''} ${assignee?.name ?? ''}`))
    }
    expect(seen).toEqual([expect.stringMatching(/\d Kim Reyes$/), expect.stringMatching(/\d Sam Field$/)])
    expect(new Set(seen.map((one) => one.split(' ')[0])).size).toBe(2)
  }))

  it('tells more changes than one round takes, each, and begins the next round before the last', () => inAtera(async ({ ctx, clock, fake }) => {
    let { cursor } = await atera.changedSince(null, ctx())
    clock.tick(3_600_000)
    const ids = Array.from({ length: 30 }, (_one, at) => fake.technician.open(`ticket ${at}`))
    clock.tick(60_000)
    const told: string[] = []
    for (let round = 0; round < 3; round++) {
      const found = await atera.changedSince(cursor, ctx())
      told.push(...found.changed.map(({ ref }) => ref.externalId))
      cursor = found.cursor
    }
    expect(told.sort()).toEqual(ids.sort())
    clock.tick(600_000)
    const late = fake.technician.open('late')
    for (let round = 0; round < 4 && !told.includes(late); round++) {
      const found = await atera.changedSince(cursor, ctx())
      told.push(...found.changed.map(({ ref }) => ref.externalId))
      cursor = found.cursor
    }
    expect(told).toContain(late)
  }))
})
