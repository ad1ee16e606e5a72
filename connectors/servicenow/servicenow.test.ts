import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { startServicenow } from '../../test/fakes/psa/servicenow.ts'
import { runQuery } from '../../test/fakes/psa/servicenow-query.ts'
import { connectorWorld, failure } from '../../test/harness/connector-world.ts'
import { servicenow } from './index.ts'
import { all, any, exact, loose, sysId } from './query.ts'

type Fake = Awaited<ReturnType<typeof startServicenow>> & { readonly changeRequests: () => readonly Readonly<Record<string, string>>[]; readonly incidents: () => readonly Readonly<Record<string, string>>[] }
const open: Fake[] = []

afterEach(async () => {
  for (const fake of open.splice(0)) {
    await fake.stop()
    expect(fake.faults).toEqual([])
  }
})

async function begin() {
  const clock = new TestClock()
  const fake = (await startServicenow({ clock })) as Fake
  open.push(fake)
  return { ...connectorWorld(servicenow, fake, clock), clock, fake }
}

describe('encoded queries', () => {
  it('no text ends its condition, begins another, or is run', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom('x^ORactive=true', 'x\n^NQnumberISNOTEMPTY', 'javascript:gs.getUserID()', 'java\u0000script:x', 'javajavascript:script:x', '^^^', 'JAVASCRIPT :x')), (text) => {
      const words = loose(text)
      expect(words).not.toMatch(/[\^\n\r\u2028]|javascript\s*:/i)
      expect(words.length).toBeLessThanOrEqual(100)
      const faults: string[] = []
      if (words !== '') expect(runQuery([{ name: 'secret' }, { name: words }], all('active=true', any(`nameLIKE${words}`)), new Set(['name', 'active']), (fault) => faults.push(fault))).toEqual([])
      expect(faults).toEqual([])
    }))
  })

  it('takes only what it must match exactly', () => {
    for (const hostile of ['', 'a^b', 'AW-1\n', 'javascript:x', 'a'.repeat(101)]) expect(() => exact(hostile)).toThrow(expect.objectContaining({ code: 'invalid' }))
    for (const hostile of ['', 'Acme', `${'a'.repeat(32)}^ORx=1`, 'A'.repeat(32)]) expect(() => sysId(hostile)).toThrow(expect.objectContaining({ code: 'invalid' }))
  })
})

describe('ServiceNow', () => {
  it('makes one change request of an incident and links it, whichever answer is lost and however often it is asked for', async () => {
    for (const lost of [null, 0, 1]) {
      const { ctx, draft, fake, connection } = await begin()
      const { ref } = await servicenow.create(draft(), ctx())
      const asked = { token: 'AW-CHANGE000001', title: 'Restart the print service', text: 'Asked for by the incident.', reason: 'It hangs.', plan: 'Restart it.', wayBack: 'Start it again.', test: 'Print a page.', isUrgent: false, assetIds: [fake.world.asset?.id ?? ''] }
      if (lost !== null) {
        fake.trouble({ is: 'lost_after', isWrite: true, skip: lost })
        expect((await failure(servicenow.update(ref, { mapping: connection.mapping, changeRequests: [asked] }, ctx()))).outcome).toBe('unknown')
      }
      await servicenow.update(ref, { mapping: connection.mapping, changeRequests: [asked] }, ctx({ isRepeat: lost !== null }))
      const made = await servicenow.requestChange?.({ ...asked, ticket: ref, mapping: connection.mapping }, ctx())
      expect(fake.changeRequests()).toMatchObject([{ sys_id: made?.externalId, number: made?.number, short_description: 'Restart the print service', correlation_id: 'AW-CHANGE000001', type: 'normal', cmdb_ci: fake.world.asset?.id, implementation_plan: 'Restart it.' }])
      expect(fake.incidents()).toMatchObject([{ rfc: made?.externalId }])
      expect(made?.url).toContain('change_request.do')
    }
  })

  it('keeps further machines as affected items, each once', async () => {
    const { ctx, draft, fake } = await begin()
    const second = (await servicenow.findAssets(fake.world.company.id, 'fs-02', ctx()))[0]?.externalId ?? ''
    const wanted = draft({ party: { companyId: fake.world.company.id, contactId: null, assetIds: [fake.world.asset?.id ?? '', second] } })
    const { ref } = await servicenow.create(wanted, ctx())
    await servicenow.create(wanted, ctx({ isRepeat: true }))
    await servicenow.update(ref, { mapping: wanted.mapping, assetIds: wanted.party.assetIds }, ctx())
    expect(fake.tickets().map(({ assetIds }) => assetIds)).toEqual([[fake.world.asset?.id, second]])
  })

  it('gets through a bulk change of more incidents in one second than a poll tells', async () => {
    const { ctx, clock, fake } = await begin()
    let { cursor } = await servicenow.changedSince(null, ctx())
    clock.tick(5_000)
    const ids = Array.from({ length: 205 }, (_unused, at) => fake.technician.open(`ticket ${at}`))
    const told: string[] = []
    const sizes: number[] = []
    for (let round = 0; round < 2; round++) {
      const page = await servicenow.changedSince(cursor, ctx())
      told.push(...page.changed.map(({ ref }) => ref.externalId))
      sizes.push(page.changed.length)
      cursor = page.cursor
    }
    expect(sizes).toEqual([200, 5])
    expect([...told].sort()).toEqual([...ids].sort())
  })

  it('tells the last change again for a minute only', async () => {
    const { ctx, clock, fake } = await begin()
    const start = await servicenow.changedSince(null, ctx())
    clock.tick(5_000)
    fake.technician.open('once')
    const first = await servicenow.changedSince(start.cursor, ctx())
    expect(first.changed).toHaveLength(1)
    clock.tick(300_000)
    const second = await servicenow.changedSince(first.cursor, ctx())
    expect((await servicenow.changedSince(second.cursor, ctx())).changed).toEqual([])
  })

  it('ends an incident last, after all notes and files, for a closed one takes no more', async () => {
    const { ctx, draft, note, fake, connection } = await begin()
    const { ref } = await servicenow.create(draft(), ctx())
    const change = { mapping: connection.mapping, state: 'closed' as const, resolution: 'Log files were removed.', notes: [note(), note(), note({ isPublic: true })], attachments: [{ token: 'aw-a-1', name: 'disk.txt', contentType: 'text/plain\r\nX: y', base64: 'eA==' }] }
    await servicenow.update(ref, change, ctx())
    expect(fake.tickets()).toMatchObject([{ state: 'closed', resolution: 'Log files were removed.', notes: [{}, {}, {}], attachments: [{ name: 'disk [aw-a-1].txt' }] }])
    await servicenow.update(ref, change, ctx({ isRepeat: true }))
    expect(fake.tickets()[0]?.notes).toHaveLength(3)
  })

  it('says of a closed incident that it takes no more, which holds up nobody else', async () => {
    const { ctx, draft, note, fake, connection: { mapping } } = await begin()
    const { ref } = await servicenow.create(draft(), ctx())
    fake.technician.close(ref.externalId)
    for (const change of [{ mapping, state: 'open' as const }, { mapping, notes: [note()] }, { mapping, state: 'resolved' as const, notes: [note()] }]) expect((await failure(servicenow.update(ref, change, ctx()))).code).toBe('unsupported')
    await servicenow.update(ref, { mapping, state: 'resolved' }, ctx())
    expect(fake.tickets()[0]).toMatchObject({ state: 'closed', resolution: 'Done.' })
  })

  it('links a closed incident by the other one alone', async () => {
    const { ctx, draft, fake } = await begin()
    const [one, two] = [(await servicenow.create(draft(), ctx())).ref, (await servicenow.create(draft(), ctx())).ref]
    fake.technician.close(two.externalId)
    await servicenow.join(one, two, ctx())
    expect(fake.tickets()).toMatchObject([{ parentId: two.externalId, notes: [{ text: expect.stringContaining(two.number) }] }, { notes: [] }])
    await servicenow.join(two, one, ctx())
    expect(fake.tickets()[0]?.notes.at(-1)?.text).toContain(`${two.number} belongs to this`)
    fake.technician.close(one.externalId)
    expect((await failure(servicenow.join(two, one, ctx()))).code).toBe('unsupported')
  })

  it('closes what a technician resolved with the words of the technician', async () => {
    const { ctx, draft, fake, connection: { mapping } } = await begin()
    const { ref } = await servicenow.create(draft(), ctx())
    fake.technician.setStatus(ref.externalId, 'resolved')
    await servicenow.update(ref, { mapping: { ...mapping, place: { ...mapping.place, closeCode: 'Duplicate' } }, state: 'closed' }, ctx())
    expect(fake.incidents()).toMatchObject([{ state: '7', close_code: 'Solution provided', close_notes: 'Done.' }])
  })

  it('takes what a data policy or a rule of the instance wants for a wrong value, and no missing right', async () => {
    const { ctx, draft, fake, connection } = await begin()
    const { ref } = await servicenow.create(draft(), ctx())
    expect(await failure(servicenow.update(ref, { mapping: { ...connection.mapping, place: { ...connection.mapping.place, closeCode: '' } }, state: 'resolved' }, ctx()))).toMatchObject({ code: 'invalid', message: expect.stringContaining('Resolution code') })
    fake.trouble({ is: { status: 403, json: { error: { message: 'Operation Failed', detail: "Error during insert of incident: Operation against file 'incident' was aborted by Business Rule 'Ours'" }, status: 'failure' } }, isWrite: true })
    expect((await failure(servicenow.create(draft(), ctx()))).code).toBe('invalid')
    fake.trouble({ is: { status: 403, json: { error: { message: 'Operation Failed', detail: 'ACL Exception Insert Failed due to security constraints' }, status: 'failure' } }, isWrite: true })
    expect((await failure(servicenow.create(draft(), ctx()))).code).toBe('forbidden')
  })

  it('waits until the limit starts anew, for nothing else is said', async () => {
    const { ctx, clock, draft, fake } = await begin()
    fake.trouble({ is: { status: 429, json: { error: { message: 'Rate limit exceeded', detail: null }, status: 'failure' }, headers: { 'x-ratelimit-limit': '1000', 'x-ratelimit-reset': String(clock.now() / 1_000 + 90), 'x-ratelimit-rule': 'Ours' } } })
    expect(await failure(servicenow.create(draft(), ctx()))).toMatchObject({ code: 'rate_limited', retryAfterMs: 90_000 })
  })

  it('shows marks for HTML and mentions as text', async () => {
    const { ctx, draft, note, fake, connection } = await begin()
    const { ref } = await servicenow.create(draft(), ctx())
    await servicenow.update(ref, { mapping: connection.mapping, notes: [note({ text: 'a [code]<b>bold</b>[/code] @[681ccaf9c0a8016400b98a06818d57c7:Sam] b' })] }, ctx())
    expect(fake.tickets()[0]?.notes[0]?.text).toContain('a [code]<b>bold</b>[/code] @[681ccaf9c0a8016400b98a06818d57c7:Sam] b')
    expect(fake.calls.filter(({ isWrite, body }) => isWrite && /\[code\]|@\[/.test(JSON.stringify(body)))).toEqual([])
  })

  it('proves itself with a user or with a token', async () => {
    const { connection } = await begin()
    expect(servicenow.authorise({ password: 'secret' }, connection)).toEqual({ authorization: `Basic ${Buffer.from('alert.whisperer:secret').toString('base64')}` })
    expect(servicenow.authorise({ accessToken: 'token' }, { ...connection, auth: 'oauth2_client' })).toEqual({ authorization: 'Bearer token' })
  })

  it('a check says what is too much, and what cannot be closed', async () => {
    const { ctx, connection, fake } = await begin()
    const { rights } = fake
    expect(rights).toContain('itil')
    const bad = await servicenow.check({ ...ctx(), connection: { ...connection, mapping: { status: connection.mapping.status, priority: { high: '9-9' }, place: { closeCode: '', board: 'x', callerId: 'nobody' } } } })
    const said = bad.findings.filter(({ ok }) => !ok).map(({ text }) => text).join('\n')
    for (const part of ['9-9', 'closeCode: missing', 'place board', 'callerId']) expect(said).toContain(part)
  })
})
