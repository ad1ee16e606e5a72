/**
 * The story: an MSP connects a ticket system through the API. A person agrees in a browser, the connection is checked and put into use, values are looked up, the
 * status page says how it stands; and whatever is asked of the API, no secret comes out of it again.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import type { ConnectorStatus } from '../../schemas/connection-views.ts'
import type { ConnectionMade, ConnectionView } from '../../schemas/tickets.ts'
import { openTicketDesk, UNCOUNTED } from '../../app/desks/connections.ts'
import { startOAuthServer, type OAuthServer } from '../fakes/oauth-server.ts'
import { OWN_FORM, readSignIn, type OpenedSignIn } from '../harness/browser.ts'
import { ADMIN_TOKEN, openApiHarness, type ApiHarness } from '../harness/api.ts'
import { desk } from '../harness/desk-connector.ts'
import { freePort } from '../services/ports.ts'

const SECRETS = ['client-secret-of-the-test', 'webhook-secret-of-the-test', 'another-secret-of-the-test', 'token-secret-of-the-test']
const DRAFT = { connector: 'desk', name: 'main', auth: 'oauth2_code', fields: { clientId: 'aw' }, secrets: { clientSecret: SECRETS[0] }, webhookSecret: SECRETS[1] }

let api: ApiHarness
let server: OAuthServer
let boss: { token: string }
let acme: string
/** Everything the API ever answered here. */
const answered: string[] = []

beforeAll(async () => {
  server = await startOAuthServer({ clientId: 'aw', clientSecret: SECRETS[0]!, clientAuth: 'basic', now: () => systemClock.now() })
  api = await openApiHarness(systemClock, { connectors: [desk] })
  acme = (await api.company('Acme Ltd')).id
  boss = await api.user('company_admin', [acme])
})
afterAll(async () => {
  await api.close()
  await server.close()
})

async function call<T>(method: string, url: string, body?: unknown, token: string | null = ADMIN_TOKEN): Promise<{ status: number; body: T; text: string; headers: Record<string, unknown> }> {
  const answer = await api.call(token, method, url, body)
  answered.push(`${answer.text} ${JSON.stringify(answer.headers)}`)
  return { ...answer, body: answer.body as unknown as T }
}
const begun = async (id: string): Promise<string> => (await call<{ url: string }>('POST', `/api/connections/${id}/connect`, {})).body.url.replace('http://aw.test', '')
/** Visits are bounded by address: each test has its own. */
let places = 0
beforeEach(() => { places += 1 })
const visit = async (method: 'GET' | 'HEAD' | 'POST', url: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string; headers: Record<string, unknown> }> => {
  const { statusCode, body, headers: sent } = await api.app.inject({ method, url, headers, remoteAddress: `192.0.2.${places}`, ...(method === 'POST' ? { payload: '' } : {}) })
  answered.push(`${body} ${JSON.stringify(sent)}`)
  return { status: statusCode, text: body, headers: sent }
}
/** Opens the address of a sign-in. */
const opened = async (address: string, cookie?: string): Promise<OpenedSignIn & { readonly headers: Record<string, unknown> }> => {
  const { text, headers, status: code } = await visit('GET', address, cookie === undefined ? {} : { cookie })
  expect(code).toBe(200)
  return { ...readSignIn(text, String(headers['set-cookie'])), headers }
}
/** Presses its button. */
const press = (address: string, cookie: string, sent: Record<string, string> = OWN_FORM) => visit('POST', address, { 'content-type': 'application/x-www-form-urlencoded', ...sent, cookie })
/** Both; answers the vendor's address, which holds the state, for this browser alone. */
const departed = async (address: string): Promise<OpenedSignIn & { readonly url: string }> => {
  const page = await opened(address)
  const { status: code, headers } = await press(address, page.cookie)
  expect(code).toBe(303)
  return { ...page, url: String(headers['location']) }
}
/** The browser as it comes back from the vendor. */
interface Back { readonly search: string; readonly cookie: string }
const browsed = async (id: string, agrees = true): Promise<Back> => {
  const { url, cookie } = await departed(await begun(id))
  return { search: new URL(await server.browse(url, agrees)).search, cookie }
}
const callback = ({ search, cookie }: Back) => visit('GET', `/api/oauth/callback${search}`, { cookie })
const one = async (id: string): Promise<ConnectionView> => (await call<ConnectionView>('GET', `/api/connections/${id}`)).body
const status = async (query = ''): Promise<ConnectorStatus[]> => (await call<{ items: ConnectorStatus[] }>('GET', `/api/connectors/status${query}`)).body.items

describe('a connection by OAuth', () => {
  let id: string

  it('is made switched off, for all companies where none is named, and only by those who may', async () => {
    const made = await call<ConnectionMade>('POST', '/api/connections', { ...DRAFT, baseUrl: server.url })
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ companyId: null, enabled: false, isConnected: false, secrets: ['clientSecret'], hasWebhookSecret: true, webhookSecret: null, environment: 'production' })])
    id = made.body.id
    expect(made.body.hookUrl).toMatch(new RegExp(`^http://aw\\.test/api/hooks/desk/${id}\\?key=[\\w-]{43}$`))
    expect((await one(id)).hookUrl).toBe(made.body.hookUrl)
    expect((await call<{ items: ConnectionView[] }>('GET', '/api/connections?company=msp')).body.items).toEqual([expect.objectContaining({ id, hookUrl: null })])
    expect((await call('POST', '/api/connections', { ...DRAFT, baseUrl: 'https://a.desk.test' }, boss.token)).status).toBe(403)
    expect((await call('POST', '/api/connections', { ...DRAFT, company: acme, baseUrl: server.url }, boss.token)).status).toBe(403)
    for (const [method, url] of [['GET', ''], ['DELETE', ''], ['POST', '/check'], ['POST', '/connect'], ['GET', '/choices']] as const) expect((await call(method, `/api/connections/${id}${url}`, method === 'POST' ? {} : undefined, boss.token)).status).toBe(404)
  })

  it('says plainly that somebody has still to agree, and is not put into use before', async () => {
    const { body } = await call<ConnectionView>('POST', `/api/connections/${id}/check`, {})
    expect(body.check).toMatchObject({ ok: false, findings: [{ name: 'credentials', ok: false, text: expect.stringContaining('aw connect desk --name "main"') }] })
    expect((await call('PATCH', `/api/connections/${id}`, { enabled: true })).status).toBe(409)
    expect(await status()).toEqual([expect.objectContaining({ connectionId: id, enabled: false, isConnected: false, isAuthorised: false, mend: expect.stringContaining('aw connect desk') })])
  })

  it('is connected by the browser that comes back, on a page that says so and runs nothing', async () => {
    const page = await callback(await browsed(id))
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('main (Desk) is connected, as')])
    expect(page.text).toContain('Desk says whose account it is: it knows us as api.')
    expect(page.text).toContain('the MSP’s own for all its companies')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/)
    expect([page.headers['referrer-policy'], page.headers['cache-control']]).toEqual(['no-referrer', 'no-store'])
    expect(await one(id)).toMatchObject({ isConnected: true, tokenExpiresAt: expect.any(String) })
  })

  it('passes its check, is put into use, and is shown as reachable and authorised', async () => {
    const { body } = await call<ConnectionView>('POST', `/api/connections/${id}/check`, {})
    expect(body.check).toEqual({ ok: true, findings: [{ name: 'credentials', ok: true, text: 'it knows us as api' }] })
    expect((await call<ConnectionView>('PATCH', `/api/connections/${id}`, { enabled: true })).body.enabled).toBe(true)
    expect(await status('?probe=true')).toEqual([expect.objectContaining({ connectionId: id, enabled: true, isReachable: true, isAuthorised: true, lastError: null, mend: null, waiting: 0, dead: 0 })])
    expect(await status('?company=msp')).toHaveLength(1)
    expect(await status(`?company=${acme}`)).toEqual([])
  })

  it('gives a person its values, customers, machines and technicians to choose from', async () => {
    expect((await call('GET', `/api/connections/${id}/choices`)).body).toEqual({ statuses: [{ id: '1', name: 'New' }], priorities: [{ id: '1', name: 'Urgent' }], places: { board: [{ id: '7', name: 'Service' }] } })
    expect((await call('GET', `/api/connections/${id}/companies?q=co`)).body).toEqual({ items: [{ externalId: '1', name: 'Acme co', detail: 'acme.test' }], next: null })
    expect((await call('GET', `/api/connections/${id}/assets?of=1`)).body).toMatchObject({ items: [{ name: 'web-1 of 1', detail: '10.0.0.1' }] })
    expect((await call('GET', `/api/connections/${id}/users`)).body).toMatchObject({ items: [{ name: 'Grace', detail: 'grace@acme.test' }] })
    expect(server.served.at(-1)).toEqual({ path: '/users', ok: true })
    expect(api.records.at(-1)).toMatchObject({ reference: 'look up users', connectionId: id, who: { kind: 'token' }, status: 'success' })
  })

  it('that proves nothing any more says so with how to mend, and a probe switches nothing off', async () => {
    server.revoke('all')
    const [found] = await status('?probe=true')
    expect(found).toMatchObject({ enabled: true, isReachable: true, isAuthorised: false, mend: expect.stringMatching(/The token is wrong|aw connect desk/) })
    expect(await one(id)).toMatchObject({ enabled: true, check: { ok: true } })
    expect((await call('GET', `/api/connections/${id}/users`)).status).toBe(409)
    expect((await call<ConnectionView>('POST', `/api/connections/${id}/check`, {})).body).toMatchObject({ enabled: false, check: { ok: false } })
    expect((await callback(await browsed(id))).status).toBe(200)
    expect((await call<ConnectionView>('POST', `/api/connections/${id}/check`, {})).body.check?.ok).toBe(true)
  })

  it('whose system is away says so', async () => {
    const { body: { id: away } } = await call<ConnectionMade>('POST', '/api/connections', { ...DRAFT, company: acme, name: 'away', auth: 'bearer', fields: {}, secrets: { token: SECRETS[3] }, baseUrl: `http://127.0.0.1:${await freePort()}` })
    expect((await call<ConnectionView>('POST', `/api/connections/${away}/check`, {})).body.check).toMatchObject({ ok: false, findings: [{ text: expect.stringContaining('cannot be reached') }] })
    expect(await status(`?company=${acme}`)).toEqual([expect.objectContaining({ isReachable: false, isAuthorised: null, mend: 'Nobody listens at the address. Correct the base URL.' })])
    expect((await call('DELETE', `/api/connections/${away}`)).status).toBe(204)
  })

  it('of a company that has proved nothing yet is counted apart, so that nobody shuts the account of the MSP by calling its host wrongly, or reads how it stands', async () => {
    const DESK = { ...DRAFT, auth: 'bearer', fields: {}, secrets: { token: SECRETS[3] }, baseUrl: `http://127.0.0.1:${await freePort()}` }
    const accountOf = async (made: string): Promise<string> => {
      const accounts: string[] = []
      const ctx = api.vault.contextOf(await api.vault.vault.peek(made), desk, {
        budget: { take: async ({ account }) => void accounts.push(account), answered: () => undefined }, signal: new AbortController().signal,
        origin: { companyId: null, incidentId: null, ticketId: null, who: { kind: 'system', id: 'test', name: 'test' }, urgency: 1, retries: 0 },
      })
      await expect(ctx.http.call({ method: 'GET', path: '/x', action: 'retrieved', reference: 'x' })).rejects.toMatchObject({ code: 'unreachable' })
      return accounts.join()
    }
    const { body: { id: theirs } } = await call<ConnectionMade>('POST', '/api/connections', { ...DESK, company: acme, name: 'theirs' })
    const { body: { id: ours } } = await call<ConnectionMade>('POST', '/api/connections', { ...DESK, name: 'ours' })
    expect(await accountOf(ours)).toBe(desk.account({ ...await api.vault.vault.peek(ours) }))
    expect(await accountOf(theirs)).not.toBe(await accountOf(ours))
    await api.database.query('update connections set enabled = true where id = $1', [theirs])
    expect(await accountOf(theirs)).toBe(await accountOf(ours))
    for (const made of [theirs, ours]) expect((await call('DELETE', `/api/connections/${made}`)).status).toBe(204)
  })

  it('lets go on what waited for it when it is put into use, and at no other change', async () => {
    const letGo: string[] = []
    const counted = openTicketDesk({ ...api.vault, ...UNCOUNTED, database: api.database, clock: systemClock, ceiling: 'production', mended: async (_connector, connection) => void letGo.push(connection.id) })
    const caller = { kind: 'token' as const, id: 'admin', name: 'admin', ip: null, scope: { role: 'msp_admin' as const, userId: 'admin', companyIds: 'all' as const } }
    const { connection: { enabled } } = await counted.update(caller, id, { enabled: false })
    expect([enabled, letGo]).toEqual([false, []])
    await counted.update(caller, id, { enabled: true })
    await counted.update(caller, id, { mapping: {} })
    expect(letGo).toEqual([id])
  })

  it('is left alone in mode demo', async () => {
    const demo = openTicketDesk({ ...api.vault, ...UNCOUNTED, database: api.database, clock: systemClock, ceiling: 'demo' })
    const caller = { kind: 'token' as const, id: 'admin', name: 'admin', ip: null, scope: { role: 'msp_admin' as const, userId: 'admin', companyIds: 'all' as const } }
    const calls = [server.asked.length, server.served.length]
    for (const work of [() => demo.check(caller, id), () => demo.connect(caller, id, 'http://aw.test/x'), () => demo.choices(caller, id), () => demo.users(caller, id, '')]) await expect(work()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('AW_MODE is demo') })
    await demo.status(caller, { probe: true })
    expect([server.asked.length, server.served.length]).toEqual(calls)
  })
})

describe('the call-back', () => {
  let id: string
  beforeAll(async () => {
    id = (await call<ConnectionMade>('POST', '/api/connections', { ...DRAFT, name: '<img src=x onerror=alert(1)>', baseUrl: server.url })).body.id
  })

  it('takes each state once, for a while, and only one of ours', async () => {
    const used = await browsed(id)
    expect((await callback(used)).status).toBe(200)
    const late = await browsed(id)
    await api.database.query(`update oauth_states set expires_at = now() - interval '1 second' where used_at is null`)
    const asked = server.asked.length
    const wrong = [used.search, late.search, '', '?state=', `?state=${'x'.repeat(43)}&code=y`, `?code=y`, '?state[]=a&state[]=b', `?state=${'x'.repeat(5_000)}`, `${used.search}&${used.search.slice(1)}`, '?state=%00&code=%00']
    for (const search of wrong) {
      const page = await callback({ search, cookie: used.cookie })
      expect([search.slice(0, 40), page.status]).toEqual([search.slice(0, 40), 400])
      expect(page.text).toContain('Nothing to connect')
    }
    expect(server.asked).toHaveLength(asked)
  })

  it('is begun on a page that says what is to be connected, and that anybody may look at: nothing changes before its button is pressed', async () => {
    const address = await begun(id)
    expect(address).toMatch(/^\/api\/oauth\/agree\?key=[\w-]{43}$/)
    const stored = async () => JSON.stringify([await api.database.query('select * from oauth_states order by state_hash'), await api.database.query('select count(*) from audit_log'), await api.database.query('select * from connections order by id')])
    const before = await stored()
    // A scanner of mail, a chat and a colleague look, then whoever is meant, twice.
    for (const method of ['HEAD', 'GET'] as const) expect((await visit(method, address)).status).toBe(200)
    const [theirs, mine] = [await opened(address), await opened(address)]
    expect(mine.page).toContain('asks you to connect an account at Desk')
    expect(mine.page).not.toContain('state=')
    expect(mine.setCookie).toMatch(/^aw_sign_in_[0-9a-f]{12}=[\w-]{43}; Path=\/api\/oauth; Max-Age=(600|599|598); HttpOnly; SameSite=Lax$/)
    expect((await opened(address, mine.cookie)).cookie).toBe(mine.cookie)
    expect(await stored()).toBe(before)
    expect(mine.headers).toMatchObject({ 'content-security-policy': expect.stringMatching(new RegExp(`^default-src 'none'; .*; form-action 'self' ${server.url} https:; frame-ancestors 'none'$`)), 'cache-control': 'no-store', 'referrer-policy': 'same-origin' })
    // Who presses first has it; the other browser finds it used, and so does the one itself for another key.
    const gone = await press(address, mine.cookie)
    expect([gone.status, gone.headers['location'], gone.headers['referrer-policy'], gone.headers['set-cookie']]).toEqual([303, expect.stringContaining(`${server.url}/authorize?`), 'no-referrer', undefined])
    for (const again of [await press(address, theirs.cookie), await visit('GET', address, { cookie: theirs.cookie }), await visit('GET', address)]) expect([again.status, again.text]).toEqual([400, expect.stringContaining('Nothing to connect')])
    for (const wrong of ['/api/oauth/agree', '/api/oauth/agree?key=x', '/api/oauth/agree?key[]=a&key[]=b', `/api/oauth/agree?key=${'x'.repeat(43)}`]) expect([(await visit('GET', wrong)).status, (await press(wrong, mine.cookie)).status]).toEqual([400, 400])
    // A button that is pressed twice, and one who goes back, go on to the same.
    expect((await press(address, mine.cookie)).headers['location']).toBe(gone.headers['location'])
    expect((await opened(address, mine.cookie)).cookie).toBe(mine.cookie)
    const back = { search: new URL(await server.browse(String(gone.headers['location']))).search, cookie: mine.cookie }
    expect((await callback(back)).status).toBe(200)
    expect((await press(address, mine.cookie)).status).toBe(400)
  })

  it('is gone on with from that page alone: a form of another site, or from nowhere, and a browser without its cookie use nothing up', async () => {
    const address = await begun(id)
    const { cookie } = await opened(address)
    const elsewhere = [
      {}, { origin: 'null' }, { origin: 'https://evil.test' }, { origin: 'http://aw.test.evil.test' }, { origin: 'http://aw.test:8080' }, { origin: 'not an origin' },
      ...['cross-site', 'same-site', 'none'].map((site) => ({ 'sec-fetch-site': site, origin: 'http://aw.test' })),
    ]
    for (const sent of elsewhere) {
      const refused = await press(address, cookie, sent)
      expect([sent, refused.status, refused.headers['location'], refused.text]).toEqual([sent, 403, undefined, expect.stringContaining('Nothing was changed')])
    }
    const forgetful = await press(address, 'theme=dark')
    expect([forgetful.status, forgetful.text]).toEqual([400, expect.stringContaining('kept no cookie')])
    // A browser that tells its origin alone, as over plain http.
    expect((await press(address, cookie, { origin: 'http://aw.test' })).status).toBe(303)
  })

  it('takes it from the browser alone that went on', async () => {
    const mine = await departed(await begun(id))
    // An attacker goes on and has somebody else agree, or has them bring back a code of the attacker's.
    const asked = server.asked.length
    const victim = await departed(await begun(id))
    const search = new URL(await server.browse(mine.url)).search
    for (const cookie of ['', victim.cookie, 'a=b; c; =; aw_sign_in_x']) {
      const page = await callback({ search, cookie })
      expect([page.status, page.text]).toEqual([400, expect.stringMatching(/not the browser|Nothing to connect/)])
    }
    expect([(await callback({ search, cookie: mine.cookie })).status, server.asked.length]).toEqual([400, asked])
    // Other cookies of ours beside it do no harm.
    const back = await browsed(id)
    expect((await callback({ ...back, cookie: `theme=dark; ${mine.cookie}; ${victim.cookie}; ${back.cookie}` })).status).toBe(200)
  })

  it('is over at once where whoever began it may no more', async () => {
    const made = await call<ConnectionMade>('POST', '/api/connections', { ...DRAFT, company: acme, name: 'theirs', baseUrl: server.url })
    const [admin, chief] = [await api.user('company_admin', [acme], 'ada'), await api.user('msp_admin', [], 'chief')]
    const begunBy = async (token: string): Promise<string> => (await call<{ url: string }>('POST', `/api/connections/${made.body.id}/connect`, {}, token)).body.url.replace('http://aw.test', '')
    const change = (body: object) => async (id: string) => expect((await call('PATCH', `/api/users/${id}`, body)).status).toBe(200)
    const others = (await api.company('Another of theirs')).id
    for (const [who, end] of [[admin, change({ companies: [others] })], [chief, change({ role: 'technician', companies: [acme] })], [await api.user('company_admin', [acme]), change({ disabled: true })], [await api.user('company_admin', [acme]), change({ password: 'another horse battery' })], [await api.user('company_admin', [acme]), async (id: string) => expect((await call('DELETE', `/api/users/${id}`)).status).toBe(204)]] as const) {
      const [looked, gone] = [await begunBy(who.token), await departed(await begunBy(who.token))]
      const page = await opened(looked)
      const search = new URL(await server.browse(gone.url)).search
      await end(who.id)
      expect([(await visit('GET', looked)).status, (await press(looked, page.cookie)).status, (await callback({ search, cookie: gone.cookie })).status]).toEqual([400, 400, 400])
    }
    expect((await one(made.body.id)).isConnected).toBe(false)
    // What somebody else began goes on.
    expect((await callback(await browsed(made.body.id))).status).toBe(200)
    expect((await call('DELETE', `/api/connections/${made.body.id}`)).status).toBe(204)
  })

  it('shows what the other side says as text, and a name that people gave as well', async () => {
    const denied = await callback(await browsed(id, false))
    expect(denied.status).toBe(400)
    expect(denied.text).toContain('access_denied: the person said &#60;b&#62;no&#60;/b&#62;')
    const { url, cookie, page: asking } = await departed(await begun(id))
    expect(asking).toContain('the connection &#60;img src=x')
    expect(asking).not.toContain('<img')
    const state = new URL(url).searchParams.get('state') ?? ''
    const hostile = '"><script>alert(1)</script>\u202e'
    const page = await callback({ search: `?${new URLSearchParams({ state, error: hostile, error_description: hostile }).toString()}`, cookie })
    expect(page.status).toBe(400)
    for (const text of [denied.text, page.text]) expect(text).not.toMatch(/<script|<img|<b>|\u202e/)
    // Nothing of an address that is not ours is repeated at all.
    const stranger = await callback({ search: `?${new URLSearchParams({ state: 'x'.repeat(43), error: hostile, code: 'a-code' }).toString()}`, cookie })
    expect(stranger.text).not.toMatch(/alert|a-code|xxx/)
  })

  it('lets nobody try states out', async () => {
    const pages: number[] = []
    // Twice as many as a minute allows, and some, in case one begins meanwhile.
    for (let turn = 0; turn < 130; turn++) pages.push((await callback({ search: `?state=${'y'.repeat(43)}&code=z`, cookie: '' })).status)
    expect(new Set(pages)).toEqual(new Set([400, 429]))
  })
})

it('lists every ticket system with its form, and tells which fields are secret', async () => {
  const { body } = await call<{ items: { id: string; fields: { name: string; isSecret: boolean }[]; steps: string[] }[] }>('GET', '/api/connectors')
  expect(body.items.map(({ id }) => id)).toEqual(['desk'])
  expect(body.items[0]?.fields.filter(({ isSecret }) => isSecret).map(({ name }) => name)).toEqual(['token', 'clientSecret'])
})

it('refuses a body that is none, and says every mistake of one', async () => {
  for (const body of [{}, { ...DRAFT, baseUrl: 'https://a.desk.test', secrets: { clientSecret: 5 } }, { ...DRAFT, baseUrl: 'https://a.desk.test', fields: { 'a b': 'x' } }, { ...DRAFT, baseUrl: 'https://a.desk.test', hello: 1 }]) expect((await call('POST', '/api/connections', body)).status).toBe(400)
  const { body, status: code } = await call<{ message: string }>('POST', '/api/connections', { ...DRAFT, baseUrl: 'http://a.desk.test', fields: { colour: 'red' }, secrets: { wrong: SECRETS[2] } })
  expect(code).toBe(400)
  for (const part of ['https://', 'clientId', 'clientSecret', 'no field colour', 'no secret wrong']) expect(body.message).toContain(part)
})

it('never gives a secret back: not in any answer, in the audit log, the record of calls, or a row', async () => {
  const [connection] = (await call<{ items: ConnectionView[] }>('GET', '/api/connections')).body.items
  await call('PATCH', `/api/connections/${connection!.id}`, { secrets: { clientSecret: SECRETS[2] } })
  const made = (await call<ConnectionMade>('PATCH', `/api/connections/${connection!.id}`, { webhookSecret: null })).body.webhookSecret ?? ''
  expect(made).toHaveLength(43)
  // It is shown that once, to whoever has to enter it in the ticket system.
  answered.pop()
  for (const { method, url } of api.routes.filter((route) => route.method === 'GET' && !route.url.includes(':') && route.url !== '/api/events')) await call(method, url)
  await call('GET', `/api/connections/${connection!.id}`)
  const [rows] = await api.database.query<{ text: string }>(`select (select json_agg(a)::text from audit_log a) || (select json_agg(c)::text from connections c) || coalesce((select json_agg(o)::text from oauth_states o), '') || coalesce((select json_agg(c)::text from outside_calls c), '') as text`)
  const all = JSON.stringify([answered, api.records, rows])
  expect(all).toContain('connection.connected')
  expect(server.given.filter((secret) => secret.startsWith('access-')).length).toBeGreaterThan(2)
  for (const secret of [...SECRETS, made, ...server.given]) for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, ''), Buffer.from(secret).toString('hex')]) expect(all.includes(form), form.slice(0, 12)).toBe(false)
  expect(server.faults).toEqual([])
})
