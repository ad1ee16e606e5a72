/** A person agrees in a browser: the authorize address, what the browser brings back, and the exchange of the code (RFC 6749 4.1, with PKCE, RFC 7636). */
import { randomBytes } from 'node:crypto'
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { ConnectorError, type ConnectorConfig } from '../port.ts'
import { cut } from '../text.ts'
import { authorizeAddress, clientIdOf, oauthAddress, type TokenAnswer } from './oauth.ts'
import type { ConnectionsPort, SignInsPort } from './ports.ts'
import type { TokenRefusal, TokenRequest } from './token-call.ts'
import { requestOf, secretsOf, timesOf, tokensOf } from './token-keeper.ts'

/** What came of a sign-in, for the page a person sees. Texts may repeat what the vendor said and are to be escaped. */
export interface SignInAnswer {
  readonly ok: boolean
  readonly title: string
  readonly text: string
}

const RANDOM_BYTES = 32
const SAID_CHARS = 300
const GONE: SignInAnswer = { ok: false, title: 'Nothing to connect', text: 'This address was used, is over, or was never given: a sign-in lasts ten minutes and works once. Begin again with aw connect, or in the console. Nothing was changed.' }

/** What sign-ins are made of. */
export interface SignInParts {
  readonly connections: ConnectionsPort
  readonly states: SignInsPort
  readonly configOf: (connector: string) => ConnectorConfig
  readonly call: (request: TokenRequest) => Promise<TokenAnswer | TokenRefusal>
  readonly clock: Clock
}

/** The two halves of a sign-in. */
export function signIns({ connections, states, configOf, call, clock }: SignInParts) {
  return {
    /** Begins one: the address a person opens. Throws `not_found`, `conflict` where nobody has to agree, `bad_request` where the address cannot be made. */
    async connect(caller: Caller, id: string, redirectUri: string): Promise<{ readonly url: string; readonly expiresAt: string }> {
      const { auth } = await connections.get(caller.scope, id)
      if (auth !== 'oauth2_code') throw new AppError('conflict', `this connection proves itself by ${auth}, for which nobody has to agree in a browser: check it`)
      const connection = await connections.open(id, { purpose: 'connect', caller })
      const { oauth, hosts, title } = told(() => configOf(connection.connector))
      const url = oauth === undefined ? null : oauthAddress(oauth.authorizeUrl, { baseUrl: connection.baseUrl, fields: connection.fields, hosts })
      const clientId = clientIdOf(connection.fields, await secretsOf(connection))
      if (oauth === undefined || url === null || clientId === null) throw new AppError('bad_request', `the address of ${title} at which a person agrees cannot be made of this connection’s fields: look at its base URL, its fields and its client id`)
      const [state, verifier] = [random(), random()]
      const expiresAt = await states.begin(state, { connectionId: id, verifier, redirectUri, caller })
      return { url: authorizeAddress(url, oauth, { clientId, redirectUri, state, verifier, scopes: connection.scopes.length > 0 ? connection.scopes : oauth.defaultScopes }), expiresAt }
    },

    /** Ends one. The state is the proof that we began it; it is used up by this, whatever comes of it. */
    async callback({ state, code, error, errorDescription }: { readonly state?: string; readonly code?: string; readonly error?: string; readonly errorDescription?: string }): Promise<SignInAnswer> {
      const signIn = state === undefined ? null : await states.take(state)
      if (signIn === null) return GONE
      const { connectionId, verifier, redirectUri, caller } = signIn
      try {
        const connection = await connections.open(connectionId, { purpose: 'connect', caller })
        const config = configOf(connection.connector)
        const name = `${connection.name} (${config.title})`
        if (error !== undefined || code === undefined) {
          const said = cut([error ?? 'no code', errorDescription ?? ''].filter((part) => part !== '').join(': ').replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' '), SAID_CHARS)
          return { ok: false, title: 'Not connected', text: `${config.title} did not give its consent for ${name}. It said: ${said}. Begin again when that is mended; nothing was changed.` }
        }
        const who = { kind: caller.kind, id: caller.id, name: caller.name }
        const answer = await call(await requestOf(connection, config, { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }, who, 0))
        if ('error' in answer) return { ok: false, title: 'Not connected', text: `${config.title} refused to give tokens for ${name}. It said: ${answer.error}${answer.description === '' ? '' : `: ${answer.description}`}. Look at client id, client secret and the call-back address of the application there (${redirectUri}), then begin again.` }
        if (!await states.finish(caller, connectionId, connection.version, tokensOf(answer, null, clock.now()), timesOf(answer, clock.now()))) return { ok: false, title: 'Not connected', text: `${name} was changed while you were away: begin again.` }
        const lasts = answer.refreshToken === null ? ' The vendor gave no token to renew it with, so it ends by itself: ask for a scope of offline access if it shall last.' : ''
        return { ok: true, title: 'Connected', text: `${name} is connected, as ${caller.name} asked.${lasts} You may close this page; check the connection and switch it on next.` }
      } catch (thrown) {
        if (thrown instanceof ConnectorError) return { ok: false, title: 'Not connected', text: `${thrown.message}. Begin again.` }
        if (thrown instanceof AppError && thrown.code === 'not_found') return GONE
        throw thrown
      }
    },
  }
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
