/**
 * Access tokens for Azure, kept in memory until shortly before their end. Without that every poll would open the stored secret and ask Entra ID again, which throttles. Only
 * tokens are kept, never a secret.
 */
import { createHash } from 'node:crypto'
import { ClientSecretCredential, ManagedIdentityCredential } from '@azure/identity'
import type { Clock } from '../../../schemas/clock.ts'
import { ExecutorError, type CloudAccount } from '../port.ts'
import { clean } from './faults.ts'
import { azureSecret, type AzureSettings } from './settings.ts'

/** A token and its end. */
export interface AzureToken {
  readonly token: string
  readonly expiresOnTimestamp: number
}

interface Kept {
  readonly token: Promise<AzureToken>
  /** Null while it is on its way. */
  endsAtMs: number | null
}

/** Tokens kept at most, the oldest goes first. */
const KEPT_MAX = 500
/** A token is not used in its last minutes: a call may be long on its way. */
const SPARE_MS = 300_000
const SENTENCES: Readonly<Record<string, string>> = {
  '7000215': 'the client secret is wrong; store the value of the secret, not its id', '7000222': 'the client secret has run out; make a new one and store it', '700016': 'the application is not known in this tenant; check clientId and tenantId',
  '90002': 'there is no such tenant; check tenantId', '900023': 'there is no such tenant; check tenantId', '65001': 'an administrator has not consented to the application', '7000112': 'the application is disabled', '53003': 'a conditional access policy refuses the application',
}

/** Gives tokens for accounts. */
export class AzureTokens {
  readonly #clock: Clock
  readonly #ca: string | undefined
  readonly #timeoutMs: number
  readonly #kept = new Map<string, Kept>()

  constructor(clock: Clock, ca: string | undefined, timeoutMs: number) {
    this.#clock = clock
    this.#ca = ca
    this.#timeoutMs = timeoutMs
  }

  /** A token for the scope. `isFresh`: a kept one will not do. Throws ExecutorError. */
  async get(account: CloudAccount, settings: AzureSettings, scope: string, isFresh = false): Promise<AzureToken> {
    const key = keyOf(account, scope)
    const kept = this.#kept.get(key)
    if (!isFresh && kept !== undefined && (kept.endsAtMs === null || kept.endsAtMs - SPARE_MS > this.#clock.now())) return kept.token
    const entry: Kept = { token: this.#ask(account, settings, scope), endsAtMs: null }
    this.#kept.delete(key)
    this.#kept.set(key, entry)
    const oldest = this.#kept.keys().next()
    if (this.#kept.size > KEPT_MAX && oldest.done === false) this.#kept.delete(oldest.value)
    try {
      const token = await entry.token
      entry.endsAtMs = token.expiresOnTimestamp
      return token
    } catch (thrown) {
      if (this.#kept.get(key) === entry) this.#kept.delete(key)
      throw thrown
    }
  }

  /** Forgets a token that was refused. */
  forget(account: CloudAccount, scope: string): void {
    this.#kept.delete(keyOf(account, scope))
  }

  async #ask(account: CloudAccount, settings: AzureSettings, scope: string): Promise<AzureToken> {
    const timeoutMs = this.#timeoutMs
    let answered: { status: number; retryAfter: string | undefined } | null = null
    const options = {
      retryOptions: { maxRetries: 0 }, ...(this.#ca === undefined ? {} : { tlsOptions: { ca: this.#ca } }),
      additionalPolicies: [{
        position: 'perRetry' as const,
        policy: {
          name: 'noteAnswer',
          sendRequest: async <Q extends { timeout: number }, A extends { status: number; headers: { get(name: string): string | undefined } }>(request: Q, next: (request: Q) => Promise<A>): Promise<A> => {
            request.timeout = timeoutMs
            const answer = await next(request)
            answered = { status: answer.status, retryAfter: answer.headers.get('retry-after') }
            return answer
          },
        },
      }],
    }
    try {
      if (settings.identity === 'managed') return await new ManagedIdentityCredential({ ...(settings.clientId === null ? {} : { clientId: settings.clientId }), ...options }).getToken(scope)
      const { clientSecret } = azureSecret(await openSecret(account))
      if (clientSecret === null) throw new ExecutorError('unauthorised', 'the Azure account has no client secret; store one, or set identity to managed')
      const credential = new ClientSecretCredential(settings.tenantId, settings.clientId ?? '', clientSecret, { ...options, authorityHost: settings.authority, disableInstanceDiscovery: settings.authority !== 'https://login.microsoftonline.com' })
      return await credential.getToken(scope)
    } catch (thrown) {
      if (thrown instanceof ExecutorError) throw thrown
      throw tokenFault(thrown, answered, settings.identity)
    }
  }
}

function tokenFault(thrown: unknown, answered: { readonly status: number; readonly retryAfter: string | undefined } | null, identity: string): ExecutorError {
  const message = thrown instanceof Error ? thrown.message : ''
  const number = /AADSTS(\d{4,8})/.exec(message)?.[1]
  if (answered !== null && (answered.status === 429 || answered.status >= 500)) {
    const seconds = Number(answered.retryAfter)
    return new ExecutorError(answered.status === 429 ? 'throttled' : 'unavailable', `asking Entra ID for a token: it takes no requests now (${answered.status})`, { retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : null })
  }
  if (number !== undefined) return new ExecutorError('unauthorised', `asking Entra ID for a token: ${SENTENCES[number] ?? 'it refuses the application'} (AADSTS${number})`)
  if (answered !== null && answered.status >= 400) return new ExecutorError('unauthorised', `asking Entra ID for a token: it refuses the application (${answered.status})`)
  if (identity === 'managed') return new ExecutorError('unauthorised', 'asking for a token: this machine has no managed identity; give it one, or use a client secret')
  return new ExecutorError('unavailable', `asking Entra ID for a token: no answer (${clean(thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'network')})`)
}

/** A token, or the reason of the signal where that comes first; whoever else waits for the token goes on waiting. */
export function orAborted<T>(waited: Promise<T>, signal: { readonly aborted: boolean; addEventListener(type: 'abort', listener: () => void): void; removeEventListener(type: 'abort', listener: () => void): void } | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('aborted'))
    if (signal?.aborted === true) stop()
    signal?.addEventListener('abort', stop)
    waited.then(resolve, reject).finally(() => signal?.removeEventListener('abort', stop))
  })
}

/** Opens the stored secret; what is wrong with the vault is told without its words. */
export async function openSecret(account: CloudAccount): Promise<string | null> {
  try {
    return await account.secret()
  } catch {
    throw new ExecutorError('unauthorised', 'the stored secret of the Azure account cannot be opened; store it again')
  }
}

/** The fields are in it: another client id is another token. Tenants never share one, because an account id is of one company. */
function keyOf({ companyId, id, fields }: CloudAccount, scope: string): string {
  return createHash('sha256').update(JSON.stringify([companyId, id, Object.entries(fields).sort(), scope])).digest('hex')
}
