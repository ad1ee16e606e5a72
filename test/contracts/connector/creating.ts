/** How tickets are made: whole, once, and as text. */
import { describe, expect } from 'vitest'
import { bare, declarer, HOSTILE, losingEachAnswer, type ConnectorSubject } from './subject.ts'

export function creating(subject: ConnectorSubject): void {
  const { connector, start } = subject
  const test = declarer(subject)

  describe('creating', () => {
    test('makes a ticket with all that the draft says, and tells it as it is', async ({ fake, draft, ctx, seen }) => {
      const wanted = draft()
      const told = await connector.create(wanted, ctx())
      expect(fake.tickets()).toHaveLength(1)
      const ticket = seen(told.ref)
      expect(ticket.title).toContain(wanted.title)
      expect(bare(ticket.text)).toContain(bare(wanted.text))
      expect(ticket).toMatchObject({ companyId: wanted.party.companyId, isDeleted: false })
      expect(told).toMatchObject({ externalRef: wanted.externalRef, companyId: wanted.party.companyId, mergedIntoId: null, isDeleted: false })
      expect(told.title).toContain(wanted.title)
      expect(told.ref.number).not.toBe('')
      expect(told.ref.url === null || /^https?:\/\//.test(told.ref.url)).toBe(true)
      expect(['open', 'assigned', 'in_progress']).toContain(told.state)
      const read = await connector.read(told.ref, ctx())
      expect(read).toMatchObject({ ref: told.ref, externalRef: wanted.externalRef, state: told.state, title: told.title })
    })

    test('keeps line ends as line ends', async ({ made, seen }) => {
      expect(seen((await made({ text: 'one\ntwo' })).ref).text).toMatch(/one\s*\n\s*two/)
    })

    test('gives it to the technician and the machine it is about', async ({ fake, draft, ctx, seen }) => {
      const { asset, users } = fake.world
      const told = await connector.create(draft({ assigneeId: users[0].id, party: { companyId: fake.world.company.id, contactId: null, assetIds: connector.capabilities.assets && asset !== null ? [asset.id] : [] } }), ctx())
      expect(seen(told.ref).assigneeId).toBe(users[0].id)
      expect(told.assignee?.externalId).toBe(users[0].id)
      if (connector.capabilities.assets && asset !== null) expect(seen(told.ref).assetIds).toContain(asset.id)
    }, ({ assign }) => assign)

    test('makes one without company, technician and machine', async ({ made, fake }) => {
      await made({ party: { companyId: null, contactId: null, assetIds: [] } })
      expect(fake.tickets()).toHaveLength(1)
    })

    test('makes a child of another', async ({ made, seen }) => {
      const parent = await made()
      const child = await made({ parent: parent.ref })
      expect(seen(child.ref).parentId).toBe(parent.ref.externalId)
    }, ({ parent }) => parent)

    test('asked twice makes one', async ({ fake, draft, ctx }) => {
      const wanted = draft()
      const first = await connector.create(wanted, ctx())
      const second = await connector.create(wanted, ctx({ isRepeat: true }))
      expect(second.ref).toEqual(first.ref)
      expect(fake.tickets()).toHaveLength(1)
    })

    test('whose answer is lost, whichever it is, makes one', () => losingEachAnswer(connector, start, {
      prepare: async ({ draft }) => draft(),
      work: ({ ctx }, draft, isRepeat) => connector.create(draft, ctx({ isRepeat })),
      holds: ({ fake }, draft, lost) => expect(fake.tickets().map(({ externalRef, title }) => externalRef ?? title), `after ${lost} was lost`).toEqual([expect.stringContaining(draft.externalRef)]),
    }))

    test('that was never heard makes one when repeated', async ({ fake, draft, ctx }) => {
      const wanted = draft()
      fake.trouble({ is: 'lost_before' })
      await expect(connector.create(wanted, ctx())).rejects.toMatchObject({ code: 'cut_off' })
      await connector.create(wanted, ctx({ isRepeat: true }))
      expect(fake.tickets()).toHaveLength(1)
    })

    test('takes a 200 where 201 is due', async ({ fake, made }) => {
      fake.trouble({ is: 200, isWrite: true, times: 9 })
      expect((await made()).ref.externalId).not.toBe('')
    })

    test('makes two of two drafts, and finds each by its reference', async ({ fake, draft, ctx }) => {
      const [one, two] = [draft(), draft()]
      const [first, second] = [await connector.create(one, ctx()), await connector.create(two, ctx())]
      expect(fake.tickets()).toHaveLength(2)
      expect((await connector.find(one.externalRef, ctx()))?.externalId).toBe(first.ref.externalId)
      expect((await connector.find(two.externalRef, ctx()))?.externalId).toBe(second.ref.externalId)
      expect(await connector.find('AW-N0WHERET0BEF', ctx())).toBeNull()
    }, ({ findByExternalRef }) => findByExternalRef)

    test('writes hostile text as text', async ({ fake, made, seen }) => {
      const { ref } = await made({ title: HOSTILE.slice(0, 60), text: `before\n${HOSTILE}\nafter` })
      const ticket = seen(ref)
      expect(bare(ticket.title)).toContain(bare(HOSTILE.slice(0, 60)))
      expect(bare(ticket.text)).toContain(bare(HOSTILE))
      expect(ticket).toMatchObject({ assigneeId: null, isDeleted: false })
      expect(fake.tickets()).toHaveLength(1)
    })

    test('cuts what is too long, and says so', async ({ made, seen }) => {
      const { ref } = await made({ title: 'T'.repeat(2_000), text: 'x'.repeat(200_000) })
      expect(seen(ref).title.length).toBeLessThan(2_000)
      expect(seen(ref).title).toContain('[cut]')
      expect(seen(ref).text.includes('[cut]')).toBe(true)
    })
  })
}
