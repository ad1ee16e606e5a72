import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import type { PsaFake } from '../../test/fakes/psa/psa-fake.ts'
import { startZendesk } from '../../test/fakes/psa/zendesk.ts'
import { connectorWorld, failure, type ConnectorWorld } from '../../test/harness/connector-world.ts'
import { zendesk } from './index.ts'
import { searchWords, snapshotOf, statusFields, subject } from './map.ts'

const MINUTE_MS = 60_000

describe('Zendesk', () => {
  let clock: TestClock
  let fake: PsaFake
  let world: ConnectorWorld

  beforeEach(async () => {
    clock = new TestClock()
    fake = await startZendesk({ clock })
    world = connectorWorld(zendesk, fake, clock)
  })
  afterEach(async () => {
    expect(fake.faults).toEqual([])
    await fake.stop()
  })
  const writes = () => fake.calls.filter(({ isWrite }) => isWrite)

  it('knows a repeat by the key alone, though the look-up is blind', async () => {
    const draft = world.draft()
    fake.trouble({ is: 'lost_after', method: 'POST', path: /tickets$/ })
    expect((await failure(zendesk.create(draft, world.ctx()))).code).toBe('cut_off')
    await zendesk.create(draft, world.ctx())
    expect(fake.tickets()).toHaveLength(1)
    const keys = writes().filter(({ path }) => path.endsWith('/tickets')).map(({ headers }) => headers['idempotency-key'])
    expect(keys).toEqual([expect.stringContaining(draft.externalRef), keys[0]])
  })

  it('finds what it made when the key has lapsed', async () => {
    const draft = world.draft()
    const { ref } = await zendesk.create(draft, world.ctx())
    clock.tick(3 * 60 * MINUTE_MS)
    expect((await zendesk.create(draft, world.ctx({ isRepeat: true }))).ref).toEqual(ref)
    expect(fake.tickets()).toHaveLength(1)
  })

  it('makes one requester without an e-mail address for an organization, and writes as itself', async () => {
    await zendesk.create(world.draft(), world.ctx())
    await zendesk.create(world.draft(), world.ctx())
    const made = writes().filter(({ path }) => path.endsWith('create_or_update')).map(({ body }) => body)
    expect(made[0]).toEqual({ user: { name: 'Alert Whisperer', external_id: 'alert-whisperer-5001', organization_id: 5001, role: 'end-user', skip_verify_email: true } })
    const [first, second] = writes().filter(({ path }) => path.endsWith('/tickets')).map(({ body }) => (body as { ticket: Record<string, unknown> }).ticket)
    expect(first).toMatchObject({ submitter_id: 9001, comment: { public: false, author_id: 9001 } })
    expect(second?.requester_id).toBe(first?.requester_id)
  })

  it('writes a status only over the one it saw', async () => {
    const { ref } = await zendesk.create(world.draft(), world.ctx())
    clock.tick(MINUTE_MS)
    const context = world.ctx()
    const http = { call: async (request: Parameters<typeof context.http.call>[0]) => {
      // A technician is quicker than we are.
      if (request.method === 'PUT') {
        clock.tick(MINUTE_MS)
        fake.technician.comment(ref.externalId, 'I have it')
      }
      return context.http.call(request)
    } }
    expect((await failure(zendesk.update(ref, { mapping: world.connection.mapping, state: 'resolved' }, { ...context, http }))).code).toBe('conflict')
    expect(fake.tickets()[0]?.state).toBe('open')
  })

  it('puts all internal notes, the resolution and files into one change, because 30 in 10 minutes is the limit', async () => {
    const { ref } = await zendesk.create(world.draft(), world.ctx())
    const before = writes().length
    await zendesk.update(ref, { mapping: world.connection.mapping, title: 'x', resolution: 'done', notes: [1, 2, 3].map((at) => world.note({ text: `note ${at}` })), attachments: [{ token: 'f', name: 'a.txt', contentType: 'text/plain', base64: 'YQ==' }] }, world.ctx())
    expect(writes().slice(before).map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /api/v2/uploads', `PUT /api/v2/tickets/${ref.externalId}`])
    expect(fake.tickets()[0]?.notes).toHaveLength(1)
  })

  it('gives an orphan to itself before it solves it', async () => {
    const { ref } = await zendesk.create(world.draft(), world.ctx())
    await zendesk.update(ref, { mapping: world.connection.mapping, state: 'resolved' }, world.ctx())
    expect(fake.tickets()[0]).toMatchObject({ state: 'resolved', assigneeId: '9001' })
    expect(await zendesk.read(ref, world.ctx())).toMatchObject({ state: 'resolved', assignee: null })
  })

  it('says that a closed ticket is closed for good', async () => {
    const { ref } = await zendesk.create(world.draft(), world.ctx())
    fake.technician.close(ref.externalId)
    expect(await zendesk.read(ref, world.ctx())).toMatchObject({ state: 'closed' })
    await expect(zendesk.update(ref, { mapping: world.connection.mapping, notes: [world.note()] }, world.ctx())).rejects.toMatchObject({ code: 'unsupported' })
    expect(zendesk.capabilities.closesForGood).toBe(true)
    expect((await failure(zendesk.update(ref, { mapping: world.connection.mapping, state: 'open' }, world.ctx()))).code).toBe('unsupported')
    expect((await failure(zendesk.join(ref, ref, world.ctx()))).code).toBe('unsupported')
  })

  it('asks for proof in the way the connection says', () => {
    expect(zendesk.authorise({ accessToken: 'a.b' }, { ...world.connection, auth: 'oauth2_code' })).toEqual({ authorization: 'Bearer a.b' })
    expect(zendesk.authorise({ apiToken: 't' }, { ...world.connection, fields: { email: 'a@b.example' } })).toEqual({ authorization: `Basic ${Buffer.from('a@b.example/token:t').toString('base64')}` })
  })

  it('finds out that nobody knows the caller though the answer is 200', async () => {
    fake.trouble({ is: { status: 200, json: { user: { id: null } } } })
    expect(await zendesk.check(world.ctx())).toMatchObject({ ok: false, findings: [{ name: 'agent', ok: false }] })
  })

  it('takes its calls a minute from the plan that was entered', () => {
    const calls = (callsPerMinute: string): number | undefined => zendesk.pace({ ...world.connection, fields: { callsPerMinute } }).limits[0]?.calls
    expect([calls('700'), calls('none'), zendesk.pace({ ...world.connection, fields: {} }).limits[0]?.calls]).toEqual([700, 200, 200])
  })

  it('meets no limit of the vendor at its own pace, and a 429 with its wait beyond it', async () => {
    const strict = await startZendesk({ clock, hasLimits: true })
    const own = connectorWorld(zendesk, strict, clock)
    const { ref } = await zendesk.create(own.draft(), own.ctx())
    const { perTicketMs } = zendesk.pace(own.connection)
    const write = () => zendesk.update(ref, { mapping: own.connection.mapping, title: 'x' }, own.ctx())
    for (let at = 0; at < 40; at++) {
      clock.tick(perTicketMs)
      await write()
    }
    const tooSoon = await failure((async () => {
      for (;;) await write()
    })())
    expect(tooSoon).toMatchObject({ code: 'rate_limited', httpStatus: 429 })
    expect(tooSoon.retryAfterMs).toBeGreaterThan(0)
    await strict.stop()
  })

  it('reads a webhook of a trigger, whose body a person wrote', async () => {
    const { ref } = await zendesk.create(world.draft(), world.ctx())
    const { createHmac } = await import('node:crypto')
    const body = Buffer.from(JSON.stringify({ ticket_id: ref.externalId }))
    const headers = { 'x-zendesk-webhook-signature-timestamp': '2026-01-01T00:00:00Z', 'x-zendesk-webhook-signature': createHmac('sha256', fake.webhookSecret).update('2026-01-01T00:00:00Z').update(body).digest('base64'), 'x-zendesk-webhook-invocation-id': 'inv-1' }
    expect(await zendesk.hook?.read({ headers, query: {}, body, receivedAtMs: 0 }, fake.webhookSecret, world.ctx())).toEqual([ref.externalId])
  })
})

describe('words of Zendesk', () => {
  const connection = { id: 'c', companyId: null, connector: 'zendesk', environment: 'production' as const, baseUrl: 'https://acme.zendesk.com/api/v2', auth: 'api_key' as const, fields: {}, mapping: { ...zendesk.config.mapping, status: { ...zendesk.config.mapping.status, in_progress: '601' } } }

  it('writes and reads custom statuses by their id', () => {
    expect(statusFields(connection.mapping, 'in_progress')).toEqual({ custom_status_id: 601 })
    expect(statusFields(connection.mapping, 'resolved')).toEqual({ status: 'solved' })
    expect(snapshotOf({ id: 1, status: 'open', custom_status_id: 601 }, connection, '1').state).toBe('in_progress')
    expect(snapshotOf({ id: 1, status: 'hold', custom_status_id: 777 }, connection, '1').state).toBe('waiting')
    expect(snapshotOf({ id: 1, status: 'invented' }, connection, '1').state).toBe('unknown')
  })

  it('lets no text of an alert be a placeholder or a search', () => {
    expect(subject('{{ticket.requester.email}} {% if %}')).not.toMatch(/\{\{|\{%/)
    expect(searchWords('disk" type:user OR *')).toBe('"disk" "type" "user" "OR"')
  })
})
