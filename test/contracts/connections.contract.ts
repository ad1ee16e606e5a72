/** Connections, on either engine: who may do what, secrets that stay sealed, checks that gate use, and what the audit log tells. */
import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectorConfig } from '../../connectors/port.ts'
import { connectionRules } from '../../connectors/vault/rules.ts'
import type { Caller } from '../../schemas/access.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Role } from '../../schemas/settings.ts'
import type { ConnectionDraft, ConnectionView } from '../../schemas/tickets.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { openSecretBox } from '../../storage/secret-box.ts'
import { CONNECTIONS_MAX, connectionStore, type ConnectionStore } from '../../storage/tickets/connection-store.ts'
import type { EmptyDatabase } from './database.contract.ts'

const SECRET = 'x8Q~an-api-token-of-the-test'
const CONFIG: ConnectorConfig = {
  title: 'Desk', auth: ['basic', 'oauth2_client', 'oauth2_code'], hosts: ['.desk.test'], baseUrlExample: 'https://acme.desk.test', api: { version: '1', page: 'https://desk.test/docs' },
  fields: [
    { name: 'user', title: 'User', description: 'who the token belongs to.', example: 'api@acme.test', isRequired: true, isSecret: false, for: ['basic'], pattern: '[^@\\s]+@[^@\\s]+' },
    { name: 'apiToken', title: 'API token', description: 'from the admin page.', example: 'abcdef', isRequired: true, isSecret: true, for: ['basic'] },
    { name: 'region', title: 'Region', description: 'where the account lives.', example: 'eu', default: 'com', isRequired: true, isSecret: false },
    { name: 'clientId', title: 'Client id', description: 'of the OAuth application.', example: 'aw', isRequired: true, isSecret: false, for: ['oauth2_client', 'oauth2_code'] },
    { name: 'clientSecret', title: 'Client secret', description: 'of the OAuth application.', example: 's3cret', isRequired: true, isSecret: true, for: ['oauth2_client', 'oauth2_code'] },
  ],
  oauth: { authorizeUrl: 'https://accounts.desk.test/{region}/authorize', tokenUrl: 'https://accounts.desk.test/{region}/token', defaultScopes: ['tickets'], clientAuth: 'basic' },
  mapping: { status: { open: 'new', closed: 'closed' }, priority: { critical: '1' }, place: { board: 'Service' } },
  guide: { steps: [], permissions: [], webhook: [], troubleshooting: [] },
}
const callerOf = (id: string, role: Role, companyIds: readonly string[] | 'all'): Caller => ({ kind: 'user', id, name: id, ip: '192.0.2.7', scope: { role, userId: id, companyIds } })
const ADA = callerOf('ada', 'msp_admin', 'all')
const DRAFT: ConnectionDraft = {
  connector: 'desk', name: 'main', environment: 'production', enabled: false, baseUrl: 'https://acme.desk.test/', auth: 'basic', scopes: [], fields: { user: 'api@acme.test' }, mapping: { priority: { high: '2' } }, secrets: { apiToken: SECRET },
}
const OAUTH: ConnectionDraft = { ...DRAFT, name: 'oauth', auth: 'oauth2_client', fields: { clientId: 'aw', region: 'eu' }, secrets: { clientSecret: SECRET } }
const PASSED = { ok: true, findings: [{ name: 'credentials', ok: true, text: 'fine' }] }
const FAILED = { ok: false, findings: [{ name: 'credentials', ok: false, text: 'refused' }] }

/** Runs the suite over an engine. */
export function connectionsContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`connections on ${engineName}`, () => {
    let empty: EmptyDatabase
    let db: Database
    let clock: TestClock
    let store: ConnectionStore
    let acme: string
    let bolt: string
    let boss: Caller

    beforeAll(async () => {
      empty = await make()
      db = await openDatabase({ ...empty.options, clock: systemClock })
    })
    afterAll(async () => {
      await db.close()
      await empty.drop()
    })
    beforeEach(async () => {
      clock = new TestClock()
      store = openStore()
      await db.query('delete from connections')
      acme = await company()
      bolt = await company()
      boss = callerOf('boss', 'company_admin', [acme])
    })

    const openStore = (): ConnectionStore => connectionStore(db, { clock, box: openSecretBox(Buffer.alloc(32, 7)), rules: connectionRules((id) => (id === 'desk' ? { id, config: CONFIG } : undefined), () => ['desk']) })
    async function company(): Promise<string> {
      const id = randomUUID()
      await db.query('insert into companies (id, name, created_at, updated_at) values ($1, $1, now(), now())', [id])
      return id
    }
    const refusal = async (work: Promise<unknown>): Promise<AppError> => {
      const error: unknown = await work.then(() => new Error('nothing was refused'), (thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(AppError)
      expect(inspect(error, { depth: 10 })).not.toContain(SECRET)
      return error as AppError
    }
    const audit = (): Promise<readonly { action: string; actor_id: string; company_id: string | null; before: Record<string, unknown> | null; after: Record<string, unknown> | null }[]> => db.query('select action, actor_id, company_id, before, after from audit_log order by id')
    const made = async (caller: Caller, companyId: string | null, change: Partial<ConnectionDraft> = {}): Promise<ConnectionView> => (await store.create(caller, companyId, { ...DRAFT, ...change })).connection
    const switchedOn = async (caller: Caller, id: string): Promise<ConnectionView> => {
      await store.keepCheck(caller, id, PASSED, await store.open(id, { purpose: 'check', caller }))
      return (await store.update(caller, id, { enabled: true })).connection
    }

    describe('who may do what', () => {
      it.each([['msp_admin', true], ['company_admin', true], ['technician', false], ['viewer', false]] as const)('%s of the company: %s', async (role, may) => {
        const caller = callerOf('somebody', role, [acme])
        const { id } = await made(ADA, acme)
        for (const [work, code] of [
          [() => store.list(caller.scope, acme), 'forbidden'], [() => store.get(caller.scope, id), 'not_found'], [() => store.read(caller, id), 'not_found'], [() => made(caller, acme, { name: 'second' }), 'forbidden'],
          [() => store.update(caller, id, { name: 'renamed' }), 'not_found'], [() => store.keepCheck(caller, id, PASSED, { version: 2 }), 'not_found'], [() => store.remove(caller, id), 'not_found'],
        ] as const) {
          if (may) await work()
          else expect((await refusal(work())).code).toBe(code)
        }
        expect(await db.query('select 1 from connections where id = $1', [id])).toHaveLength(may ? 0 : 1)
      })

      it('neither another company’s connections nor the MSP’s are there for a company admin', async () => {
        const [foreign, own] = [await made(ADA, bolt), await made(ADA, null)]
        for (const { id } of [foreign, own]) {
          for (const work of [() => store.get(boss.scope, id), () => store.read(boss, id), () => store.update(boss, id, { name: 'x' }), () => store.remove(boss, id), () => store.keepCheck(boss, id, PASSED, { version: 1 })]) expect((await refusal(work())).code).toBe('not_found')
        }
        expect((await refusal(store.list(boss.scope, bolt))).code).toBe('not_found')
        expect(await store.list(boss.scope)).toEqual([])
        expect(await store.list(boss.scope, null)).toEqual([])
        expect((await refusal(made(boss, bolt))).code).toBe('not_found')
        expect((await refusal(made(boss, null))).code).toBe('forbidden')
        expect((await store.list(ADA.scope)).map(({ id }) => id).sort()).toEqual([foreign.id, own.id].sort())
      })

      it('an address that is not the vendor’s is an MSP Admin’s to set', async () => {
        for (const baseUrl of ['https://evil.test', 'https://desk.test', 'https://evildesk.test', 'http://127.0.0.1:8080', 'https://10.0.0.5']) {
          expect(await refusal(made(boss, acme, { baseUrl })), baseUrl).toMatchObject({ code: 'forbidden', message: expect.stringContaining('only an MSP Admin') })
        }
        const { id, baseUrl } = await made(ADA, acme, { baseUrl: 'https://psa.acme.test/helpdesk//' })
        expect(baseUrl).toBe('https://psa.acme.test/helpdesk')
        // What stands may stay when somebody else changes the rest.
        expect((await store.update(boss, id, { name: 'renamed' })).connection.baseUrl).toBe(baseUrl)
        expect((await refusal(store.update(boss, id, { baseUrl: 'https://evil.test', secrets: { apiToken: 'mine' } }))).code).toBe('forbidden')
      })

      it.each(['http://acme.desk.test', 'http://10.0.0.5', 'https://169.254.169.254', 'https://[fd00:ec2::254]', 'https://metadata.google.internal', 'https://0.0.0.0', 'ftp://acme.desk.test', 'file:///etc/passwd', 'https://u:p@acme.desk.test', 'https://acme.desk.test/?a=1', 'https://acme.desk.test/#x', 'nonsense'])('nobody sets the address %s', async (baseUrl) => {
        expect(await refusal(made(ADA, acme, { baseUrl }))).toMatchObject({ code: 'bad_request', message: expect.stringContaining('baseUrl') })
      })
    })

    describe('what is stored', () => {
      it('seals secrets for their row and column, never shows them, and opens them for work alone', async () => {
        const { connection: { id }, webhookSecret } = await store.create(boss, acme, { ...DRAFT, webhookSecret: 'a-webhook-secret' })
        expect(webhookSecret).toBe(null)
        const shown = JSON.stringify([await store.list(boss.scope, acme), await store.get(boss.scope, id), await store.read(boss, id), await store.update(boss, id, { name: 'again' }), await store.effective(acme, 'production'), await store.enabled()])
        for (const secret of [SECRET, 'a-webhook-secret']) expect(shown).not.toContain(secret)
        expect(await store.get(boss.scope, id)).toMatchObject({ secrets: ['apiToken'], hasWebhookSecret: true, hookUrl: null })
        const [stored] = await db.query<{ text: string }>(`select row_to_json(c)::text || encode(c.secrets, 'escape') || encode(c.webhook_secret, 'escape') as text from connections c where id = $1`, [id])
        for (const secret of [SECRET, 'a-webhook-secret']) expect(stored?.text).not.toContain(secret)
        expect(await (await store.open(id, { purpose: 'work', caller: null })).secrets()).toEqual({ apiToken: SECRET })
        expect(await store.hook(id)).toMatchObject({ webhookSecret: 'a-webhook-secret' })
        // What is sealed opens neither in another row nor in another column.
        const thief = await made(boss, acme, { name: 'thief' })
        await db.query('update connections set secrets = (select secrets from connections where id = $1) where id = $2', [id, thief.id])
        expect((await refusal((await store.open(thief.id, { purpose: 'work', caller: null })).secrets())).code).toBe('config_invalid')
        await db.query('update connections set secrets = webhook_secret where id = $1', [id])
        expect((await refusal((await store.open(id, { purpose: 'work', caller: null })).secrets())).code).toBe('config_invalid')
      })

      it('gives each connection a long random part for its webhooks, and makes a webhook secret where asked, shown that once', async () => {
        const [one, two] = [await store.create(boss, acme, { ...DRAFT, webhookSecret: null }), await store.create(boss, acme, { ...DRAFT, name: 'two' })]
        for (const key of [one.hookKey, two.hookKey, one.webhookSecret ?? '']) expect(Buffer.from(key, 'base64url')).toHaveLength(32)
        expect(two.hookKey).not.toBe(one.hookKey)
        expect(two.webhookSecret).toBe(null)
        expect(await store.hook(one.connection.id)).toMatchObject({ hookKey: one.hookKey, webhookSecret: one.webhookSecret })
        expect(await store.read(boss, one.connection.id)).toMatchObject({ hookKey: one.hookKey, webhookSecret: null })
        const again = await store.update(boss, one.connection.id, { webhookSecret: null })
        expect(again.webhookSecret).not.toBe(one.webhookSecret)
        expect(JSON.stringify(await audit())).not.toContain(again.webhookSecret)
      })

      it('says every mistake at once, with an example, and repeats no secret', async () => {
        const error = await refusal(made(boss, acme, { name: '', fields: { user: 'nobody', colour: 'red', apiToken: SECRET, clientId: 'x' }, secrets: { other: SECRET }, scopes: ['a b'], mapping: { priority: { high: '' } } }))
        expect(error.code).toBe('bad_request')
        for (const part of ['name must', 'user (User)', 'does not look like it', 'no field colour', 'apiToken is a secret', 'clientId is not used with auth basic', 'no secret other', 'the secret apiToken (API token)', 'It is missing', 'Example: abcdef', 'scopes must', 'mapping.priority.high']) expect(error.message).toContain(part)
        expect((await refusal(made(boss, acme, { connector: 'none' }))).message).toContain('there are desk')
        expect((await refusal(made(boss, acme, { auth: 'bearer' }))).message).toContain('basic, oauth2_client, oauth2_code')
        expect((await refusal(made(boss, acme, { ...OAUTH, fields: { clientId: 'aw', region: 'evil.test/x' } }))).message).toContain('look at these fields')
      })

      it('hands connectors settings and mapping whole, with the connector’s own defaults below', async () => {
        const { id } = await made(boss, acme)
        expect(await store.open(id, { purpose: 'work', caller: null })).toMatchObject({
          baseUrl: 'https://acme.desk.test', fields: { user: 'api@acme.test', region: 'com' }, mapping: { status: { open: 'new', closed: 'closed' }, priority: { critical: '1', high: '2' }, place: { board: 'Service' } },
        })
      })

      it('asks for secrets again when what they are sent to changes, so that nobody turns a stored one elsewhere', async () => {
        const { id } = await made(ADA, acme)
        for (const change of [{ baseUrl: 'https://mine.desk.test' }, { baseUrl: 'https://mine.desk.test', secrets: {} }]) expect(await refusal(store.update(boss, id, change))).toMatchObject({ code: 'bad_request', message: expect.stringContaining('baseUrl') })
        expect((await store.update(boss, id, { baseUrl: 'https://mine.desk.test', secrets: { apiToken: 'another' } })).connection.baseUrl).toBe('https://mine.desk.test')
        // Another way of proving who we are takes other secrets; those of the old way are forgotten.
        const turned = await store.update(boss, id, { auth: 'oauth2_client', fields: { clientId: 'aw' }, secrets: { clientSecret: SECRET } })
        expect(turned.connection.secrets).toEqual(['clientSecret'])
        expect(await (await store.open(id, { purpose: 'work', caller: null })).secrets()).toEqual({ clientSecret: SECRET })
        for (const fields of [{ clientId: 'mine' }, { clientId: 'aw', region: 'eu' }]) expect((await refusal(store.update(boss, id, { fields }))).code).toBe('bad_request')
        expect((await store.update(ADA, id, { fields: { clientId: 'aw', region: 'eu' } })).connection.fields).toEqual({ clientId: 'aw', region: 'eu' })
      })

      it('gives tokens up with what they were given for, and keeps them else', async () => {
        const { id } = await made(ADA, acme, OAUTH)
        const hasTokens = async (): Promise<boolean> => (await db.query<{ has: boolean }>('select tokens is not null as has from connections where id = $1', [id]))[0]!.has
        const give = (): Promise<unknown> => db.query(`update connections set tokens = '\\x01' where id = $1`, [id])
        await give()
        for (const change of [{ name: 'renamed' }, { environment: 'sandbox' as const }, { mapping: {} }, { fields: OAUTH.fields }]) {
          await store.update(ADA, id, change)
          expect(await hasTokens(), JSON.stringify(change)).toBe(true)
        }
        for (const change of [{ baseUrl: 'https://b.desk.test' }, { scopes: ['all'] }, { secrets: { clientSecret: 'new' } }, { fields: { clientId: 'aw', region: 'us' } }, { fields: { clientId: 'other', region: 'us' } }]) {
          await store.update(ADA, id, change)
          expect(await hasTokens(), JSON.stringify(change)).toBe(false)
          await give()
        }
      })

      it(`holds at most ${CONNECTIONS_MAX} a company, each with a name of its own`, async () => {
        await made(boss, acme)
        expect((await refusal(made(boss, acme))).code).toBe('conflict')
        for (let n = 1; n < CONNECTIONS_MAX; n++) await made(boss, acme, { name: `n${n}` })
        expect((await refusal(made(boss, acme, { name: 'one more' }))).code).toBe('conflict')
        await made(ADA, bolt)
        await made(ADA, null)
      })
    })

    describe('what is used', () => {
      it('is the company’s own, else the MSP’s, in its environment, once it is switched on', async () => {
        const [whole, own, box] = [await made(ADA, null), await made(boss, acme), await made(boss, acme, { name: 'box', environment: 'sandbox' })]
        const used = async (companyId: string, environment: 'sandbox' | 'production'): Promise<string | undefined> => (await store.effective(companyId, environment))?.id
        expect(await used(acme, 'production')).toBe(undefined)
        await switchedOn(ADA, whole.id)
        expect([await used(acme, 'production'), await used(bolt, 'production'), await used(acme, 'sandbox')]).toEqual([whole.id, whole.id, undefined])
        await switchedOn(boss, own.id)
        await switchedOn(boss, box.id)
        expect([await used(acme, 'production'), await used(bolt, 'production'), await used(acme, 'sandbox'), await used(bolt, 'sandbox')]).toEqual([own.id, whole.id, box.id, undefined])
        await store.update(boss, own.id, { enabled: false })
        expect(await used(acme, 'production')).toBe(whole.id)
        expect((await store.enabled()).map(({ id }) => id).sort()).toEqual([whole.id, box.id].sort())
      })

      it('is one for a company and environment, so that one incident is one ticket', async () => {
        const [one, two] = [await made(boss, acme), await made(boss, acme, { name: 'two' })]
        await switchedOn(boss, one.id)
        await store.keepCheck(boss, two.id, PASSED, await store.open(two.id, { purpose: 'check', caller: boss }))
        expect(await refusal(store.update(boss, two.id, { enabled: true }))).toMatchObject({ code: 'conflict', message: expect.stringContaining('main') })
        await store.update(boss, one.id, { enabled: false })
        expect((await store.update(boss, two.id, { enabled: true })).connection.enabled).toBe(true)
      })

      it('is opened only after a check has passed since the last change of what matters', async () => {
        expect((await refusal(made(boss, acme, { enabled: true }))).code).toBe('conflict')
        const { id } = await made(boss, acme)
        expect((await refusal(store.update(boss, id, { enabled: true }))).code).toBe('conflict')
        expect((await store.keepCheck(boss, id, FAILED, { version: 1 })).check).toEqual(FAILED)
        expect((await refusal(store.update(boss, id, { enabled: true }))).code).toBe('conflict')
        expect(await switchedOn(boss, id)).toMatchObject({ enabled: true, check: PASSED, checkedAt: new Date(clock.now()).toISOString() })
        // Names and mappings may change in use.
        for (const change of [{ name: 'renamed' }, { mapping: { priority: { low: '4' } } }]) expect((await store.update(boss, id, change)).connection).toMatchObject({ enabled: true, check: PASSED })
        for (const change of [{ fields: { user: 'b@acme.test' } }, { secrets: { apiToken: 'new' } }, { environment: 'sandbox' as const }, { baseUrl: 'https://c.desk.test', secrets: { apiToken: 'new' } }]) {
          expect((await store.update(boss, id, change)).connection, JSON.stringify(change)).toMatchObject({ enabled: false, check: null, checkedAt: null })
          await switchedOn(boss, id)
        }
        expect((await refusal(store.update(boss, id, { enabled: true, secrets: { apiToken: 'newer' } }))).code).toBe('conflict')
        await store.update(boss, id, { enabled: false })
        expect((await store.update(boss, id, { mapping: {} })).connection.check).toBe(null)
        // One ticket of an incident is known by its connection, whose environment therefore stays once it has made any.
        await db.query(`insert into tickets (id, company_id, incident_id, connection_id, connector, environment, external_ref, title, origin, mode, created_at) values ($1, $2, 'i', $1, 'desk', 'sandbox', $1, 't', 'own', 'sandbox', now())`, [id, acme])
        expect((await refusal(store.update(boss, id, { environment: 'production' }))).code).toBe('conflict')
      })

      it('is switched off by a check that fails, in production alone', async () => {
        const [one, box] = [await made(boss, acme), await made(boss, acme, { name: 'box', environment: 'sandbox' })]
        for (const { id } of [one, box]) {
          await switchedOn(boss, id)
          await store.keepCheck(boss, id, FAILED, await store.open(id, { purpose: 'check', caller: boss }))
        }
        expect([(await store.get(boss.scope, one.id)).enabled, (await store.get(boss.scope, box.id)).enabled]).toEqual([false, true])
      })

      it('is not judged by a check of what it was before', async () => {
        const { id } = await made(boss, acme)
        const opened = await store.open(id, { purpose: 'check', caller: boss })
        await store.update(boss, id, { secrets: { apiToken: 'other' } })
        expect((await refusal(store.keepCheck(boss, id, PASSED, opened))).code).toBe('conflict')
        expect((await store.get(boss.scope, id)).check).toBe(null)
      })
    })

    it('tells every read, use, check and change in the audit log, with who, before and after, and no secret; uses once an hour and process', async () => {
      const { id } = await made(boss, acme)
      await store.read(boss, id)
      for (let call = 0; call < 5; call++) await (await store.open(id, { purpose: 'work', caller: null })).secrets()
      clock.tick(3_600_000)
      await store.open(id, { purpose: 'work', caller: null })
      await openStore().open(id, { purpose: 'work', caller: null })
      await store.open(id, { purpose: 'look-up', caller: boss })
      await store.update(boss, id, { name: 'green', secrets: { apiToken: 'second-secret-of-the-test' } })
      await store.keepCheck(boss, id, FAILED, { version: 2 })
      await store.remove(boss, id)
      const lines = (await audit()).filter((line) => line.company_id === acme)
      expect(lines.map(({ action, actor_id: actor }) => `${action} ${actor}`)).toEqual([
        'connection.created boss', 'connection.read boss', 'connection.used tickets', 'connection.used tickets', 'connection.used tickets', 'connection.used boss', 'connection.updated boss', 'connection.checked boss', 'connection.deleted boss',
      ])
      expect(lines[6]).toMatchObject({ before: { name: 'main' }, after: { name: 'green', secretsGiven: ['apiToken'] } })
      expect(lines[7]).toMatchObject({ after: { ok: false, failed: ['credentials'] } })
      expect(lines[8]).toMatchObject({ before: { name: 'green' }, after: null })
      for (const secret of [SECRET, 'second-secret-of-the-test']) expect(JSON.stringify(lines)).not.toContain(secret)
    })

    it('notes when a connection was last used and why its newest call failed', async () => {
      const { id } = await made(boss, acme)
      clock.tick(60_000)
      await store.open(id, { purpose: 'work', caller: null })
      await store.noteError(id, 'refused')
      expect(await store.get(boss.scope, id)).toMatchObject({ lastUsedAt: new Date(clock.now()).toISOString(), lastError: 'refused' })
      await store.noteError(id, null)
      expect((await store.get(boss.scope, id)).lastError).toBe(null)
    })

    it('goes with its company', async () => {
      const { id } = await made(boss, acme)
      await db.query('delete from companies where id = $1', [acme])
      expect((await refusal(store.open(id, { purpose: 'work', caller: null }))).code).toBe('not_found')
      expect(await store.hook(id)).toBe(null)
    })
  })
}
