import { describe, expect, it } from 'vitest'
import { inWorld, type ContractWorld } from '../../test/contracts/connector/subject.ts'
import { startSyncro, type SyncroFake } from '../../test/fakes/psa/syncromsp.ts'
import { syncromsp } from './index.ts'

const inSyncro = (body: (world: ContractWorld, fake: SyncroFake) => Promise<void>): Promise<void> => inWorld(syncromsp, startSyncro, async (world) => {
  await body(world, world.fake as SyncroFake)
  expect(world.fake.faults).toEqual([])
})

describe('Syncro', () => {
  it('mails nobody of a ticket, its notes and its end', () => inSyncro(async ({ made, ctx, connection, note }, { mails }) => {
    const { ref } = await made()
    await syncromsp.update(ref, { mapping: connection.mapping, state: 'resolved', resolution: 'done', notes: [note({ isPublic: true }), note()] }, ctx())
    expect(mails).toEqual([])
  }))

  it('mails public notes where that is set, and never an internal one', () => inSyncro(async ({ made, ctx, connection, note }, { mails }) => {
    const { ref } = await made()
    const context = { ...ctx(), connection: { ...connection, fields: { emailPublicNotes: 'yes' } } }
    await syncromsp.update(ref, { mapping: connection.mapping, notes: [note({ text: 'for us' }), note({ text: 'for them', isPublic: true })] }, context)
    expect(mails).toHaveLength(1)
    expect(mails[0]).toContain('for them')
  }))

  it('takes a right that the token lacks for that, and not for a wrong token', () => inSyncro(async ({ draft, made, ctx }, fake) => {
    const { ref } = await made()
    fake.withdraw('Tickets - Create')
    await expect(syncromsp.create(draft(), ctx())).rejects.toMatchObject({ code: 'forbidden', httpStatus: 401 })
    expect(await syncromsp.read(ref, ctx())).not.toBeNull()
    fake.trouble({ is: { status: 401, json: { error: 'Not authorized' } } })
    await expect(syncromsp.read(ref, ctx())).rejects.toMatchObject({ code: 'unauthorized' })
  }))

  it('makes no ticket without a customer, and says what to do', () => inSyncro(async ({ draft, ctx, connection }, fake) => {
    const wanted = draft({ party: { companyId: null, contactId: null, assetIds: [] }, mapping: { ...connection.mapping, place: {} } })
    await expect(syncromsp.create(wanted, ctx())).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('match the company') as string })
    expect(fake.calls).toEqual([])
  }))

  it('finds a ticket in the list where the search has not caught up yet', () => inSyncro(async ({ draft, ctx }, fake) => {
    const wanted = draft()
    const { ref } = await syncromsp.create(wanted, ctx())
    fake.trouble({ is: { status: 200, json: { tickets: [], meta: { total_pages: 1, page: 1 } } }, method: 'GET', path: /\/tickets$/ })
    expect((await syncromsp.find(wanted.externalRef, ctx()))?.externalId).toBe(ref.externalId)
  }))

  it('knows its notes among hundreds of others', () => inSyncro(async ({ made, ctx, connection, note, seen, clock }, fake) => {
    const { ref } = await made()
    const first = note({ text: 'ours' })
    await syncromsp.update(ref, { mapping: connection.mapping, notes: [first] }, ctx())
    for (let at = 0; at < 120; at++) {
      clock.tick(1_000)
      fake.technician.comment(ref.externalId, `comment ${at}`)
    }
    await syncromsp.update(ref, { mapping: connection.mapping, notes: [first] }, ctx({ isRepeat: true }))
    expect(seen(ref).notes.filter(({ text }) => text.includes('ours'))).toHaveLength(1)
  }))

  it('says in its check what the token may do beside its work, and is content', () => inSyncro(async ({ ctx }, fake) => {
    fake.trouble({ is: { status: 200, json: { user_id: 901, user_name: 'Boss', permissions: { ticket: { read: true, write: true, delete: true }, customer: { read: true }, asset: { read: true }, script: { execute: true } } } }, path: /\/me$/ })
    const { ok, findings } = await syncromsp.check(ctx())
    expect(ok).toBe(true)
    expect(findings.find(({ name }) => name === 'no more than needed')?.text).toContain('ticket delete, script execute')
  }))
})
