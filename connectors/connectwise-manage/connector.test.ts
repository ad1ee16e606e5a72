import { describe, expect, it } from 'vitest'
import { startConnectwiseManage } from '../../test/fakes/psa/connectwise-manage.ts'
import { inWorld, type ContractWorld } from '../../test/contracts/connector/subject.ts'
import { connectorWorld, failure } from '../../test/harness/connector-world.ts'
import { TestClock } from '../../schemas/clock.ts'
import { connectwiseManage } from './index.ts'

/** A world of its own, in which all that was called fits the vendor's description. */
function world(name: string, body: (world: ContractWorld) => Promise<void>): void {
  it(name, () => inWorld(connectwiseManage, startConnectwiseManage, async (one) => {
    await body(one)
    expect(one.fake.faults).toEqual([])
  }))
}

describe('ConnectWise', () => {
  world('proves who it is with company, key pair and client id, and pins the version', async ({ made, fake }) => {
    await made()
    for (const { headers } of fake.calls) {
      expect(Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64').toString()).toBe('northwind+aBcDeFgHiJkLmNoP:QrStUvWxYzAbCdEf')
      expect(headers).toMatchObject({ clientid: '7f3c1e52-4a0b-4d7e-9a35-2f1c8f6f0a11', accept: expect.stringContaining('version=2025.1') as string })
    }
  })

  world('keeps the text of a ticket from the client, unless it is to go to the discussion', async ({ fake, draft, ctx, connection }) => {
    const opened = async (textPlace?: string): Promise<readonly { readonly internalAnalysisFlag: boolean }[]> => {
      const context = ctx()
      const { ref } = await connectwiseManage.create(draft(), { ...context, connection: { ...connection, fields: { ...connection.fields, ...(textPlace === undefined ? {} : { textPlace }) } } })
      const answer = await fetch(`${fake.baseUrl}/service/tickets/${ref.externalId}/notes`, { headers: connectwiseManage.authorise(fake.credentials, connection) })
      return (await answer.json()) as readonly { internalAnalysisFlag: boolean }[]
    }
    expect((await opened()).map(({ internalAnalysisFlag }) => internalAnalysisFlag)).toEqual([true])
    expect((await opened('internal')).map(({ internalAnalysisFlag }) => internalAnalysisFlag)).toEqual([true])
    expect((await opened('discussion')).map(({ internalAnalysisFlag }) => internalAnalysisFlag)).toEqual([false])
  })

  world('books time before it closes a ticket and after it opens one, for a closed one takes none', async ({ made, ctx, connection, seen, clock }) => {
    const { ref } = await made()
    const time = (token: string) => ({ token, startedAtMs: clock.now(), minutes: 10, text: 'Cleaned' })
    await connectwiseManage.update(ref, { mapping: connection.mapping, state: 'closed', times: [time('aw-t-1')] }, ctx())
    expect(seen(ref)).toMatchObject({ state: 'closed', times: [{ minutes: 10 }] })
    expect((await failure(connectwiseManage.update(ref, { mapping: connection.mapping, times: [time('aw-t-2')] }, ctx()))).code).toBe('invalid')
    await connectwiseManage.update(ref, { mapping: connection.mapping, state: 'open', times: [time('aw-t-3')] }, ctx())
    expect(seen(ref)).toMatchObject({ state: 'open', times: [{ minutes: 10 }, { minutes: 10 }] })
  })

  world('makes a ticket without a configuration that is gone, and says so to technicians, once', async ({ fake, made, seen, ctx, connection }) => {
    const { ref } = await made({ party: { companyId: fake.world.company.id, contactId: null, assetIds: ['801', '999'] } })
    await connectwiseManage.update(ref, { mapping: connection.mapping, assetIds: ['801', '999'] }, ctx())
    expect(seen(ref).assetIds).toEqual(['801'])
    expect(seen(ref).notes).toMatchObject([{ isPublic: false, text: expect.stringContaining('999') as string }])
  })

  world('attaches no configuration twice', async ({ made, ctx, connection, seen, fake }) => {
    const { ref } = await made()
    for (let at = 0; at < 2; at++) await connectwiseManage.update(ref, { mapping: connection.mapping, assetIds: ['801'] }, ctx())
    expect(seen(ref)).toMatchObject({ assetIds: ['801'], notes: [] })
    expect(fake.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/configurations'))).toHaveLength(1)
  })

  world('tells the address of the technician who has a ticket, by which one is known here', async ({ made, ctx, fake }) => {
    const { ref } = await made()
    expect((await connectwiseManage.read(ref, ctx()))?.assignee).toBeNull()
    fake.technician.reassign(ref.externalId, '12')
    expect((await connectwiseManage.read(ref, ctx()))?.assignee).toEqual({ externalId: '12', name: 'Richard Roe', email: 'richard.roe@msp.example' })
  })

  world('tells what technicians wrote with their time', async ({ made, ctx, connection, clock }) => {
    const { ref } = await made()
    await connectwiseManage.update(ref, { mapping: connection.mapping, times: [{ token: 'aw-t-1', startedAtMs: clock.now(), minutes: 10, text: 'Cleaned' }] }, ctx())
    const notes = (await connectwiseManage.read(ref, ctx()))?.notes ?? []
    expect(notes.find(({ text }) => text.includes('[aw-t-1]'))).toMatchObject({ externalId: expect.stringMatching(/^time-/) as string, isPublic: false, isOurs: true })
  })

  world('tells more than 200 changes of one second, each of them', async ({ ctx, fake, clock }) => {
    const start = await connectwiseManage.changedSince(null, ctx())
    clock.tick(60_000)
    const wanted = Array.from({ length: 203 }, (_unused, at) => fake.technician.open(`ticket ${at}`))
    clock.tick(600_000)
    const told: string[] = []
    let { cursor } = start
    // Pages of the fake are small, and a list is read from 20 of them at most.
    for (let round = 0; round < 10; round++) {
      const news = await connectwiseManage.changedSince(cursor, ctx())
      told.push(...news.changed.map(({ ref }) => ref.externalId))
      cursor = news.cursor
    }
    expect([...new Set(told)]).toEqual(wanted)
    expect(told).toHaveLength(203)
  })

  it('is refused beyond the limit of the account, and told how long to wait', async () => {
    const clock = new TestClock()
    const fake = await startConnectwiseManage({ clock, hasLimits: true })
    try {
      const { ctx } = connectorWorld(connectwiseManage, fake, clock)
      for (let at = 0; at < 60; at++) await connectwiseManage.find('AW-0123456789AB', ctx())
      clock.tick(20_000)
      expect(await failure(connectwiseManage.find('AW-0123456789AB', ctx()))).toMatchObject({ code: 'rate_limited', retryAfterMs: 40_000 })
      clock.tick(40_000)
      expect(await connectwiseManage.find('AW-0123456789AB', ctx())).toBeNull()
    } finally {
      await fake.stop()
    }
  })

  world('merges into a closing status alone, and says which word is missing', async ({ made, ctx, connection }) => {
    const [from, into] = [await made(), await made()]
    const context = ctx()
    const status = { ...connection.mapping.status, closed: '' }
    expect(await failure(connectwiseManage.join(from.ref, into.ref, { ...context, connection: { ...connection, mapping: { ...connection.mapping, status } } }))).toMatchObject({ code: 'misconfigured', message: expect.stringContaining('"closed"') as string })
  })

  world('is one account for all connections to one company of one site', async ({ connection }) => {
    const account = connectwiseManage.account(connection)
    expect(connectwiseManage.account({ ...connection, id: 'c2', companyId: 'globex', fields: { ...connection.fields, company: 'NORTHWIND', member: 'Other', clientId: 'x' } })).toBe(account)
    expect(connectwiseManage.account({ ...connection, fields: { ...connection.fields, company: 'contoso' } })).not.toBe(account)
    expect(connectwiseManage.account({ ...connection, baseUrl: 'https://api-eu.myconnectwise.net/v4_6_release/apis/3.0' })).not.toBe(account)
  })

  world('finds a company by its web site and its identifier, and knows its domain', async ({ ctx }) => {
    for (const query of ['northwind.example', 'Northwind Traders', 'NORTHWIND']) expect(await connectwiseManage.findCompanies(query, ctx())).toMatchObject([{ externalId: '250', domains: ['northwind.example'], isActive: true }])
  })

  world('a check names all that is wrong with the mapping at once', async ({ ctx, connection }) => {
    const { place, status, priority } = connection.mapping
    const mapping = { place: { ...place, company: '4' }, status: { ...status, open: 'Neu', closed: 'Completed' }, priority: { ...priority, high: 'P2' } }
    const { ok, findings } = await connectwiseManage.check({ ...ctx(), connection: { ...connection, mapping } })
    expect(ok).toBe(false)
    const wrong = findings.filter((finding) => !finding.ok)
    expect(wrong.map(({ name }) => name)).toEqual(['mapping: status open', 'mapping: status closed', 'mapping: priority high', 'mapping: company'])
    expect(wrong.map(({ text }) => text).join('\n')).toMatch(/"Neu".*Waiting On Client \(504\)[^]*"Completed" \(for "closed"\) does not close.*>Closed \(506\)[^]*"P2".*Priority 2 - Quick Response \(7\)[^]*"4"/)
  })

  world('a check names a board that is not there, and one that is not mapped', async ({ ctx, connection }) => {
    for (const [place, words] of [[{ board: 'Nowhere' }, '"Nowhere"'], [{}, 'no board is mapped']] as const) {
      const { findings } = await connectwiseManage.check({ ...ctx(), connection: { ...connection, mapping: { ...connection.mapping, place } } })
      expect(findings.find(({ name }) => name === 'mapping: board')).toMatchObject({ ok: false, text: expect.stringMatching(new RegExp(`${words}.*Service Desk \\(1\\), Alerts|${words}.*Alerts \\(2\\)`)) as string })
    }
  })

  world('a check knows the member by its id alone', async ({ ctx, connection }) => {
    for (const [member, words] of [['Nobody', 'there is no member "Nobody"'], ['gone', 'inactive']] as const) {
      const { findings } = await connectwiseManage.check({ ...ctx(), connection: { ...connection, fields: { ...connection.fields, member } } })
      expect(findings.find(({ name }) => name === 'our member')).toMatchObject({ ok: false, text: expect.stringContaining(words) as string })
    }
  })

  world('a check says that changes are polled for where there is no callback', async ({ ctx, connection }) => {
    const callback = async (id: string) => (await connectwiseManage.check({ ...ctx(), connection: { ...connection, id } })).findings.find(({ name }) => name === 'callback')
    expect(await callback('connection-1')).toMatchObject({ ok: true, text: expect.stringContaining('polling') as string })
    expect(await callback('another')).toMatchObject({ ok: true, text: 'changes come by callback' })
  })

  it('ends and opens a ticket on the board a technician moved it to, whose statuses are others', async () => {
    const clock = new TestClock()
    const fake = await startConnectwiseManage({ clock })
    try {
      const { draft, ctx, connection } = connectorWorld(connectwiseManage, fake, clock)
      const { ref } = await connectwiseManage.create(draft(), ctx())
      const after = async (state: 'in_progress' | 'resolved' | 'open', over: Partial<typeof connection.mapping.status> = {}): Promise<unknown> => {
        await connectwiseManage.update(ref, { mapping: { ...connection.mapping, status: { ...connection.mapping.status, ...over } }, state, title: `now ${state}` }, ctx())
        return [(await connectwiseManage.read(ref, ctx()))?.statusText, fake.tickets()[0]?.title]
      }
      fake.moveToBoard(ref.externalId, 1)
      expect(await after('in_progress')).toEqual(['Unsorted', 'now in_progress'])
      expect(await after('resolved')).toEqual(['Solved', 'now resolved'])
      expect(await after('open')).toEqual(['Unsorted', 'now open'])
      // By an id of the board it came from, too.
      expect(await after('resolved', { resolved: '506' })).toEqual(['Solved', 'now resolved'])
      fake.moveToBoard(ref.externalId, 2)
      expect((await failure(after('resolved', { resolved: 'Nowhere' }))).code).toBe('invalid')
      expect(fake.faults).toEqual([])
    } finally {
      await fake.stop()
    }
  })
})
