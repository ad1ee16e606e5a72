import { describe, expect, it } from 'vitest'
import { startAutotask } from '../../test/fakes/psa/autotask.ts'
import { inWorld, type ContractWorld } from '../../test/contracts/connector/subject.ts'
import { failure } from '../../test/harness/connector-world.ts'
import { autotask } from './index.ts'

/** A world of its own, in which all that was called fits the vendor's description. */
function world(name: string, body: (world: ContractWorld) => Promise<void>): void {
  it(name, () => inWorld(autotask, startAutotask, async (one) => {
    await body(one)
    expect(one.fake.faults).toEqual([])
  }))
}

describe('Autotask', () => {
  world('asks for the zone first, once, and calls the database there', async ({ made, fake }) => {
    await made()
    const [first, ...others] = fake.calls.map(({ path }) => path)
    expect(first).toBe('/ATServicesRest/V1.0/ZoneInformation')
    expect(others).not.toContain(first)
    expect(fake.calls[0]?.query).toBe('?user=q2w4e6r8t0%40NORTHWIND.COM')
  })

  world('goes to no zone of another house', async ({ draft, ctx, fake }) => {
    fake.trouble({ is: { status: 200, json: { zoneName: 'x', url: 'https://autotask.net.evil.example/ATServicesRest/', webUrl: 'https://evil.example' } }, path: /ZoneInformation/ })
    expect((await failure(autotask.create(draft(), ctx()))).code).toBe('invalid')
    expect(fake.calls).toHaveLength(1)
  })

  world('says that a user has no zone', async ({ draft, ctx, connection }) => {
    expect(await failure(autotask.create(draft(), { ...ctx(), connection: { ...connection, fields: { userName: 'somebody@nowhere.example' } } }))).toMatchObject({ code: 'invalid', message: expect.stringContaining('Zone information') as string })
  })

  world('takes a 500 for a mistake in a field and says which, and never for trouble over there', async ({ made, ctx, connection, fake }) => {
    const { ref } = await made()
    fake.trouble({ is: { status: 500, json: { errors: ['Value for the required user-defined field "Site" is missing.'] } }, method: 'PATCH' })
    expect(await failure(autotask.update(ref, { mapping: connection.mapping, title: 'x' }, ctx()))).toMatchObject({ code: 'invalid', outcome: 'refused', httpStatus: 500, message: expect.stringContaining('"Site" is missing') as string })
  })

  world('gives a ticket to no one without a role, and says what to do', async ({ made, ctx, connection, seen }) => {
    const { ref } = await made()
    expect(await failure(autotask.update(ref, { mapping: connection.mapping, assigneeId: '29682887' }, ctx()))).toMatchObject({ code: 'invalid', message: expect.stringMatching(/No Role.*default service desk role/) as string })
    expect(await failure(autotask.update(ref, { mapping: connection.mapping, assigneeId: '4' }, ctx()))).toMatchObject({ code: 'invalid', message: expect.stringContaining('no resource 4') as string })
    expect(seen(ref).assigneeId).toBeNull()
  })

  world('makes a problem of the parent, and incidents of its children', async ({ made, fake }) => {
    const parent = await made()
    await made({ parent: parent.ref })
    await made({ parent: parent.ref })
    const types = fake.calls.filter(({ method, path }) => method === 'PATCH' && path.endsWith('/Tickets')).map(({ body }) => body)
    expect(types).toEqual([{ id: Number(parent.ref.externalId), ticketType: 63 }, ...[2, 3].map((at) => ({ id: Number(fake.tickets()[at - 1]?.id), ticketType: 62, problemTicketId: Number(parent.ref.externalId) }))])
  })

  world('books time before it completes a ticket, and none without somebody to book it on', async ({ made, ctx, connection, seen, clock }) => {
    const { ref } = await made()
    const times = [{ token: 'aw-t-1', startedAtMs: clock.now(), minutes: 10, text: 'Removed secret-looking logs' }]
    await autotask.update(ref, { mapping: connection.mapping, state: 'closed', times }, ctx())
    expect(seen(ref)).toMatchObject({ state: 'closed', times: [{ minutes: 10 }] })
    const place = { ...connection.mapping.place, timeResource: '' }
    expect(await failure(autotask.update(ref, { mapping: { ...connection.mapping, place }, times }, ctx()))).toMatchObject({ code: 'invalid', message: expect.stringContaining('timeResource') as string })
  })

  world('names all machines of a ticket once, and says which are gone', async ({ made, ctx, connection, seen, fake }) => {
    const party = (assetIds: readonly string[]) => ({ companyId: fake.world.company.id, contactId: null, assetIds })
    const several = await made({ party: party(['5001', '5003', '5004']) })
    expect(seen(several.ref)).toMatchObject({ assetIds: ['5001', '5003'], notes: [{ isPublic: false, text: expect.stringContaining('5004') as string }] })
    await autotask.update(several.ref, { mapping: connection.mapping, assetIds: ['5001', '5003', '5002'] }, ctx({ isRepeat: true }))
    expect(seen(several.ref).assetIds).toEqual(['5001', '5003', '5002'])
    for (let at = 0; at < 2; at++) await autotask.update(several.ref, { mapping: connection.mapping, title: 'Another title', assetIds: ['5088'] }, ctx())
    expect(seen(several.ref)).toMatchObject({ title: 'Another title', assetIds: ['5001', '5003', '5002'] })
    expect(seen(several.ref).notes.filter(({ text }) => text.includes('5088'))).toHaveLength(1)
    const withoutMain = await made({ party: party(['5099', '5003']) })
    expect(seen(withoutMain.ref)).toMatchObject({ assetIds: ['5003'], notes: [{ isPublic: false, text: expect.stringContaining('5099') as string }] })
  })

  world('makes no second ticket where it is refused for more than its machine', async ({ draft, ctx, fake }) => {
    const wanted = draft({ party: { companyId: '4', contactId: null, assetIds: ['5001'] } })
    expect((await failure(autotask.create(wanted, ctx()))).code).toBe('invalid')
    expect(fake.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/Tickets'))).toHaveLength(1)
  })

  world('keeps a file that is too large, and sends nothing of it', async ({ made, ctx, connection, fake }) => {
    const { ref } = await made()
    const before = fake.calls.length
    expect((await failure(autotask.update(ref, { mapping: connection.mapping, attachments: [{ token: 'aw-a-1', name: 'dump.bin', contentType: 'application/octet-stream', base64: Buffer.alloc(6_000_001).toString('base64') }] }, ctx()))).code).toBe('too_large')
    expect(fake.calls.slice(before).filter(({ method, path }) => method === 'POST' && path.endsWith('/Attachments'))).toEqual([])
  })

  world('tells changes in their order though they come by id, whatever fits in an answer', async ({ ctx, fake, clock }) => {
    const start = await autotask.changedSince(null, ctx())
    const ids: string[] = []
    for (let at = 0; at < 17; at++) {
      clock.tick(60_000)
      ids.push(fake.technician.open(`ticket ${at}`))
    }
    clock.tick(60_000)
    // The first one changes last, so its low id comes first in every answer.
    fake.technician.close(ids[0] ?? '')
    clock.tick(600_000)
    const told: { id: string; atMs: number | null }[] = []
    let { cursor } = start
    for (let round = 0; round < 12; round++) {
      const news = await autotask.changedSince(cursor, ctx())
      told.push(...news.changed.map(({ ref, updatedAtMs }) => ({ id: ref.externalId, atMs: updatedAtMs })))
      cursor = news.cursor
    }
    expect(told.map(({ id }) => id)).toEqual([...ids.slice(1), ids[0]])
    expect(told.map(({ atMs }) => atMs)).toEqual(told.map(({ atMs }) => atMs).sort((a, b) => (a ?? 0) - (b ?? 0)))
  })

  world('is one account for all connections to one database, whoever calls', async ({ connection }) => {
    const account = autotask.account(connection)
    expect(account).toBe('autotask:northwind.com')
    expect(autotask.account({ ...connection, id: 'c2', companyId: 'globex', baseUrl: 'https://webservices5.autotask.net/ATServicesRest', fields: { userName: 'another@northwind.com' } })).toBe(account)
    expect(autotask.account({ ...connection, fields: { userName: 'x@northwindsandbox.com' } })).not.toBe(account)
    expect(autotask.account({ ...connection, fields: { userName: 'x@old-name.com', database: 'northwind.com' } })).toBe(account)
    expect(autotask.pace(connection)).toMatchObject({ limits: [{ calls: 10_000, windowMs: 3_600_000 }], atOnce: 3 })
  })

  world('finds machines by serial number and host name, and companies by their web address', async ({ ctx }) => {
    for (const query of ['SN-4711', 'nw-dc01', '10.1.0.4']) expect(await autotask.findAssets('174', query, ctx())).toMatchObject([{ externalId: '5001', name: 'NW-DC01' }])
    expect(await autotask.findCompanies('northwind', ctx())).toMatchObject([{ externalId: '174', domains: ['northwind.example'] }])
  })

  world('a check names all that is wrong with the mapping at once', async ({ ctx, connection }) => {
    const { place, status, priority } = connection.mapping
    const mapping = { place: { ...place, queue: 'Nowhere', company: '9', timeResource: '29682887', internalPublish: 'All Autotask Users' }, status: { ...status, waiting: 'Retired' }, priority: { ...priority, high: 'P2' } }
    const { ok, findings } = await autotask.check({ ...ctx(), connection: { ...connection, mapping } })
    expect(ok).toBe(false)
    const wrong = Object.fromEntries(findings.filter((finding) => !finding.ok).map(({ name, text }) => [name, text]))
    expect(wrong).toEqual({
      'mapping: status waiting': expect.stringMatching(/"Retired".*Waiting Customer \(107\)/) as string, 'mapping: priority high': expect.stringMatching(/"P2".*High \(201\)/) as string, 'mapping: queue': expect.stringMatching(/"Nowhere".*Level I Support/) as string,
      'mapping: notes': expect.stringContaining('same people') as string, 'mapping: company': expect.stringContaining('no company with the id 9') as string, 'mapping: timeResource': expect.stringContaining('no default service desk role') as string,
    })
  })

  world('a check says how many calls of the hour are used, and by whom ours are known', async ({ ctx }) => {
    const { findings } = await autotask.check(ctx())
    expect(findings.find(({ name }) => name.startsWith('credentials'))?.text).toMatch(/^\d+ of 10000 calls of this hour/)
    expect(findings.find(({ name }) => name === 'our API user')?.text).toContain('29682899')
  })

  world('a check says so where our own user cannot be told, and takes its id from the field', async ({ ctx, connection, fake }) => {
    const own = async (fields: Readonly<Record<string, string>>) => (await autotask.check({ ...ctx(), connection: { ...connection, fields } })).findings.find(({ name }) => name === 'our API user')
    expect(await own({ ...connection.fields, resourceId: '29682899' })).toMatchObject({ ok: true })
    expect(await own({ ...connection.fields, resourceId: '7' })).toMatchObject({ ok: false, text: expect.stringContaining('no resource 7') as string })
    fake.trouble({ is: { status: 200, json: { items: [{ id: 5, firstName: 'Jane', userName: 'jdoe' }], pageDetails: { count: 1, requestCount: 500, nextPageUrl: null } } }, path: /Resources\/query/ })
    expect(await own(connection.fields)).toMatchObject({ ok: false, text: expect.stringContaining('Id of the API user') as string })
  })

  world('a check says what a webhook lacks', async ({ ctx, connection, fake }) => {
    const webhook = async (id: string) => (await autotask.check({ ...ctx(), connection: { ...connection, id } })).findings.find(({ name }) => name === 'webhook')
    expect(await webhook('connection-1')).toMatchObject({ ok: true, text: expect.stringContaining('polling') as string })
    expect(await webhook('another')).toMatchObject({ ok: true, text: 'the webhook is ready' })
    const one = (over: object) => ({ status: 200, json: { items: [{ id: 1, name: 'x', webhookUrl: 'https://alerts.example/api/hooks/autotask/another/key', isActive: true, isReady: true, ...over }], pageDetails: { count: 1, requestCount: 500, nextPageUrl: null } } })
    fake.trouble({ is: one({ isReady: false }), path: /TicketWebhooks/ })
    expect(await webhook('another')).toMatchObject({ ok: false, text: expect.stringContaining('subscribe') as string })
    fake.trouble({ is: one({ isActive: false }), path: /TicketWebhooks/ })
    expect(await webhook('another')).toMatchObject({ ok: false, text: expect.stringContaining('switched off') as string })
  })
})
