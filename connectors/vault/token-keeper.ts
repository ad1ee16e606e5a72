/**
 * Keeps the tokens of a connection fresh, one refresher at a time.
 *
 * In a process everybody who needs a new token joins the refresh under way; over processes a lease in the row lets one call. Who waits sees the new token in the
 * row. A refresh token that was rotated is stored before it is used. Where the answer to a refresh is lost the old refresh token is tried again while the access
 * token still works: many vendors answer that once more. What a vendor refuses for good puts the connection on hold, with how to mend.
 */
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Actor } from '../../schemas/records.ts'
import { ConnectorError, type ConnectorConfig, type Credentials } from '../port.ts'
import { clientIdOf, oauthAddress, type Grant, type TokenAnswer } from './oauth.ts'
import type { StoredConnection, TokensPort, TokenState, TokenTimes, Tokens } from './ports.ts'
import type { TokenRefusal, TokenRequest } from './token-call.ts'

/** How long before its end a token is renewed, in ms. */
export const REFRESH_BEFORE_MS = 300_000
/** A token that ends sooner is not handed out any more. */
const LEAST_LEFT_MS = 15_000
/** Longer than a call may take, so that a lease never ends under a call. */
const LEASE_MS = 60_000
const LOOK_EVERY_MS = 250
/** How long somebody waits for a refresh of another process. */
const WAIT_MS = 30_000
/** A token as young as this that is refused is not renewed again: it is not its age. */
const YOUNG_MS = 10_000
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 300_000
/** Client credentials that were refused are tried again by themselves: somebody may have mended the other side. */
const HELD_PAUSE_MS = 900_000

/** A connection with what is needed to get tokens for it. */
export interface TokenOwner extends StoredConnection {
  secrets(): Promise<Credentials>
}

/** What the keeper is made of. */
export interface KeeperParts {
  readonly tokens: TokensPort
  readonly configOf: (connector: string) => ConnectorConfig
  readonly call: (request: TokenRequest) => Promise<TokenAnswer | TokenRefusal>
  readonly clock: Clock
  /** Names this process among those that may hold a lease. */
  readonly holder: string
  readonly signal: AbortSignal
}

/** Makes the keeper of one process. Its methods throw ConnectorError and nothing else that is about the vendor. */
export function tokenKeeper(parts: KeeperParts) {
  const { tokens, clock } = parts
  const underWay = new Map<string, Promise<Tokens>>()

  /** Joins the refresh of the connection that is under way in this process, or begins one. */
  function refreshed(owner: TokenOwner, stale: string | null, who: Actor, isAsked: boolean): Promise<Tokens> {
    const known = underWay.get(owner.id)
    if (known !== undefined) return known
    const begun = refresh(parts, owner, stale, who, isAsked).finally(() => underWay.delete(owner.id))
    underWay.set(owner.id, begun)
    return begun
  }

  return {
    /** A token that works for a little while at least. `isAsked`: a person tries, so what is on hold is tried once more. */
    async access(owner: TokenOwner, who: Actor, isAsked: boolean): Promise<string> {
      const state = await tokens.read(owner.id)
      if (state.tokens !== null && isFresh(state, clock.now())) return state.tokens.accessToken
      try {
        return (await refreshed(owner, state.tokens?.accessToken ?? null, who, isAsked)).accessToken
      } catch (thrown) {
        throw unsent(thrown)
      }
    },

    /** After a 401 for `refused`: another token where there is one to be had. False: none, and the reason is in the row of the connection. */
    async renew(owner: TokenOwner, refused: string | null, who: Actor, isAsked: boolean): Promise<boolean> {
      const state = await tokens.read(owner.id)
      if (state.tokens !== null && state.tokens.accessToken !== refused && isFresh(state, clock.now())) return true
      if (state.tokens !== null && state.tokens.accessToken === refused && clock.now() - state.tokens.obtainedAtMs < YOUNG_MS) return false
      try {
        await refreshed(owner, refused ?? state.tokens?.accessToken ?? null, who, isAsked)
        return true
      } catch (thrown) {
        if (thrown instanceof ConnectorError) return false
        throw thrown
      }
    },

    /** Renews ahead of time, for the refresher. */
    async renewDue(owner: TokenOwner, who: Actor): Promise<void> {
      const state = await tokens.read(owner.id)
      await refreshed(owner, state.tokens?.accessToken ?? null, who, state.holdError !== null)
    },

    /** Resolves when no refresh of this process is under way. */
    async settled(): Promise<void> {
      await Promise.allSettled(underWay.values())
    },
  }
}

/** What is true of the token address must not be taken for the work the token is for: that was not sent. */
function unsent(thrown: unknown): unknown {
  if (!(thrown instanceof ConnectorError) || thrown.outcome !== 'unknown') return thrown
  return new ConnectorError('unreachable', thrown.message, { httpStatus: thrown.httpStatus, retryAfterMs: thrown.retryAfterMs })
}

/** The keeper. */
export type TokenKeeper = ReturnType<typeof tokenKeeper>

async function refresh(parts: KeeperParts, owner: TokenOwner, stale: string | null, who: Actor, isAsked: boolean): Promise<Tokens> {
  const { tokens, clock, holder, signal } = parts
  const untilMs = clock.now() + WAIT_MS
  for (;;) {
    const state = await tokens.hold(owner.id, holder, LEASE_MS)
    if (state !== null) return renewHeld(parts, owner, state, stale, who, isAsked)
    const seen = await tokens.read(owner.id)
    if (isOther(seen, stale, clock.now())) return seen.tokens
    if (clock.now() >= untilMs || isAborted(signal)) throw new ConnectorError('unreachable', 'another process is renewing the token of this connection and has not come back; it is tried again')
    await Promise.allSettled([clock.sleep(LOOK_EVERY_MS, signal)])
  }
}

/** With the lease held: looks once more, asks, and keeps what comes. Gives the lease back whatever happens. */
async function renewHeld(parts: KeeperParts, owner: TokenOwner, state: TokenState, stale: string | null, who: Actor, isAsked: boolean): Promise<Tokens> {
  const { tokens, clock, holder, call } = parts
  let isOver = false
  try {
    if (isOther(state, stale, clock.now())) return state.tokens
    const config = parts.configOf(owner.connector)
    if (state.holdError !== null && !isAsked) throw new ConnectorError('unauthorized', state.holdError)
    const grant = grantOf(owner, config, state)
    const request = await requestOf(owner, config, grant, who, state.tries)
    let answer: TokenAnswer | TokenRefusal
    try {
      answer = await call(request)
    } catch (thrown) {
      if (!(thrown instanceof ConnectorError)) throw thrown
      isOver = true
      const pauseMs = Math.max(thrown.retryAfterMs ?? 0, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(state.tries, 10)))
      await tokens.failed(owner.id, holder, { error: thrown.message, dueAtMs: clock.now() + pauseMs, isUnsure: grant.grant_type === 'refresh_token' && thrown.outcome === 'unknown' })
      // The old token may work on for a while: a refresh ahead of time that fails costs nobody anything.
      throw thrown
    }
    if ('error' in answer) {
      isOver = true
      const error = heldText(owner, config, grant, answer, state.isUnsure)
      await tokens.giveUp(owner.id, holder, error, owner.auth === 'oauth2_client' ? clock.now() + HELD_PAUSE_MS : null)
      throw new ConnectorError('unauthorized', error)
    }
    const next = tokensOf(answer, state.tokens, clock.now())
    isOver = await tokens.keep(owner.id, state.seen, next, timesOf(answer, clock.now()))
    if (!isOver) throw new ConnectorError('conflict', 'the connection was changed while its token was renewed; it is tried again')
    return next
  } finally {
    if (!isOver) await tokens.release(owner.id, holder)
  }
}

function grantOf(owner: TokenOwner, config: ConnectorConfig, { tokens }: TokenState): Grant {
  if (owner.auth === 'oauth2_client') {
    const scopes = owner.scopes.length > 0 ? owner.scopes : config.oauth?.defaultScopes ?? []
    return { grant_type: 'client_credentials', ...(scopes.length === 0 ? {} : { scope: scopes.join(config.oauth?.scopeSeparator ?? ' ') }) }
  }
  if (tokens === null) throw new ConnectorError('unauthorized', `nobody has agreed to this connection yet: ${again(owner)}`)
  if (tokens.refreshToken === null) throw new ConnectorError('unauthorized', `the token has ended and the vendor gave none to renew it: ${again(owner)}, and ask for a scope that allows it (offline access) so that it lasts`)
  return { grant_type: 'refresh_token', refresh_token: tokens.refreshToken }
}

/** Everything a call of the token address needs. Throws `misconfigured` in a sentence. */
export async function requestOf(owner: TokenOwner, config: ConnectorConfig, grant: Grant, who: Actor, retries: number): Promise<TokenRequest> {
  const url = config.oauth === undefined ? null : oauthAddress(config.oauth.tokenUrl, { baseUrl: owner.baseUrl, fields: owner.fields, hosts: config.hosts })
  const secrets = await secretsOf(owner)
  const clientId = clientIdOf(owner.fields, secrets)
  if (config.oauth === undefined || url === null || clientId === null) throw new ConnectorError('misconfigured', `the OAuth addresses of ${config.title} cannot be made of this connection’s fields: look at its base URL, its fields and its client id`)
  return { connection: owner, title: config.title, url, places: config.oauth, clientId, clientSecret: secrets['clientSecret'] ?? null, grant, who, retries }
}

/** The secrets; one that does not open, and a connection that was changed since it was opened, are told in the words of connectors. */
export async function secretsOf(owner: Pick<TokenOwner, 'secrets'>): Promise<Credentials> {
  try {
    return await owner.secrets()
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'config_invalid') throw new ConnectorError('misconfigured', `${thrown.message}; give the secrets of this connection anew`, { cause: thrown })
    if (thrown instanceof AppError && thrown.code === 'conflict') throw new ConnectorError('conflict', thrown.message, { cause: thrown })
    throw thrown
  }
}

/** The tokens to keep: an absent refresh token leaves the one there was. */
export function tokensOf(answer: TokenAnswer, before: Tokens | null, nowMs: number): Tokens {
  return { accessToken: answer.accessToken, refreshToken: answer.refreshToken ?? before?.refreshToken ?? null, scope: answer.scope ?? before?.scope ?? null, obtainedAtMs: nowMs }
}

/** When they end and are renewed: five minutes before, or half way through where they last less than ten. */
export function timesOf({ expiresInS }: Pick<TokenAnswer, 'expiresInS'>, nowMs: number): TokenTimes {
  if (expiresInS === null) return { expiresAtMs: null, dueAtMs: null }
  const lastsMs = expiresInS * 1_000
  return { expiresAtMs: nowMs + lastsMs, dueAtMs: nowMs + lastsMs - Math.min(REFRESH_BEFORE_MS, lastsMs / 2) }
}

function isFresh({ expiresAtMs }: TokenState, nowMs: number): boolean {
  return expiresAtMs === null || expiresAtMs - nowMs >= LEAST_LEFT_MS
}

/** Somebody else has put another token there that works. */
function isOther(state: TokenState, stale: string | null, nowMs: number): state is TokenState & { readonly tokens: Tokens } {
  return state.tokens !== null && state.tokens.accessToken !== stale && isFresh(state, nowMs)
}

const again = ({ connector, name }: TokenOwner): string => `\`aw connect ${connector} --name ${JSON.stringify(name)}\` prints an address at which somebody who may do so in the ticket system agrees`

/** Why nothing more can be had, and how to mend it. */
function heldText(owner: TokenOwner, { title }: ConnectorConfig, grant: Grant, { error, description }: TokenRefusal, isUnsure: boolean): string {
  const said = `${title} answered ${error}${description === '' ? '' : ` (${description})`}`
  if (error === 'invalid_client' || error === 'unauthorized_client') return `${said}: the client id or secret is wrong, has expired or lacks this way of logging in; make a new one there and give it with \`aw connect ${owner.connector} --name ${JSON.stringify(owner.name)} --secret clientSecret\``
  if (error === 'invalid_scope') return `${said}: the application there may not be given these scopes; allow them there, or set others on the connection`
  if (grant.grant_type === 'client_credentials') return `${said}: look at the OAuth application there, then check the connection`
  return isUnsure
    ? `${said}: the answer to an earlier refresh never came, and with it a new refresh token was lost; ${again(owner)}`
    : `${said}: the agreement has ended, was withdrawn there, or its refresh token was used by somebody else; ${again(owner)}`
}
