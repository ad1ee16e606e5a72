/**
 * An authorization server as strict as the best of them, over real HTTP: PKCE is demanded and checked, a code works once and only with the call-back it was asked
 * for, refresh tokens rotate, and one that comes again revokes everything of its family (RFC 9700, 4.14.2). It can lose answers, be slow, refuse, and say nothing.
 * Beside it lives a small API that takes its access tokens.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How it is set up. */
export interface OAuthServerOptions {
  readonly clientId: string
  /** Null: a public client. */
  readonly clientSecret: string | null
  /** How the client must prove itself at the token address. */
  readonly clientAuth: 'basic' | 'body'
  /** How long access tokens last, in seconds; null leaves it unsaid. */
  readonly lastsSeconds?: number | null
  /** An old refresh token may come this often again and gets the same answer; 0, the strictest, revokes its family. */
  readonly grace?: number
  /** No refresh token is given. */
  readonly withoutRefresh?: boolean
  /** Where it listens; `/authorize` and `/token` unless told. */
  readonly paths?: { readonly authorize: string; readonly token: string }
  /** What its tokens are for, in place of the small API: calls with a good one are handed on there, with a proof that is taken there. */
  readonly api?: { readonly origin: string; readonly authorization: string }
  readonly now: () => number
}

/** What goes wrong with the next call of the token address. `lost_before`: nothing was done; `lost_after`: it was done, and the answer never comes. */
export type TokenTrouble = 'lost_before' | 'lost_after' | { readonly status: number; readonly body: string; readonly contentType?: string; readonly headers?: Readonly<Record<string, string>> }

interface Family { isRevoked: boolean; readonly scope: string }
interface Refresh { readonly family: Family; isUsed: boolean; repeats: number; answer: string | null }

/** A running server. */
export interface OAuthServer {
  readonly url: string
  /** Forms that came to the token address, newest last. */
  readonly asked: readonly Readonly<Record<string, string>>[]
  /** Most calls of the token address that were under way at once. */
  readonly atOnce: number
  /** Every token and code it ever gave: none of them may stand in an answer, log or record of ours. */
  readonly given: readonly string[]
  /** Calls of the small API, and whether their token was taken. */
  readonly served: readonly { readonly path: string; readonly ok: boolean }[]
  /** What came that no client should send. */
  readonly faults: readonly string[]
  trouble(trouble: TokenTrouble): void
  /** Answers of the token address are held until `release`; `taken` resolves when a call has come. */
  slow(): { readonly taken: Promise<void>; release(): void }
  /** A person opens the authorize address and agrees, or does not; answers where the browser is sent. */
  browse(address: string, agrees?: boolean): Promise<string>
  /** All access tokens given so far stop working; with `all` the refresh tokens too. */
  revoke(what: 'access' | 'all'): void
  isValid(accessToken: string): boolean
  close(): Promise<void>
}

/** Starts it on a free port. */
export async function startOAuthServer(options: OAuthServerOptions): Promise<OAuthServer> {
  const { clientId, clientSecret, clientAuth, now, paths = { authorize: '/authorize', token: '/token' } } = options
  const codes = new Map<string, { redirectUri: string; challenge: string; scope: string; family: Family | null }>()
  const refreshes = new Map<string, Refresh>()
  const access = new Map<string, { family: Family; untilMs: number | null }>()
  const asked: Record<string, string>[] = []
  const [given, faults]: [string[], string[]] = [[], []]
  const served: { path: string; ok: boolean }[] = []
  const troubles: TokenTrouble[] = []
  let [underWay, atOnce] = [0, 0]
  let gate: { taken: () => void; open: Promise<unknown> } | null = null

  const isValid = (token: string): boolean => {
    const found = access.get(token)
    return found !== undefined && !found.family.isRevoked && (found.untilMs === null || found.untilMs > now())
  }
  const fresh = (kind: string): string => {
    const made = `${kind}-${randomUUID()}`
    given.push(made)
    return made
  }
  const issue = (family: Family, withRefresh: boolean): string => {
    const lasts = options.lastsSeconds === undefined ? 3_600 : options.lastsSeconds
    const token = fresh('access')
    access.set(token, { family, untilMs: lasts === null ? null : now() + lasts * 1_000 })
    const refresh = withRefresh && options.withoutRefresh !== true ? fresh('refresh') : null
    if (refresh !== null) refreshes.set(refresh, { family, isUsed: false, repeats: 0, answer: null })
    return JSON.stringify({ access_token: token, token_type: 'Bearer', scope: family.scope, ...(lasts === null ? {} : { expires_in: lasts }), ...(refresh === null ? {} : { refresh_token: refresh }) })
  }
  const refused = (error: string, description: string, status = 400): { status: number; body: string } => ({ status, body: JSON.stringify({ error, error_description: description }) })

  const exchange = (form: Record<string, string>): { status: number; body: string } => {
    const code = codes.get(form['code'] ?? '')
    if (code === undefined) return refused('invalid_grant', `no such code: ${form['code'] ?? ''}`)
    if (code.family !== null) {
      code.family.isRevoked = true
      return refused('invalid_grant', 'the code was used: everything it gave is revoked')
    }
    if (form['redirect_uri'] !== code.redirectUri) return refused('invalid_grant', 'another redirect_uri')
    if (createHash('sha256').update(form['code_verifier'] ?? '').digest('base64url') !== code.challenge) return refused('invalid_grant', 'the verifier does not fit the challenge')
    code.family = { isRevoked: false, scope: code.scope }
    return { status: 200, body: issue(code.family, true) }
  }
  const renew = (text: string): { status: number; body: string } => {
    const refresh = refreshes.get(text)
    if (refresh === undefined || refresh.family.isRevoked) return refused('invalid_grant', `the refresh token ${text} is not valid`)
    if (!refresh.isUsed) {
      refresh.isUsed = true
      refresh.answer = issue(refresh.family, true)
      return { status: 200, body: refresh.answer }
    }
    if (refresh.repeats < (options.grace ?? 0) && refresh.answer !== null) {
      refresh.repeats += 1
      return { status: 200, body: refresh.answer }
    }
    refresh.family.isRevoked = true
    return refused('invalid_grant', 'the refresh token was used before: everything of its family is revoked')
  }
  const token = (headers: IncomingMessage['headers'], form: Record<string, string>): { status: number; body: string } => {
    const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1]
    const [user = '', password = ''] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString().split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
    if (clientSecret !== null && (basic !== undefined) !== (clientAuth === 'basic')) faults.push(`the client proves itself by ${basic === undefined ? 'body' : 'basic'}, not ${clientAuth}`)
    const proof = basic !== undefined ? [user, password] : [form['client_id'] ?? '', form['client_secret'] ?? '']
    if (proof[0] !== clientId || (clientSecret !== null && proof[1] !== clientSecret)) return refused('invalid_client', `client authentication failed for ${proof[1] ?? ''}`, 401)
    if (form['grant_type'] === 'client_credentials') return { status: 200, body: issue({ isRevoked: false, scope: form['scope'] ?? '' }, false) }
    if (form['grant_type'] === 'authorization_code') return exchange(form)
    return form['grant_type'] === 'refresh_token' ? renew(form['refresh_token'] ?? '') : refused('unsupported_grant_type', '')
  }

  const authorize = (url: URL, response: ServerResponse): void => {
    const query = Object.fromEntries(url.searchParams)
    const wrong = [
      ...(query['client_id'] === clientId ? [] : ['client_id']), ...(query['response_type'] === 'code' ? [] : ['response_type']), ...(query['code_challenge_method'] === 'S256' && /^[\w-]{43}$/.test(query['code_challenge'] ?? '') ? [] : ['code_challenge']),
      ...((query['state'] ?? '').length >= 32 ? [] : ['state']), ...(URL.canParse(query['redirect_uri'] ?? '') ? [] : ['redirect_uri']),
    ]
    if (wrong.length > 0) {
      faults.push(`authorize: ${wrong.join(', ')}`)
      return void response.writeHead(400, { 'content-type': 'text/plain' }).end(`wrong: ${wrong.join(', ')}`)
    }
    const back = new URL(query['redirect_uri']!)
    back.searchParams.set('state', query['state']!)
    if (query['agrees'] === 'no') {
      back.searchParams.set('error', 'access_denied')
      back.searchParams.set('error_description', 'the person said <b>no</b>')
    } else {
      const code = fresh('code')
      codes.set(code, { redirectUri: query['redirect_uri']!, challenge: query['code_challenge']!, scope: query['scope'] ?? '', family: null })
      back.searchParams.set('code', code)
    }
    response.writeHead(302, { location: back.href }).end()
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://oauth.test')
    let text = ''
    for await (const part of request) text += String(part)
    if (request.method === 'GET' && url.pathname === paths.authorize) return authorize(url, response)
    if (url.pathname !== paths.token || request.method !== 'POST') {
      const ok = isValid(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '')
      served.push({ path: url.pathname, ok })
      if (ok && options.api !== undefined) {
        const { 'content-type': contentType, accept } = request.headers
        const answer = await fetch(`${options.api.origin}${request.url ?? '/'}`, { method: request.method ?? 'GET', headers: { authorization: options.api.authorization, ...(contentType === undefined ? {} : { 'content-type': contentType }), accept: accept ?? '*/*' }, ...(text === '' ? {} : { body: text }) })
        return void response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' }).end(Buffer.from(await answer.arrayBuffer()))
      }
      return void response.writeHead(ok ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(ok ? { user: 'api', path: url.pathname } : { error: 'unauthorized' }))
    }
    if (!(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) faults.push('the token address takes forms')
    const form = Object.fromEntries(new URLSearchParams(text))
    asked.push(form)
    underWay += 1
    atOnce = Math.max(atOnce, underWay)
    try {
      const trouble = troubles.shift()
      if (trouble === 'lost_before') return void request.socket.destroy()
      const held = gate
      held?.taken()
      if (typeof trouble === 'object') return void response.writeHead(trouble.status, { 'content-type': trouble.contentType ?? 'application/json', ...trouble.headers }).end(trouble.body)
      const answer = token(request.headers, form)
      if (held !== null) await held.open
      if (trouble === 'lost_after') return void request.socket.destroy()
      response.writeHead(answer.status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(answer.body)
    } finally {
      underWay -= 1
    }
  }
  const server = createServer((request, response) => void handle(request, response).catch((thrown: unknown) => {
    faults.push(String(thrown))
    response.destroy()
  }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url, asked, given, served, faults, isValid,
    get atOnce() {
      return atOnce
    },
    trouble: (trouble) => void troubles.push(trouble),
    slow() {
      const [taken, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      gate = { taken: taken.resolve, open: open.promise }
      return {
        taken: taken.promise,
        release: () => {
          gate = null
          open.resolve()
        },
      }
    },
    async browse(address, agrees = true) {
      const answer = await fetch(`${address}${agrees ? '' : '&agrees=no'}`, { redirect: 'manual' })
      const location = answer.headers.get('location')
      if (location === null) throw new Error(`the browser was sent nowhere: ${answer.status} ${await answer.text()}`)
      return location
    },
    revoke(what) {
      access.clear()
      if (what === 'all') for (const refresh of refreshes.values()) refresh.family.isRevoked = true
    },
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
