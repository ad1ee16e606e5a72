import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { startZohoDeskWith } from '../../test/fakes/psa/zoho-desk.ts'
import { connectorWorld, failure } from '../../test/harness/connector-world.ts'
import { zohoDesk } from './index.ts'
import { exactPhrase, wildcard } from './terms.ts'

type Fake = Awaited<ReturnType<typeof startZohoDeskWith>>
const open: Fake[] = []

afterEach(async () => {
  for (const fake of open.splice(0)) {
    await fake.stop()
    expect(fake.faults).toEqual([])
  }
})

async function begin(options: Omit<Parameters<typeof startZohoDeskWith>[0], 'clock'> = {}) {
  const clock = new TestClock()
  const fake = await startZohoDeskWith({ clock, ...options })
  open.push(fake)
  return { ...connectorWorld(zohoDesk, fake, clock), clock, fake }
}

describe('search terms', () => {
  it('no text is a wildcard, a list or a command', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('${empty}', 'a,b', '* *', 'cf_x:y', '$'.repeat(90))), (text) => {
      const term = wildcard(text)
      if (term === null) return
      expect(term.startsWith('*') && term.endsWith('*')).toBe(true)
      expect(term.slice(1, -1)).not.toMatch(/[*,${}:"\\\n]/)
      expect(term.length).toBeLessThanOrEqual(100)
    }))
    for (const hostile of ['', 'a,b', '*', '${empty}', 'AW-1:2']) expect(() => exactPhrase(hostile)).toThrow(expect.objectContaining({ code: 'invalid' }))
  })
})

describe('Zoho Desk', () => {
  it('tells the day’s credits from too many at once, and a wrong organisation from a missing scope', async () => {
    const { ctx, fake } = await begin()
    for (const [status, errorCode, code, retry] of [[429, 'THRESHOLD_EXCEEDED', 'quota', 'hold'], [429, 'TOO_MANY_REQUESTS', 'rate_limited', 'after'], [403, 'SCOPE_MISMATCH', 'forbidden', 'hold'], [403, 'OAUTH_ORG_MISMATCH', 'misconfigured', 'hold'], [401, 'INVALID_OAUTH', 'unauthorized', 'hold'], [422, 'INVALID_DATA', 'invalid', 'never'], [413, 'RESOURCE_SIZE_EXCEEDED', 'too_large', 'never']] as const) {
      fake.trouble({ is: { status, json: { errorCode, message: 'x' }, headers: { 'retry-after': '7' } } })
      const error = await failure(zohoDesk.search({ text: 'printer', companyId: null, limit: 1 }, ctx()))
      expect([error.code, error.retry, error.httpStatus, error.retryAfterMs], errorCode).toEqual([code, retry, status, 7_000])
    }
  })

  it('says who it is and for which organisation with every call, whether the root stands in the base URL or not', async () => {
    const { ctx, draft, fake, connection } = await begin()
    await zohoDesk.create(draft(), ctx())
    expect(fake.calls.length).toBeGreaterThan(0)
    for (const { headers } of fake.calls) expect([headers.authorization?.startsWith('Zoho-oauthtoken '), headers.orgid]).toEqual([true, connection.fields.orgId])
    const clock = new TestClock()
    const rooted = connectorWorld(zohoDesk, { ...fake, baseUrl: `${fake.baseUrl}/api/v1` }, clock)
    expect(await zohoDesk.find('AW-NOBODY000000', rooted.ctx())).toBeNull()
  })

  it('sends public notes as mail to the contact of the ticket where a sender is set, and internal ones never, each once', async () => {
    for (const lost of [null, 0, 1]) {
      const { ctx, draft, note, fake, connection } = await begin({ fields: { replyFrom: 'support@northwind-msp.example' } })
      const { ref } = await zohoDesk.create(draft(), ctx())
      const change = { mapping: connection.mapping, notes: [note({ text: 'We are on it. To: a@b.example', isPublic: true }), note({ text: 'only for us' })] }
      if (lost !== null) {
        fake.trouble({ is: 'lost_after', isWrite: true, skip: lost })
        await failure(zohoDesk.update(ref, change, ctx()))
      }
      await zohoDesk.update(ref, change, ctx({ isRepeat: lost !== null }))
      expect(fake.replies().map(({ to, content }) => [to, content.includes('We are on it.'), content.includes('only for us')])).toEqual([['alerts@northwind-msp.example', true, false]])
      expect(fake.tickets()[0]?.notes.filter(({ isPublic }) => !isPublic).map(({ text }) => text.includes('only for us'))).toEqual([true])
    }
  })

  it('keeps the reference in the subject where there is no field for it', async () => {
    const { ctx, draft, fake, connection } = await begin({ fields: { referenceField: '' } })
    const wanted = draft()
    const { ref, externalRef } = await zohoDesk.create(wanted, ctx())
    expect(externalRef).toBe(wanted.externalRef)
    await zohoDesk.update(ref, { mapping: connection.mapping, title: 'Another title' }, ctx())
    expect(fake.tickets()[0]?.title).toBe(`[${wanted.externalRef}] Another title`)
    expect((await zohoDesk.find(wanted.externalRef, ctx()))?.externalId).toBe(ref.externalId)
  })

  it('finds its ticket once the search knows it, which is what findLagMs is for, and polls past the lag without leaving one out', async () => {
    const { ctx, draft, clock, fake } = await begin({ isIndexSlow: true })
    const start = await zohoDesk.changedSince(null, ctx())
    clock.tick(1_000)
    const wanted = draft({ title: 'a slow disk' })
    const { ref } = await zohoDesk.create(wanted, ctx())
    expect(await zohoDesk.find(wanted.externalRef, ctx())).toBeNull()
    clock.tick(30_000)
    const quick = fake.technician.open('quick')
    const one = await zohoDesk.changedSince(start.cursor, ctx())
    expect(one.changed.map((ticket) => ticket.ref.externalId)).toEqual([quick])
    clock.tick(zohoDesk.findLagMs - 30_000)
    expect((await zohoDesk.find(wanted.externalRef, ctx()))?.externalId).toBe(ref.externalId)
    const two = await zohoDesk.changedSince(one.cursor, ctx())
    expect(two.changed.map((ticket) => ticket.ref.externalId)).toContain(ref.externalId)
  })

  it('gets through a bulk change of more tickets in one moment than a poll tells', async () => {
    const { ctx, clock, fake } = await begin()
    let { cursor } = await zohoDesk.changedSince(null, ctx())
    clock.tick(120_000)
    const ids = Array.from({ length: 203 }, (_unused, at) => fake.technician.open(`ticket ${at}`))
    const told = new Set<string>()
    for (let round = 0; round < 3; round++) {
      const page = await zohoDesk.changedSince(cursor, ctx())
      for (const { ref } of page.changed) told.add(ref.externalId)
      cursor = page.cursor
    }
    expect([...told].sort()).toEqual([...ids].sort())
  })

  it('tells the last change again for a minute only', async () => {
    const { ctx, clock, fake } = await begin()
    const start = await zohoDesk.changedSince(null, ctx())
    clock.tick(5_000)
    fake.technician.open('once')
    const first = await zohoDesk.changedSince(start.cursor, ctx())
    expect(first.changed).toHaveLength(1)
    clock.tick(300_000)
    const second = await zohoDesk.changedSince(first.cursor, ctx())
    expect((await zohoDesk.changedSince(second.cursor, ctx())).changed).toEqual([])
  })

  it('reads a list of events, each ticket once, and leaves events that speak of none', async () => {
    const { ctx } = await begin()
    const read = (said: unknown) => zohoDesk.hook?.read({ headers: {}, query: {}, body: Buffer.from(JSON.stringify(said)), receivedAtMs: 0 }, 'x', ctx())
    const event = (eventType: string, payload: unknown) => ({ eventType, eventTime: '1', orgId: '1', payload })
    expect(await read([event('Ticket_Update', { id: '101' }), event('Ticket_Comment_Add', { id: '7', ticketId: '101' }), event('Ticket_Thread_Add', { id: '8', ticketId: '102' })])).toEqual(['101', '101', '102'])
    expect(await read(event('Ticket_Delete', { id: '103' }))).toEqual(['103'])
    expect(await read([event('Contact_Add', { id: '9' }), event('Ticket_Add', null), event('Ticket_Update', { id: '../x' })])).toEqual([])
  })
})
