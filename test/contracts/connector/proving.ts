/** Credentials, rights, webhooks, and what stands written about the connector. */
import { describe, expect, it } from 'vitest'
import type { Capabilities } from '../../../connectors/port.ts'
import { CONNECTOR_CODES } from '../../../connectors/port.ts'
import { failure } from '../../harness/connector-world.ts'
import { declarer, expectNoSecret, inWorld, type ConnectorSubject } from './subject.ts'

export function proving(subject: ConnectorSubject): void {
  const { connector, start, cannot } = subject
  const test = declarer(subject)
  const { capabilities, config } = connector

  describe('proving', () => {
    it('every capability that is missing has its reason, and no reason is stale', () => {
      const missing = Object.entries(capabilities).filter(([, value]) => value === false || value === 'none' || value === 'poll').map(([name]) => name)
      expect(Object.keys(cannot).sort()).toEqual(missing.sort())
      for (const [name, reason] of Object.entries(cannot)) expect(reason.length, name).toBeGreaterThan(15)
      expect(capabilities satisfies Capabilities).toBeDefined()
    })

    it('says all a person needs', () => {
      const { guide } = config
      expect(guide.steps.length).toBeGreaterThan(1)
      expect(guide.permissions.length).toBeGreaterThan(0)
      expect(guide.webhook.length > 0).toBe(connector.hook !== null)
      expect(connector.hook !== null || capabilities.changes === 'poll').toBe(true)
      const codes = guide.troubleshooting.map(({ error }) => error)
      for (const code of ['unauthorized', 'forbidden', 'invalid', 'rate_limited', 'not_found']) expect(codes).toContain(code)
      for (const error of codes.filter((one) => /^[a-z_]+$/.test(one))) expect(CONNECTOR_CODES).toHaveProperty(error)
      for (const field of config.fields) {
        expect(`${field.title}${field.description}`.length, field.name).toBeGreaterThan(10)
        if (field.pattern !== undefined && field.default !== undefined) expect(field.default, field.name).toMatch(new RegExp(`^(?:${field.pattern})$`))
        if (/secret|token|password|key$/i.test(field.name)) expect(field.isSecret, field.name).toBe(true)
      }
      for (const kind of config.auth) expect(kind.startsWith('oauth2') ? config.oauth !== undefined : true).toBe(true)
      expect(URL.canParse(config.api.page)).toBe(true)
    })

    it('maps every state it can be given and every severity', () => {
      for (const state of ['open', 'in_progress', 'resolved', 'closed'] as const) expect(config.mapping.status[state], state).toBeTruthy()
      for (const severity of ['critical', 'high', 'medium', 'low', 'info'] as const) expect(config.mapping.priority[severity], severity).toBeTruthy()
    })

    it('is held to the vendor’s description, which knows a call that does not exist', ({ skip }) => inWorld(connector, start, async ({ fake, made }) => {
      skip(!fake.isHeld, 'there is no description of it in ../shared/specs, so nothing but the fake judges its calls')
      await made()
      expect(fake.faults).toEqual([])
      await fetch(`${fake.baseUrl}/nobody/knows/this`)
      expect(fake.faults).not.toEqual([])
    }))

    it('keeps to a stated pace', () => inWorld(connector, start, async ({ connection }) => {
      const pace = connector.pace(connection)
      expect(pace.limits.length).toBeGreaterThan(0)
      for (const { calls, windowMs } of pace.limits) expect(Math.min(calls, windowMs)).toBeGreaterThan(0)
      expect(pace.atOnce).toBeGreaterThan(0)
      expect(pace.perTicketMs).toBeGreaterThanOrEqual(0)
    }))

    it('names its account without a secret, the same each time', () => inWorld(connector, start, async ({ connection, fake }) => {
      const account = connector.account(connection)
      expect(account).toBe(connector.account({ ...connection, id: 'another', companyId: null }))
      expect(account.startsWith(`${connector.id}:`)).toBe(true)
      expectNoSecret(fake, account)
    }))

    test('says what is missing where there are no credentials', async ({ connection }) => {
      expect(() => connector.authorise({}, connection)).toThrow(expect.objectContaining({ name: 'ConnectorError', code: 'misconfigured' }))
    })

    test('a check of a good connection finds nothing wrong and changes nothing', async ({ ctx, fake }) => {
      const check = await connector.check(ctx())
      expect(check).toMatchObject({ ok: true })
      expect(check.findings.length).toBeGreaterThan(2)
      expect(fake.calls.filter(({ isWrite }) => isWrite)).toEqual([])
    })

    it('a check names each right that is missing', async () => {
      let rights: readonly string[] = []
      await inWorld(connector, start, async ({ fake }) => void (rights = fake.rights))
      expect(rights.length).toBeGreaterThan(1)
      for (const right of rights) await inWorld(connector, start, async ({ ctx, fake }) => {
        fake.withdraw(right)
        const { ok, findings } = await connector.check(ctx())
        expect(ok, right).toBe(false)
        expect(findings.filter((finding) => !finding.ok).map(({ name, text }) => `${name} ${text}`).join('\n').toLowerCase()).toContain(right.toLowerCase())
      })
    })

    test('a check says that the credentials are wrong, in words and without them', async ({ ctx, fake }) => {
      fake.trouble({ is: { status: 401, json: { message: Object.values(fake.credentials).join(' ') } }, times: 99 })
      const { ok, findings } = await connector.check(ctx())
      expect(ok).toBe(false)
      expect(findings.at(-1)?.ok).toBe(false)
      expectNoSecret(fake, JSON.stringify(findings))
    })

    test('a check names a value of the mapping that is not known there', async ({ ctx, connection }) => {
      const context = ctx()
      const { ok, findings } = await connector.check({ ...context, connection: { ...connection, mapping: { ...connection.mapping, status: { ...connection.mapping.status, resolved: '987654321' } } } })
      expect(ok).toBe(false)
      expect(findings.filter((finding) => !finding.ok).map(({ text }) => text).join('\n')).toContain('987654321')
    })

    test('a check ends only when its work is ended', async ({ ctx, fake }) => {
      fake.trouble({ is: 'lost_before', times: 99 })
      expect((await connector.check(ctx())).ok).toBe(false)
      expect((await failure(connector.check(ctx({ signal: AbortSignal.abort() })))).code).toBe('aborted')
    })

    test('reads a webhook as a hint at its ticket', async ({ made, fake, ctx }) => {
      const { ref } = await made()
      const before = fake.hooks.length
      fake.technician.comment(ref.externalId, 'x')
      expect(fake.hooks.length).toBeGreaterThan(before)
      const ids = await connector.hook?.read(fake.hooks.at(-1)!, fake.webhookSecret, ctx())
      expect(ids).toContain(ref.externalId)
    }, () => connector.hook !== null)

    test('knows no webhook whose signature is wrong, absent, or of another body', async ({ made, fake, ctx }) => {
      const { ref } = await made()
      fake.technician.comment(ref.externalId, 'x')
      const delivery = fake.hooks.at(-1)!
      const read = (over: Partial<typeof delivery>, secret = fake.webhookSecret) => connector.hook!.read({ ...delivery, ...over }, secret, ctx())
      expect(await read({})).not.toBeNull()
      expect(await read({}, 'another secret')).toBeNull()
      expect(await read({}, '')).toBeNull()
      expect(await read({ headers: { 'content-type': 'application/json' } })).toBeNull()
      expect(await read({ headers: Object.fromEntries(Object.entries(delivery.headers).map(([name, value]) => [name, /signature$/.test(name) ? 'AAAA' : value])) })).toBeNull()
      expect(await read({ body: Buffer.concat([delivery.body, Buffer.from(' ')]) })).toBeNull()
    }, () => connector.hook?.proof === 'signed')

    test('throws invalid, or sees no ticket, where a webhook cannot be read', async ({ ctx, fake }) => {
      for (const body of ['', 'no json', '[]', '"x"', '{"a":1}', '{"id":{"a":1}}']) {
        const read = connector.hook!.read({ headers: {}, query: {}, body: Buffer.from(body), receivedAtMs: 0 }, fake.webhookSecret, ctx())
        const outcome = await read.then((events) => (events ?? []).length, (error: unknown) => (error as { code?: string }).code)
        expect([0, 'invalid'], body).toContain(outcome)
      }
    }, () => connector.hook !== null)
  })
}
