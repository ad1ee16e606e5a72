/** How tickets are read: what people did, which changed, what can be found. */
import { describe, expect, it } from 'vitest'
import { findNamed } from '../../../connectors/links/named.ts'
import { declarer, HOSTILE, inWorld, type ConnectorSubject, type ContractWorld } from './subject.ts'

const POLLS_MAX = 12

/** Asks until everything wanted was told, at most twelve times; answers what was told, in order. */
async function poll({ connector, ctx }: ContractWorld, cursor: string, wanted: readonly string[]): Promise<{ readonly ids: readonly string[]; readonly cursor: string }> {
  const ids: string[] = []
  let at = cursor
  for (let round = 0; round < POLLS_MAX; round++) {
    const { changed, cursor: next } = await connector.changedSince(at, ctx())
    expect(changed.length).toBeLessThanOrEqual(200)
    const times = changed.map(({ updatedAtMs }) => updatedAtMs ?? 0)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    ids.push(...changed.map(({ ref }) => ref.externalId))
    at = next
    if (changed.length === 0 || wanted.every((id) => ids.includes(id))) break
  }
  return { ids, cursor: at }
}

export function reading(subject: ConnectorSubject): void {
  const { connector, start } = subject
  const test = declarer(subject)
  const { capabilities } = connector

  describe('reading', () => {
    const { beside } = subject
    if (beside !== undefined) test('makes, reads and follows tickets though it may not see what stands beside them', async ({ draft, ctx, fake, clock }) => {
      const { cursor } = await connector.changedSince(null, ctx())
      clock.tick(5_000)
      fake.trouble({ is: { status: 403, json: { message: 'You do not have the right to do this' } }, path: beside, times: 1_000 })
      const { ref } = await connector.create(draft({ assigneeId: capabilities.assign ? fake.world.users[0].id : null }), ctx())
      fake.technician.comment(ref.externalId, 'I am on it')
      clock.tick(120_000)
      const read = await connector.read(ref, ctx())
      expect(read).toMatchObject({ ref: { externalId: ref.externalId }, state: 'open', ...(capabilities.assign ? { assignee: { externalId: fake.world.users[0].id } } : {}) })
      expect(read?.notes?.find(({ text }) => text.includes('I am on it'))).toMatchObject({ isOurs: false, author: { isAgent: true } })
      expect((await connector.changedSince(cursor, ctx())).changed.map((one) => one.ref.externalId)).toContain(ref.externalId)
      expect(fake.calls.some(({ path, status }) => beside.test(path) && status === 403)).toBe(true)
    })

    test('tells what a technician wrote from what we wrote', async ({ made, ctx, connection, note, fake, clock }) => {
      const { ref } = await made()
      const ours = note({ isPublic: !capabilities.internalNote })
      await connector.update(ref, { mapping: connection.mapping, notes: [ours] }, ctx())
      clock.tick(60_000)
      fake.technician.comment(ref.externalId, 'I am on site <now> & looking')
      const notes = (await connector.read(ref, ctx()))?.notes ?? []
      expect(notes.find(({ text }) => text.includes(ours.token))).toMatchObject({ isOurs: true })
      const theirs = notes.at(-1)
      expect(theirs).toMatchObject({ isOurs: false, author: { isAgent: true } })
      expect(theirs?.text).toContain('I am on site <now> & looking')
      expect(theirs?.author.name).not.toBe('')
      expect(new Set(notes.map(({ externalId }) => externalId)).size).toBe(notes.length)
    })

    test('tells the newest 50 notes, newest last', async ({ made, ctx, fake, clock }) => {
      const { ref } = await made()
      for (let at = 1; at <= 55; at++) {
        clock.tick(60_000)
        fake.technician.comment(ref.externalId, `comment ${at}.`)
      }
      const notes = (await connector.read(ref, ctx()))?.notes ?? []
      expect(notes.length).toBeLessThanOrEqual(50)
      expect(notes.slice(-3).map(({ text }) => text.trim())).toEqual(['comment 53.', 'comment 54.', 'comment 55.'])
    })

    test('tells who has it and that it was closed', async ({ made, ctx, fake, clock }) => {
      const { ref } = await made()
      clock.tick(60_000)
      fake.technician.reassign(ref.externalId, fake.world.users[1].id)
      expect((await connector.read(ref, ctx()))?.assignee).toMatchObject({ externalId: fake.world.users[1].id, name: fake.world.users[1].name, email: fake.world.users[1].email })
      fake.technician.close(ref.externalId)
      expect(['resolved', 'closed']).toContain((await connector.read(ref, ctx()))?.state)
    })

    test('tells nothing of a ticket that is not there, and that one was removed', async ({ made, ctx, fake }) => {
      const { ref } = await made()
      fake.technician.remove(ref.externalId)
      const read = await connector.read(ref, ctx())
      expect(read === null || read.isDeleted).toBe(true)
      expect(await connector.read({ ...ref, externalId: ref.externalId.replace(/.$/, (last) => (last === '7' ? '8' : '7')) }, ctx())).toBeNull()
    })

    test('tells nothing of a ticket of another company to whoever may see one company’s alone, by the same calls as of none', async ({ made, ctx, fake }) => {
      const { company, otherCompany } = fake.world
      const mine = await made({ title: 'Ours' })
      const theirs = await made({ title: 'Theirs', party: { companyId: otherCompany.id, contactId: null, assetIds: [] } })
      /** The same with a digit more or another, of which there is no ticket. */
      const none = (name: string): string => name.replace(/.$/, (last) => (last === '7' ? '8' : '7')).replace(/\d(?=.$)/, (digit) => String((Number(digit) + 5) % 10))
      /** What was called for a name, which itself is left out. */
      const asked = async (name: string): Promise<readonly string[]> => {
        const before = fake.calls.length
        expect(await findNamed(connector, name, ctx(), company.id)).toBeNull()
        return fake.calls.slice(before).map(({ method, path, query, body }) => JSON.stringify([method, path, query, body]).replaceAll(name, '…').replaceAll(name.replaceAll(/\W/g, ' ').trim(), '…'))
      }
      for (const name of new Set([theirs.ref.externalId, theirs.ref.number])) {
        expect(none(name)).not.toBe(name)
        const calls = await asked(name)
        expect(calls.length).toBeGreaterThan(0)
        expect(await asked(none(name))).toEqual(calls)
      }
      expect((await findNamed(connector, theirs.ref.externalId, ctx()))?.ref.externalId).toBe(theirs.ref.externalId)
      expect((await findNamed(connector, mine.ref.externalId, ctx(), company.id))?.ref.externalId).toBe(mine.ref.externalId)
      expect(await findNamed(connector, mine.ref.number, ctx(), company.id)).toEqual(await findNamed(connector, mine.ref.number, ctx()))
      expect((await connector.read(mine.ref, ctx(), company.id))?.ref.externalId).toBe(mine.ref.externalId)
      expect(await connector.read(mine.ref, ctx(), otherCompany.id)).toBeNull()
    }, ({ companies }) => companies)

    // Nothing is held to the description here: it has no such ids.
    it('sends an id that is hostile to no other address', () => inWorld(connector, start, async ({ made, ctx, fake }) => {
      const { ref } = await made()
      await Promise.allSettled(['../admin', 'x/../../y?z=1', '1 OR 1=1'].map((externalId) => connector.read({ ...ref, externalId }, ctx())))
      for (const { path } of fake.calls) expect(path).not.toMatch(/\/(admin|y)$|\/\.\.?(\/|$)/)
    }))

    test('tells into which a technician merged it', async ({ made, ctx, fake }) => {
      const [from, into] = [await made(), await made()]
      fake.technician.merge(from.ref.externalId, into.ref.externalId)
      expect((await connector.read(from.ref, ctx()))?.mergedIntoId ?? null).toBe(into.ref.externalId)
    }, ({ joins }) => joins === 'merge')

    test('a cursor that begins now knows nothing older', async ({ made, ctx, clock }) => {
      await made()
      clock.tick(3_600_000)
      const { changed, cursor } = await connector.changedSince(null, ctx())
      expect(changed).toEqual([])
      expect(cursor).not.toBe('')
    })

    for (const status of [404, 410]) test(`takes ${status} for a ticket that is gone`, async ({ made, ctx, fake }) => {
      const { ref } = await made()
      fake.trouble({ is: { status, json: { message: 'Not found' } }, method: 'GET', path: new RegExp(`/${ref.externalId}$`) })
      expect(await connector.read(ref, ctx())).toBeNull()
      expect((await connector.read(ref, ctx()))?.ref.externalId).toBe(ref.externalId)
    })

    for (const [name, count] of [['none', () => 0], ['one', () => 1], ['a whole page', (size: number) => size], ['a page and one', (size: number) => size + 1]] as const) {
      test(`tells all changes of one second: ${name}`, async (world) => {
        const { fake, clock, ctx } = world
        const { cursor } = await connector.changedSince(null, ctx())
        clock.tick(3_600_000)
        const ids = Array.from({ length: count(fake.pageSize) }, (_unused, at) => fake.technician.open(`ticket ${at}`))
        clock.tick(120_000)
        const told = await poll(world, cursor, ids)
        expect([...new Set(told.ids)].sort()).toEqual([...ids].sort())
      })
    }

    test('loses no change of the second it asked in', async (world) => {
      const { fake, clock, ctx } = world
      const start = await connector.changedSince(null, ctx())
      clock.tick(3_600_000)
      const first = fake.technician.open('first')
      const between = await poll(world, start.cursor, [first])
      expect(between.ids).toContain(first)
      const second = fake.technician.open('second')
      clock.tick(120_000)
      expect((await poll(world, between.cursor, [second])).ids).toContain(second)
    })

    test('tells a change of a ticket it told before', async (world) => {
      const { fake, clock, ctx } = world
      const start = await connector.changedSince(null, ctx())
      clock.tick(3_600_000)
      const id = fake.technician.open('first')
      clock.tick(120_000)
      const between = await poll(world, start.cursor, [id])
      clock.tick(3_600_000)
      fake.technician.close(id)
      clock.tick(120_000)
      const { changed } = await connector.changedSince(between.cursor, ctx())
      expect(changed.find(({ ref }) => ref.externalId === id)?.state).toMatch(/^(resolved|closed)$/)
    })

    test('finds tickets by their words and company', async ({ fake, made, ctx }) => {
      const mine = await made({ title: 'Printer jam on floor three' })
      await made({ title: 'Something else', party: { companyId: fake.world.otherCompany.id, contactId: null, assetIds: [] } })
      const ask = (text: string, companyId: string | null, limit = 10) => connector.search({ text, companyId, limit }, ctx()).then((found) => found.map(({ ref }) => ref.externalId))
      expect(await ask('printer jam', null)).toEqual([mine.ref.externalId])
      expect(await ask('printer', fake.world.company.id)).toEqual([mine.ref.externalId])
      expect(await ask('printer', fake.world.otherCompany.id)).toEqual([])
      expect(await ask('zzzunheardof', null)).toEqual([])
    })

    test('finds no more tickets than asked for', async ({ made, ctx, fake }) => {
      for (let at = 0; at <= fake.pageSize; at++) await made({ title: `Router ${at} down` })
      expect(await connector.search({ text: 'router', companyId: null, limit: 2 }, ctx())).toHaveLength(2)
    })

    test('takes a hostile search for words', async ({ made, ctx, fake }) => {
      await made()
      await connector.search({ text: HOSTILE, companyId: null, limit: 5 }, ctx())
      expect(await connector.search({ text: 'zzz" OR subject:* OR "', companyId: null, limit: 5 }, ctx())).toEqual([])
      expect(await connector.search({ text: '*', companyId: null, limit: 5 }, ctx()).then((found) => found.length)).toBeLessThanOrEqual(fake.tickets().length)
      await connector.search({ text: '   ', companyId: null, limit: 5 }, ctx())
    })
  })
}
