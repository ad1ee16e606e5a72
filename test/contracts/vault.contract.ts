/** The vault, on either engine and against a strict authorization server: tokens are had once, kept, renewed in time by one refresher, and never seen. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ConnectorError, type ConnectorConfig } from '../../connectors/port.ts'
import { startRefresher } from '../../connectors/vault/refresher.ts'
import { connectionRules } from '../../connectors/vault/rules.ts'
import type { SignInOffer } from '../../connectors/vault/sign-in.ts'
import { openVault, type Vault } from '../../connectors/vault/vault.ts'
import type { Caller } from '../../schemas/access.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { ConnectionDraft, OutsideCall } from '../../schemas/tickets.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { openSecretBox } from '../../storage/secret-box.ts'
import { connectionStore, type ConnectionStore } from '../../storage/tickets/connection-store.ts'
import { signInStore } from '../../storage/tickets/sign-in-store.ts'
import { tokenStore } from '../../storage/tickets/token-store.ts'
import { startOAuthServer, type OAuthServer, type OAuthServerOptions } from '../fakes/oauth-server.ts'
import type { EmptyDatabase } from './database.contract.ts'

const SECRET = 'a client secret: with+odd/characters%'
const CONFIG: ConnectorConfig = {
  title: 'Desk', auth: ['bearer', 'oauth2_client', 'oauth2_code'], hosts: ['.desk.test'], baseUrlExample: 'https://acme.desk.test', api: { version: '1', page: 'https://desk.test/docs' },
  fields: [
    { name: 'token', title: 'Token', description: '', example: 'x', isRequired: true, isSecret: true, for: ['bearer'] },
    { name: 'clientId', title: 'Client id', description: '', example: 'aw', isRequired: true, isSecret: false, for: ['oauth2_client', 'oauth2_code'] },
    { name: 'clientSecret', title: 'Client secret', description: '', example: 'x', isRequired: true, isSecret: true, for: ['oauth2_client', 'oauth2_code'] },
  ],
  oauth: { authorizeUrl: 'https://accounts.desk.test/authorize', tokenUrl: 'https://accounts.desk.test/token', defaultScopes: ['tickets', 'offline'], authorizeQuery: { access_type: 'offline' }, clientAuth: 'basic' },
  mapping: { status: {}, priority: {}, place: {} }, guide: { steps: [], permissions: [], webhook: [], troubleshooting: [] },
}
const ADA: Caller = { kind: 'user', id: 'ada', name: 'Ada', ip: '192.0.2.7', scope: { role: 'msp_admin', userId: 'ada', companyIds: 'all' } }
const DRAFT: ConnectionDraft = { connector: 'desk', name: 'main', environment: 'production', enabled: false, baseUrl: '', auth: 'oauth2_code', scopes: [], fields: { clientId: 'aw' }, mapping: {}, secrets: { clientSecret: SECRET } }
const BACK = 'https://aw.test/api/oauth/callback'

/** Runs the suite over an engine. */
export function vaultContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`the vault on ${engineName}`, () => {
    let empty: EmptyDatabase
    let db: Database
    let clock: TestClock
    let server: OAuthServer
    let store: ConnectionStore
    let vault: Vault
    let records: OutsideCall[]
    let vaults: Vault[]

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
      records = []
      vaults = []
      await db.query('delete from connections')
      await serve()
      store = connectionStore(db, { clock, box: BOX, rules: connectionRules((id) => (id === 'desk' ? { id, config: CONFIG } : undefined), () => ['desk']) })
      vault = another()
    })
    afterEach(async () => {
      for (const one of vaults) await one.stop()
      // Nothing secret is ever in a record, the audit log, or a row.
      const kept = JSON.stringify([records, await db.query('select * from audit_log'), await db.query(`select row_to_json(c)::text || coalesce(encode(tokens, 'escape'), '') || coalesce(encode(secrets, 'escape'), '') as row from connections c`), await db.query('select row_to_json(o)::text as row from oauth_states o')])
      for (const secret of [SECRET, encodeURIComponent(SECRET), ...server.given]) expect(kept).not.toContain(secret)
      expect(server.faults).toEqual([])
      await server.close()
    })

    const BOX = openSecretBox(Buffer.alloc(32, 7))
    async function serve(options: Partial<OAuthServerOptions> = {}): Promise<void> {
      if (server !== undefined) await server.close()
      server = await startOAuthServer({ clientId: 'aw', clientSecret: SECRET, clientAuth: 'basic', now: () => clock.now(), ...options })
    }
    /** A vault as another process would have it. */
    const another = (): Vault => {
      const made = openVault({
        connections: store, tokens: tokenStore(db, { clock, box: BOX }), signIns: signInStore(db, { clock, box: BOX }), connectorOf: (id) => (id === 'desk' ? { id, config: CONFIG } : null),
        record: async (call) => void records.push(call), clock, holder: randomUUID(),
      })
      vaults.push(made)
      return made
    }
    const created = async (change: Partial<ConnectionDraft> = {}): Promise<string> => (await store.create(ADA, null, { ...DRAFT, baseUrl: server.url, ...change })).connection.id
    const back = (location: string): Parameters<Vault['callback']>[0] => {
      const query = new URL(location).searchParams
      const [state, code, error, errorDescription] = ['state', 'code', 'error', 'error_description'].map((name) => query.get(name) ?? undefined)
      return { ...(state === undefined ? {} : { state }), ...(code === undefined ? {} : { code }), ...(error === undefined ? {} : { error }), ...(errorDescription === undefined ? {} : { errorDescription }) }
    }
    /** A browser that was sent to the vendor by the address we gave, on its way back. */
    const returning = async (id: string, { one = vault, agrees = true }: { readonly one?: Vault; readonly agrees?: boolean } = {}): Promise<Parameters<Vault['callback']>[0]> => {
      const { url, browser } = await departed((await one.connect(ADA, id, BACK)).key)
      return { ...back(await server.browse(url, agrees)), browsers: [browser.value] }
    }
    const opened = async (key: string, browser?: string): Promise<SignInOffer> => {
      const offer = await vault.offer({ key, ...(browser === undefined ? {} : { browser }) })
      if (!('origin' in offer)) throw new Error(offer.text)
      return offer
    }
    /** Looks at the page and presses its button. */
    const departed = async (key: string): Promise<SignInOffer & { readonly url: string }> => {
      const offer = await opened(key)
      const gone = await vault.agree({ key, browser: offer.browser.value })
      if (!('url' in gone)) throw new Error(gone.text)
      return { ...offer, ...gone }
    }
    const agreed = async (id: string, one: Vault = vault): Promise<void> => {
      expect(await one.callback(await returning(id, { one }))).toMatchObject({ ok: true })
    }
    /** A connection that a person has agreed to. */
    const connected = async (change: Partial<ConnectionDraft> = {}): Promise<string> => {
      const id = await created(change)
      await agreed(id)
      return id
    }
    const switchedOn = async (id: string): Promise<void> => {
      const { version } = await store.open(id, { purpose: 'check', caller: ADA })
      await store.keepCheck(ADA, id, { ok: true, findings: [] }, { version })
      await store.update(ADA, id, { enabled: true })
    }
    const tokenOf = async (id: string, one: Vault = vault): Promise<string> => (await (await one.open(id)).credentials())['accessToken'] ?? ''
    const failure = async (work: Promise<unknown>): Promise<ConnectorError> => {
      const error: unknown = await work.then(() => new Error('nothing was refused'), (thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ConnectorError)
      return error as ConnectorError
    }
    /** Moves time on until work that waits for it has ended, however it ended. */
    const ended = async (work: Promise<unknown>, stepMs: number): Promise<void> => {
      let isOver = false
      void Promise.allSettled([work]).then(() => { isOver = true })
      await expect.poll(() => { clock.tick(stepMs); return isOver }).toBe(true)
    }
    const grants = (): string[] => server.asked.map((form) => form['grant_type'] ?? '')
    const HOUR_MS = 3_600_000

    it('hands stored secrets out as they are where no OAuth is used, and has nothing to renew', async () => {
      const id = await created({ auth: 'bearer', fields: {}, secrets: { token: 'the-token' } })
      const opened = await vault.open(id)
      expect(await opened.credentials()).toEqual({ token: 'the-token' })
      expect(await opened.renew()).toBe(false)
      expect(server.asked).toEqual([])
    })

    it('hands a secret or token out for the place alone it was given for, whoever opened the connection before it was changed', async () => {
      // Somebody points a connection at a place of theirs, and work with it goes on while somebody else gives it the right place and its secret.
      const id = await created({ auth: 'bearer', fields: {}, secrets: { token: 'theirs' }, baseUrl: 'https://theirs.desk.test' })
      const before = [await vault.open(id), await vault.peek(id)]
      await store.update(ADA, id, { baseUrl: 'https://ours.desk.test', secrets: { token: 'ours' } })
      for (const opened of before) expect(await failure(opened.credentials())).toMatchObject({ code: 'conflict', message: expect.stringContaining('changed') })
      expect(await (await vault.open(id)).credentials()).toEqual({ token: 'ours' })
      // A name and a mapping say nothing of where it goes.
      const opened = await vault.open(id)
      await store.update(ADA, id, { name: 'ours', mapping: { place: { board: '7' } } })
      expect(await opened.credentials()).toEqual({ token: 'ours' })

      const code = await created({ name: 'code', baseUrl: 'https://theirs.desk.test' })
      const old = await vault.open(code)
      await store.update(ADA, code, { baseUrl: server.url, secrets: { clientSecret: SECRET } })
      await agreed(code)
      expect(await failure(old.credentials())).toMatchObject({ code: 'conflict' })
      clock.tick(HOUR_MS)
      // Nor is a refresh token, or the client's secret, sent to the old one.
      expect(await failure(old.credentials())).toMatchObject({ code: 'conflict' })
      expect(await old.renew()).toBe(false)
      expect(server.isValid(await tokenOf(code))).toBe(true)
      expect(records.filter(({ url }) => url?.includes('theirs'))).toEqual([])
    })

    describe('client credentials', () => {
      it('get a token with the first use, keep it while it lasts, and get another when it has ended', async () => {
        const id = await created({ auth: 'oauth2_client' })
        const first = await tokenOf(id)
        expect(server.isValid(first)).toBe(true)
        expect(server.asked).toEqual([{ grant_type: 'client_credentials', scope: 'tickets offline' }])
        // Another process finds it in the row.
        expect(await tokenOf(id, another())).toBe(first)
        expect((await store.get(ADA.scope, id)).tokenExpiresAt).toBe(new Date(clock.now() + HOUR_MS).toISOString())
        clock.tick(HOUR_MS - 14_999)
        const second = await tokenOf(id)
        expect(second).not.toBe(first)
        expect(grants()).toHaveLength(2)
        expect(records.at(-1)).toMatchObject({ integrationType: 'oauth', connector: 'desk', connectionId: id, action: 'retrieved', direction: 'out', method: 'POST', url: `${server.url}/token`, reference: 'get a token', status: 'success', httpStatus: 200, who: { kind: 'system' } })
      })

      it('give connectors the token and not the client’s own secret', async () => {
        expect(Object.keys(await (await vault.open(await created({ auth: 'oauth2_client' }))).credentials())).toEqual(['accessToken'])
      })

      it('prove the client in the form where the vendor wants it so, and ask for the scopes of the connection', async () => {
        await serve({ clientAuth: 'body' })
        const oauth = { ...CONFIG.oauth!, clientAuth: 'body' as const, scopeSeparator: ',', tokenForm: { audience: 'desk' } }
        const one = openVault({ connections: store, tokens: tokenStore(db, { clock, box: BOX }), signIns: signInStore(db, { clock, box: BOX }), connectorOf: (id) => ({ id, config: { ...CONFIG, oauth } }), record: async (call) => void records.push(call), clock, holder: 'x' })
        vaults.push(one)
        await tokenOf(await created({ auth: 'oauth2_client', scopes: ['a', 'b'] }), one)
        expect(server.asked[0]).toMatchObject({ audience: 'desk', scope: 'a,b', client_id: 'aw' })
      })

      it('that are refused put the connection on hold with how to mend, are tried again when a person checks, and a new secret mends it', async () => {
        const id = await created({ auth: 'oauth2_client', secrets: { clientSecret: 'another secret' } })
        const error = await failure(tokenOf(id))
        expect(error).toMatchObject({ code: 'unauthorized', retry: 'hold' })
        expect(error.message).toContain('aw connect desk --name "main" --secret clientSecret')
        expect(error.message).not.toContain('another secret')
        expect(JSON.stringify(records)).not.toContain('another secret')
        expect((await store.get(ADA.scope, id)).lastError).toBe(error.message)
        // Nothing is asked by itself while it is on hold; a person's check asks once.
        await failure(tokenOf(id))
        expect(server.asked).toHaveLength(1)
        await failure((await vault.open(id, { purpose: 'check', caller: ADA })).credentials())
        expect(server.asked).toHaveLength(2)
        await store.update(ADA, id, { secrets: { clientSecret: SECRET } })
        expect(server.isValid(await tokenOf(id))).toBe(true)
        expect((await store.get(ADA.scope, id)).lastError).toBe(null)
      })
    })

    describe('a sign-in', () => {
      it('sends a person to the vendor with a challenge, and keeps what the code is exchanged for', async () => {
        const id = await created()
        expect(await store.get(ADA.scope, id)).toMatchObject({ isConnected: false })
        expect((await failure(tokenOf(id))).message).toContain('aw connect desk --name "main"')
        const { key, expiresAt } = await vault.connect(ADA, id, BACK)
        const { url, browser, title, text, origin } = await departed(key)
        expect([title, text]).toEqual(['Connect Desk?', expect.stringMatching(/^Ada asks you to connect an account at Desk with the connection main to Desk at 127\.0\.0\.1:\d+, the MSP’s own for all its companies\./)])
        expect(browser).toMatchObject({ isSecure: true, seconds: 600 })
        expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({ client_id: 'aw', redirect_uri: BACK, response_type: 'code', scope: 'tickets offline', access_type: 'offline', code_challenge_method: 'S256' })
        expect([new URL(url).origin, origin]).toEqual([server.url, server.url])
        expect(Date.parse(expiresAt) - clock.now()).toBe(600_000)
        const answer = await vault.callback({ ...back(await server.browse(url)), browsers: ['another', browser.value] })
        expect(answer).toMatchObject({ ok: true, title: 'Connected', connected: { id, caller: { id: 'ada' } } })
        expect(answer.text).toContain('main (Desk) is connected, as Ada asked: the connection main to Desk at')
        expect(await store.get(ADA.scope, id)).toMatchObject({ isConnected: true, tokenExpiresAt: new Date(clock.now() + HOUR_MS).toISOString() })
        expect(server.isValid(await tokenOf(id))).toBe(true)
        expect(records.map(({ reference, who }) => [reference, who.id])).toEqual([['exchange the code of a sign-in', 'ada']])
        const lines = await db.query<{ action: string; actor: string }>(`select action, actor_id as actor from audit_log where subject = $1 and action like 'connection.connect%' order by id`, [id])
        expect(lines).toEqual([{ action: 'connection.connecting', actor: 'ada' }, { action: 'connection.connected', actor: 'ada' }])
      })

      it('works once, for ten minutes, and only with a state we gave', async () => {
        const id = await created()
        const begin = () => returning(id)
        const used = await begin()
        expect(await vault.callback(used)).toMatchObject({ ok: true })
        const late = await begin()
        clock.tick(600_000)
        const wrong = [used, late, { ...late, state: 'x'.repeat(43) }, { code: 'stolen' }, { state: '', code: 'x' }, {}]
        for (const query of wrong) expect(await vault.callback(query), JSON.stringify(query)).toMatchObject({ ok: false, title: 'Nothing to connect' })
        expect(server.asked).toHaveLength(1)
        // The state is used up by a code that is wrong, too.
        const mixed = await begin()
        expect(await vault.callback({ ...mixed, code: 'not-the-code' })).toMatchObject({ ok: false, title: 'Not connected' })
        expect(await vault.callback(mixed)).toMatchObject({ ok: false, title: 'Nothing to connect' })
      })

      it('comes to nothing in another browser than the one that went on from the address, which uses the state up', async () => {
        const id = await created()
        const { browsers = [], ...mine } = await returning(id)
        const theirs = await returning(id)
        for (const [query, sent] of [[mine, []], [{ ...theirs, browsers: [] }, browsers]] as const) {
          expect(await vault.callback({ ...query, browsers: sent })).toMatchObject({ ok: false, title: 'Not connected', text: expect.stringContaining('not the browser') })
        }
        expect(await vault.callback({ ...mine, browsers })).toMatchObject({ ok: false, title: 'Nothing to connect' })
        expect(server.asked).toEqual([])
        expect(await store.get(ADA.scope, id)).toMatchObject({ isConnected: false })
      })

      it('is shown to whoever looks and changes nothing by that, until one browser goes on, which may do so again until it came back', async () => {
        const id = await created()
        const { key } = await vault.connect(ADA, id, BACK)
        const stored = async (): Promise<unknown> => [await db.query('select * from oauth_states'), await db.query('select * from connections'), await db.query('select count(*) from audit_log')]
        const before = await stored()
        const [first, other] = [await opened(key), await opened(key)]
        expect(first.browser.value).not.toBe(other.browser.value)
        expect(await opened(key, first.browser.value)).toEqual(first)
        expect(await vault.agree({ key })).toMatchObject({ ok: false, text: expect.stringContaining('kept no cookie') })
        expect(await stored()).toEqual(before)
        const gone = await vault.agree({ key, browser: first.browser.value })
        expect(await vault.agree({ key, browser: first.browser.value })).toEqual(gone)
        expect(await opened(key, first.browser.value)).toEqual(first)
        for (const browser of [other.browser.value, 'x'.repeat(43)]) for (const answer of [await vault.agree({ key, browser }), await vault.offer({ key, browser }), await vault.offer({ key })]) expect(answer).toMatchObject({ ok: false, title: 'Nothing to connect' })
        expect(await vault.callback({ ...back(await server.browse('url' in gone ? gone.url : '')), browsers: [first.browser.value] })).toMatchObject({ ok: true })
        for (const answer of [await vault.agree({ key, browser: first.browser.value }), await vault.offer({ key, browser: first.browser.value })]) expect(answer).toMatchObject({ ok: false })
        const late = (await vault.connect(ADA, id, BACK)).key
        clock.tick(600_000)
        for (const wrong of [late, 'x'.repeat(43)]) for (const answer of [await vault.agree({ key: wrong, browser: 'x'.repeat(43) }), await vault.offer({ key: wrong })]) expect(answer).toMatchObject({ ok: false, title: 'Nothing to connect' })
        for (const answer of [await vault.agree({}), await vault.offer({})]) expect(answer).toMatchObject({ ok: false })
      })

      it('is gone on with by one of two browsers that press at once, by a button pressed twice as one, and its key is no state', async () => {
        const id = await created()
        const { key } = await vault.connect(ADA, id, BACK)
        expect(await vault.callback({ state: key, code: 'x', browsers: ['x'] })).toMatchObject({ title: 'Nothing to connect' })
        const both = await Promise.all([vault.agree({ key, browser: 'a'.repeat(43) }), another().agree({ key, browser: 'b'.repeat(43) })])
        expect(both.map(({ ok }) => ok).sort()).toEqual([false, true])
        const twice = (await vault.connect(ADA, id, BACK)).key
        const [one, two] = await Promise.all([vault.agree({ key: twice, browser: 'a'.repeat(43) }), another().agree({ key: twice, browser: 'a'.repeat(43) })])
        expect(one).toEqual({ ok: true, url: expect.stringContaining(server.url) })
        expect(two).toEqual(one)
      })

      it('tells for which company it is', async () => {
        const companyId = randomUUID()
        await db.query('insert into companies (id, name, created_at, updated_at) values ($1, $2, now(), now())', [companyId, `Acme \u202e${companyId}`])
        const { id } = (await store.create(ADA, companyId, { ...DRAFT, baseUrl: server.url })).connection
        const { url, text, browser } = await departed((await vault.connect(ADA, id, BACK)).key)
        expect(text).toContain(`for the company Acme  ${companyId}`)
        expect((await vault.callback({ ...back(await server.browse(url)), browsers: [browser.value] })).text).toContain(`for the company Acme  ${companyId}`)
      })

      it('two browsers with the same state: one is taken', async () => {
        const query = await returning(await created())
        const answers = await Promise.all([vault.callback(query), another().callback(query)])
        expect(answers.map(({ ok }) => ok).sort()).toEqual([false, true])
        expect(server.asked).toHaveLength(1)
      })

      it('without consent changes nothing and says what the vendor said', async () => {
        const id = await connected()
        const answer = await vault.callback(await returning(id, { agrees: false }))
        expect(answer).toMatchObject({ ok: false, title: 'Not connected' })
        expect(answer.text).toContain('access_denied: the person said <b>no</b>')
        expect(await store.get(ADA.scope, id)).toMatchObject({ isConnected: true })
      })

      it('of a connection that was changed or removed meanwhile comes to nothing', async () => {
        const id = await created()
        const begin = () => returning(id)
        const one = await begin()
        await store.update(ADA, id, { secrets: { clientSecret: SECRET } })
        expect(await vault.callback(one)).toMatchObject({ ok: false })
        const two = await begin()
        const gate = server.slow()
        const ending = vault.callback(two)
        await gate.taken
        await store.update(ADA, id, { fields: { clientId: 'other' } })
        gate.release()
        expect(await ending).toMatchObject({ ok: false, text: expect.stringContaining('changed while you were away') })
        expect(await store.get(ADA.scope, id)).toMatchObject({ isConnected: false })
        await store.update(ADA, id, { fields: { clientId: 'aw' } })
        const three = await begin()
        await store.remove(ADA, id)
        expect(await vault.callback(three)).toMatchObject({ ok: false })
      })

      it('is begun by those alone who manage the connection, and where OAuth asks a person', async () => {
        const id = await created()
        const stranger: Caller = { ...ADA, id: 'bob', scope: { role: 'company_admin', userId: 'bob', companyIds: ['acme'] } }
        await expect(vault.connect(stranger, id, BACK)).rejects.toMatchObject({ code: 'not_found' })
        await expect(vault.connect(ADA, await created({ name: 'client', auth: 'oauth2_client' }), BACK)).rejects.toBeInstanceOf(AppError)
      })

      it.each([1e300, '1e308', 1e15])('keeps tokens that last %j seconds by the vendor’s word', async (lasts) => {
        const id = await created()
        server.trouble({ status: 200, body: JSON.stringify({ access_token: 'for-long', refresh_token: 'again', expires_in: lasts }) })
        expect(await vault.callback(await returning(id))).toMatchObject({ ok: true })
        expect(await tokenOf(id)).toBe('for-long')
        expect(Date.parse((await store.get(ADA.scope, id)).tokenExpiresAt ?? '')).toBeGreaterThan(clock.now() + 365 * 24 * HOUR_MS)
      })

      it('says so where the vendor gives no token to renew with', async () => {
        await serve({ withoutRefresh: true })
        const id = await created()
        expect((await vault.callback(await returning(id))).text).toContain('ends by itself')
        clock.tick(HOUR_MS)
        expect((await failure(tokenOf(id))).message).toContain('offline access')
      })
    })

    describe('renewing', () => {
      it('happens five minutes before the end, by itself, and every token after another works', async () => {
        const id = await connected()
        await switchedOn(id)
        // The loop sleeps until the test wakes it, so that time never moves while it works.
        let [asleep, wake]: [PromiseWithResolvers<void>, () => void] = [Promise.withResolvers<void>(), () => undefined]
        const sleep = (_delayMs: number, signal?: AbortSignal): Promise<void> => new Promise((resolve, reject) => {
          wake = resolve
          signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
          asleep.resolve()
        })
        const round = async (): Promise<void> => {
          asleep = Promise.withResolvers<void>()
          wake()
          await asleep.promise
        }
        const told: string[] = []
        const refresher = startRefresher({ vault, environments: ['production'], clock: { now: () => clock.now(), sleep }, logger: { warn: (_fields, message) => void told.push(message) } })
        await asleep.promise
        clock.tick(HOUR_MS - 300_001)
        await round()
        expect(grants()).toEqual(['authorization_code'])
        for (let turn = 1; turn <= 3; turn++) {
          const before = await tokenOf(id)
          clock.tick(turn === 1 ? 1 : HOUR_MS - 300_000)
          expect(server.isValid(before)).toBe(true)
          await round()
          expect(grants().filter((grant) => grant === 'refresh_token')).toHaveLength(turn)
          expect(await tokenOf(id)).not.toBe(before)
          expect(server.isValid(await tokenOf(id))).toBe(true)
        }
        expect(told).toEqual([])
        await refresher.stop()
      })

      it('is left to those connections that are in use and that the mode allows to be called', async () => {
        const [off, box] = [await connected({ name: 'off' }), await connected({ name: 'box', environment: 'sandbox' })]
        await switchedOn(box)
        clock.tick(HOUR_MS)
        expect(await vault.renewDue(['production'])).toBe(0)
        expect(await vault.renewDue([])).toBe(0)
        expect(await vault.renewDue(['sandbox'])).toBe(1)
        expect(grants().filter((grant) => grant === 'refresh_token')).toHaveLength(1)
        // One that is not in use gets its token when somebody needs it.
        expect(server.isValid(await tokenOf(off))).toBe(true)
      })

      it('is one call however many ask side by side, in one process and in several', async () => {
        const id = await connected()
        const [other, third] = [another(), another()]
        const before = await tokenOf(id)
        clock.tick(HOUR_MS)
        const gate = server.slow()
        const asking = [vault, vault, vault].map((one) => tokenOf(id, one))
        await gate.taken
        const elsewhere = [other, other, third].map((one) => tokenOf(id, one))
        gate.release()
        await Promise.all(asking)
        // Those of other processes look at the row again and again.
        await ended(Promise.all(elsewhere), 250)
        const tokens = new Set(await Promise.all([...asking, ...elsewhere]))
        expect(tokens.size).toBe(1)
        expect(tokens.has(before)).toBe(false)
        expect([server.atOnce, grants().filter((grant) => grant === 'refresh_token').length]).toEqual([1, 1])
      })

      it('after a 401 joins a refresh under way, asks once, and leaves alone what somebody renewed already', async () => {
        const id = await connected()
        clock.tick(60_000)
        const opened = await Promise.all([vault.open(id), vault.open(id), another().open(id)])
        for (const one of opened) await one.credentials()
        server.revoke('access')
        const gate = server.slow()
        const renewing = [opened[0].renew(), opened[1].renew()]
        await gate.taken
        gate.release()
        expect(await Promise.all(renewing)).toEqual([true, true])
        expect(await opened[2].renew()).toBe(true)
        expect(grants().filter((grant) => grant === 'refresh_token')).toHaveLength(1)
        for (const one of opened) expect(server.isValid((await one.credentials())['accessToken'] ?? '')).toBe(true)
        // A token as young as this that is refused is not refused for its age.
        server.revoke('access')
        expect(await opened[0].renew()).toBe(false)
        expect(grants().filter((grant) => grant === 'refresh_token')).toHaveLength(1)
      })

      it('keeps the rotated refresh token before it uses it, so a process that dies loses nothing it was given', async () => {
        const id = await connected()
        for (let turn = 0; turn < 5; turn++) {
          clock.tick(HOUR_MS)
          // Each time another process, with nothing in memory.
          expect(server.isValid(await tokenOf(id, another()))).toBe(true)
        }
        const refreshes = server.asked.filter((form) => form['grant_type'] === 'refresh_token').map((form) => form['refresh_token'])
        expect(new Set(refreshes).size).toBe(5)
      })

      it('that was lost after it was done gets the same answer again where the vendor gives grace, and is said plainly where not', async () => {
        await serve({ grace: 1 })
        const id = await connected()
        clock.tick(HOUR_MS - 200_000)
        await switchedOn(id)
        server.trouble('lost_after')
        await vault.renewDue(['production'])
        // The old access token still works, and nobody notices.
        expect(server.isValid(await tokenOf(id))).toBe(true)
        expect((await store.get(ADA.scope, id)).lastError).toContain('renew the token')
        expect(await vault.renewDue(['production'])).toBe(0)
        clock.tick(5_000)
        expect(await vault.renewDue(['production'])).toBe(1)
        clock.tick(HOUR_MS - 250_000)
        expect(server.isValid(await tokenOf(id))).toBe(true)
        expect((await store.get(ADA.scope, id)).lastError).toBe(null)

        await serve()
        await store.update(ADA, id, { baseUrl: server.url })
        await agreed(id)
        clock.tick(HOUR_MS)
        server.trouble('lost_after')
        // What happened to the token call says nothing of the work it was for: that was not sent.
        expect(await failure(tokenOf(id))).toMatchObject({ code: 'unreachable', outcome: 'not_sent' })
        const error = await failure(tokenOf(id))
        expect(error).toMatchObject({ code: 'unauthorized', retry: 'hold' })
        expect(error.message).toContain('the answer to an earlier refresh never came')
        expect(await store.get(ADA.scope, id)).toMatchObject({ isConnected: false, lastError: error.message })
        await agreed(id)
        expect(await store.get(ADA.scope, id)).toMatchObject({ isConnected: true, lastError: null })
      })

      it('that is refused puts the connection on hold: nothing is asked any more until somebody agrees anew', async () => {
        const id = await connected()
        await switchedOn(id)
        server.revoke('all')
        clock.tick(HOUR_MS)
        const error = await failure(tokenOf(id))
        expect(error.message).toContain('aw connect desk --name "main"')
        expect(error.message).not.toMatch(/never came/)
        const asked = server.asked.length
        for (let turn = 0; turn < 5; turn++) {
          clock.tick(HOUR_MS)
          expect(await vault.renewDue(['production'])).toBe(0)
          await failure(tokenOf(id))
          expect(await (await vault.open(id)).renew()).toBe(false)
        }
        expect(server.asked).toHaveLength(asked)
        await agreed(id)
        expect(server.isValid(await tokenOf(id))).toBe(true)
      })

      it.each([
        ['a page', { status: 200, body: '<html>hello</html>', contentType: 'text/html' }], ['a 500', { status: 500, body: '{"error":"oops"}' }], ['a 503 with its time', { status: 503, body: '', headers: { 'retry-after': '60' } }],
        ['a 429', { status: 429, body: '{"error":"slow_down"}', headers: { 'retry-after': '30' } }], ['nothing', 'lost_before'], ['too much', { status: 200, body: `{"x":"${'y'.repeat(300_000)}"}` }], ['a redirect', { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/token' } }],
        ['a passing error', { status: 400, body: '{"error":"temporarily_unavailable"}' }], ['an error with 200', { status: 200, body: '{"error":"server_error"}' }],
      ] as const)('that meets %s is tried again later with a growing pause, and puts nothing on hold', async (_name, trouble) => {
        const id = await connected()
        clock.tick(HOUR_MS - 100_000)
        await switchedOn(id)
        for (let turn = 0; turn < 3; turn++) {
          server.trouble(trouble)
          expect(await vault.renewDue(['production'])).toBe(1)
          expect(await vault.renewDue(['production'])).toBe(0)
          clock.tick(60_000)
        }
        expect((await store.get(ADA.scope, id)).lastError).not.toBe(null)
        const refreshes = server.asked.filter((form) => form['grant_type'] === 'refresh_token').map((form) => form['refresh_token'])
        expect(new Set(refreshes).size).toBe(1)
        expect(server.isValid(await tokenOf(id))).toBe(true)
        expect((await store.get(ADA.scope, id)).lastError).toBe(null)
      })

      it('whose process died is begun by another once its lease is over', async () => {
        const id = await connected()
        clock.tick(HOUR_MS)
        await tokenStore(db, { clock, box: BOX }).hold(id, 'a process that died', 60_000)
        const asking = tokenOf(id)
        const looked = server.asked.length
        for (let turn = 0; turn < 20; turn++) {
          await new Promise((resolve) => setImmediate(resolve))
          clock.tick(250)
        }
        expect(server.asked).toHaveLength(looked)
        clock.tick(30_000)
        await ended(asking, 250)
        clock.tick(60_000)
        expect(server.isValid(await tokenOf(id))).toBe(true)
      })

      it('that is under way when the program stops is waited for, because its answer holds the only refresh token', async () => {
        const id = await connected()
        clock.tick(HOUR_MS)
        const one = another()
        const gate = server.slow()
        const asking = tokenOf(id, one)
        await gate.taken
        const stopped = one.stop()
        gate.release()
        await stopped
        const token = await asking
        expect(await tokenOf(id, another())).toBe(token)
        expect(server.isValid(token)).toBe(true)
      })

      it('of a connection whose secrets were changed meanwhile is not kept', async () => {
        const id = await connected()
        clock.tick(HOUR_MS)
        const gate = server.slow()
        const asking = failure(tokenOf(id))
        await gate.taken
        await store.update(ADA, id, { secrets: { clientSecret: SECRET } })
        gate.release()
        expect((await asking).code).toBe('conflict')
        expect(await store.get(ADA.scope, id)).toMatchObject({ isConnected: false, tokenExpiresAt: null })
      })

      it('keeps tenants apart: each connection has its own tokens', async () => {
        const [one, two] = [await connected({ name: 'one' }), await connected({ name: 'two' })]
        const tokens = [await tokenOf(one), await tokenOf(two)]
        expect(new Set(tokens).size).toBe(2)
        await db.query('update connections set tokens = (select tokens from connections where id = $1) where id = $2', [one, two])
        await expect(tokenOf(two)).rejects.toMatchObject({ code: 'config_invalid' })
      })
    })
  })
}
