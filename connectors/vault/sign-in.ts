/**
 * A person agrees in a browser: an address of ours, the vendor's, what the browser brings back, and the exchange of the code (RFC 6749 4.1, with PKCE, RFC 7636).
 *
 * A state says who began, not whose browser it is. So the address we give is our own: it tells what is about to be connected and for whom. Whoever presses its button goes on to the
 * vendor's, and what follows is bound to their browser. What comes back to another one is nothing: nobody can be sent to the vendor past that page, nor be made to bring back somebody
 * else's code. Looking at the page changes nothing, for scanners of mail and previews of chats look too.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { ConnectorError, type ConnectorConfig, type Credentials, type OAuthPlaces } from '../port.ts'
import { cut } from '../text.ts'
import { authorizeAddress, clientIdOf, oauthAddress, type TokenAnswer } from './oauth.ts'
import type { ConnectionsPort, GivenSignIn, SignInsPort, SignIn, StoredConnection } from './ports.ts'
import type { TokenRefusal, TokenRequest } from './token-call.ts'
import { requestOf, secretsOf, timesOf, tokensOf } from './token-keeper.ts'

/** What came of a sign-in, for the page a person sees. Texts may repeat what the vendor said and are to be escaped. */
export interface SignInAnswer {
  readonly ok: boolean
  readonly title: string
  readonly text: string
  /** The connection that has tokens by now, and in whose name. */
  readonly connected?: { readonly id: string; readonly caller: Caller }
}

/** What is shown to whoever opens the address, and what their browser is to keep and send when they go on and come back. */
export interface SignInOffer {
  readonly ok: true
  readonly title: string
  readonly text: string
  /** Origin of the vendor's address. */
  readonly origin: string
  readonly browser: { readonly value: string; readonly isSecure: boolean; readonly seconds: number }
}

/** Where whoever goes on is sent: the vendor's address. */
export interface SignInDeparture {
  readonly ok: true
  readonly url: string
}

/** What a browser brings to the address: its key, and what it kept of it. */
export interface Visit {
  readonly key?: string
  readonly browser?: string
}

const RANDOM_BYTES = 32
const SAID_CHARS = 300
const GONE: SignInAnswer = { ok: false, title: 'Nothing to connect', text: 'This address was used, perhaps in another browser, is over, or was never given: a sign-in lasts ten minutes and works once, in one browser. Begin again with aw connect, or in the console. Nothing was changed.' }

const STRANGE: SignInAnswer = { ok: false, title: 'Not connected', text: 'This is not the browser in which somebody went on from the address of this sign-in, or it keeps no cookies. Nothing was changed. Open the address that aw connect prints, and go on from there in the same browser. If you opened no such address, somebody else wanted your account to be connected: take the access you just gave away again there.' }

type Owned = StoredConnection & { secrets(): Promise<Credentials> }

const FORGETFUL: SignInAnswer = { ok: false, title: 'Not connected', text: 'This browser kept no cookie of the page you came from, so nobody could tell that it is the same that comes back. Nothing was changed, and the address still works: allow cookies for this site, or open the address in another browser.' }

/** What sign-ins are made of. */
export interface SignInParts {
  readonly connections: ConnectionsPort
  readonly states: SignInsPort
  readonly configOf: (connector: string) => ConnectorConfig
  readonly call: (request: TokenRequest) => Promise<TokenAnswer | TokenRefusal>
  readonly clock: Clock
}

/** The parts of a sign-in, in their order. */
export function signIns({ connections, states, configOf, call, clock }: SignInParts) {
  const departure = async (connection: Owned) => {
    const config = configOf(connection.connector)
    return { config, place: await placeOf(connection, config) }
  }

  return {
    /** Begins one: the key of the address a person opens. Throws `not_found`, `conflict` where nobody has to agree, `bad_request` where the vendor's address cannot be made. */
    async connect(caller: Caller, id: string, redirectUri: string): Promise<{ readonly key: string; readonly expiresAt: string }> {
      const { auth } = await connections.get(caller.scope, id)
      if (auth !== 'oauth2_code') throw new AppError('conflict', `this connection proves itself by ${auth}, for which nobody has to agree in a browser: check it`)
      // Who begins learns of what is wrong, not who opens it.
      const connection = await connections.open(id, { purpose: 'connect', caller })
      const config = told(() => configOf(connection.connector))
      if (await placeOf(connection, config) === null) throw new AppError('bad_request', `the address of ${config.title} at which a person agrees cannot be made of this connection’s fields: look at its base URL, its fields and its client id`)
      const key = random()
      return { key, expiresAt: await states.begin(key, { connectionId: id, redirectUri, caller }) }
    },

    /** What an address is for, as often as anybody looks, until it is used; the browser that used it may look on. */
    async offer({ key, browser }: Visit): Promise<SignInOffer | SignInAnswer> {
      if (key === undefined) return GONE
      const signIn = await states.given(key) ?? (browser === undefined ? null : await states.look(stateOf(key, browser)))
      if (signIn === null) return GONE
      return ended(async () => {
        // Nothing is noted of those who only look.
        const connection = await connections.peek(signIn.connectionId)
        const { config, place } = await departure(connection)
        if (place === null) return changed(connection)
        return {
          ok: true, title: `Connect ${config.title}?`, origin: place.url.origin,
          browser: { value: browser ?? random(), isSecure: signIn.redirectUri.startsWith('https:'), seconds: Math.max(1, Math.ceil((signIn.expiresAtMs - clock.now()) / 1_000)) },
          text: `${plain(signIn.caller.name)} asks you to connect an account at ${config.title} with ${whatOf(connection, config, signIn)}. Whoever manages that connection then works there as the account you agree with. Go on only if you know what this is for and trust who sent you here.`,
        }
      })
    },

    /** Goes on from an address, once; the browser that did may do so again, as when a button is pressed twice. */
    async agree({ key, browser }: Visit): Promise<SignInDeparture | SignInAnswer> {
      if (key === undefined) return GONE
      if (browser === undefined) return FORGETFUL
      const state = stateOf(key, browser)
      const signIn = await states.open(key, state, { verifier: random(), browser: markOf(browser).toString('base64url') }) ?? await states.look(state)
      if (signIn === null) return GONE
      return ended(async () => {
        const connection = await connections.open(signIn.connectionId, { purpose: 'connect', caller: signIn.caller })
        const { place } = await departure(connection)
        if (place === null) return changed(connection)
        const scopes = connection.scopes.length > 0 ? connection.scopes : place.oauth.defaultScopes
        return { ok: true, url: authorizeAddress(place.url, place.oauth, { clientId: place.clientId, redirectUri: signIn.redirectUri, state, verifier: signIn.verifier, scopes }) }
      })
    },

    /** Ends one. The state is the proof that we began it, and what the browser kept that it is the one that was told; the state is used up by this, whatever comes of it. */
    async callback({ state, code, error, errorDescription, browsers = [] }: Returning): Promise<SignInAnswer> {
      const signIn = state === undefined ? null : await states.take(state)
      if (signIn === null) return GONE
      if (!isBound(signIn, browsers)) return STRANGE
      const { connectionId, verifier, redirectUri, caller } = signIn
      return ended(async () => {
        const connection = await connections.open(connectionId, { purpose: 'connect', caller })
        const config = configOf(connection.connector)
        const name = `${plain(connection.name)} (${config.title})`
        if (error !== undefined || code === undefined) {
          const said = cut(plain([error ?? 'no code', errorDescription ?? ''].filter((part) => part !== '').join(': ')), SAID_CHARS)
          return { ok: false, title: 'Not connected', text: `${config.title} did not give its consent for ${name}. It said: ${said}. Begin again when that is mended; nothing was changed.` }
        }
        const who = { kind: caller.kind, id: caller.id, name: caller.name }
        const answer = await call(await requestOf(connection, config, { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }, who, 0))
        if ('error' in answer) return { ok: false, title: 'Not connected', text: `${config.title} refused to give tokens for ${name}. It said: ${answer.error}${answer.description === '' ? '' : `: ${answer.description}`}. Look at client id, client secret and the call-back address of the application there (${redirectUri}), then begin again.` }
        if (!await states.finish(caller, connectionId, connection.version, tokensOf(answer, null, clock.now()), timesOf(answer, clock.now()))) return { ok: false, title: 'Not connected', text: `${name} was changed while you were away: begin again.` }
        const lasts = answer.refreshToken === null ? ' The vendor gave no token to renew it with, so it ends by itself: ask for a scope of offline access if it shall last.' : ''
        return { ok: true, title: 'Connected', text: `${name} is connected, as ${plain(caller.name)} asked: ${whatOf(connection, config, signIn)}.${lasts}`, connected: { id: connectionId, caller } }
      })
    },
  }
}

/** What a browser brings back. */
export interface Returning {
  readonly state?: string
  readonly code?: string
  readonly error?: string
  readonly errorDescription?: string
  /** What it kept of addresses it opened. */
  readonly browsers?: readonly string[]
}

/** Where a person agrees; null where it cannot be made of the connection's fields. Throws AppError. */
async function placeOf(connection: Owned, { oauth, hosts }: ConnectorConfig): Promise<{ readonly url: URL; readonly oauth: OAuthPlaces; readonly clientId: string } | null> {
  const url = oauth === undefined ? null : oauthAddress(oauth.authorizeUrl, { baseUrl: connection.baseUrl, fields: connection.fields, hosts })
  const clientId = clientIdOf(connection.fields, await secretsOf(connection))
  return oauth === undefined || url === null || clientId === null ? null : { url, oauth, clientId }
}

function whatOf({ name, baseUrl }: StoredConnection, { title }: ConnectorConfig, { company }: GivenSignIn): string {
  return `the connection ${plain(name)} to ${title} at ${new URL(baseUrl).host}, ${company === null ? 'the MSP’s own for all its companies' : `for the company ${plain(company)}`}`
}

function changed({ name }: StoredConnection): SignInAnswer {
  return { ok: false, title: 'Not connected', text: `${plain(name)} was changed meanwhile: begin again.` }
}

/** What somebody is told where it fails. */
async function ended<T>(work: () => Promise<T>): Promise<T | SignInAnswer> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return { ok: false, title: 'Not connected', text: `${thrown.message}. Begin again.` }
    if (thrown instanceof AppError && thrown.code === 'not_found') return GONE
    throw thrown
  }
}

/** Made of both, so that who gave the address does not know the state. */
function stateOf(key: string, browser: string): string {
  return createHash('sha256').update(`${key}.${browser}`).digest('base64url')
}

function markOf(browser: string): Buffer {
  return createHash('sha256').update(browser).digest()
}

function isBound({ browser }: SignIn, browsers: readonly string[]): boolean {
  const mark = Buffer.from(browser, 'base64url')
  return browsers.some((one) => mark.length === 32 && timingSafeEqual(markOf(one), mark))
}

/** Names are people's to give: what turns or hides text is left out. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
}

function random(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url')
}

function told<T>(work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof ConnectorError) throw new AppError('bad_request', thrown.message, { cause: thrown })
    throw thrown
  }
}
