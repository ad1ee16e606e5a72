/**
 * Tokens for Google Cloud. A stored key signs them itself, without asking anybody; where nothing is stored, our own identity (the environment's default credentials) acts itself or
 * takes on a service account. Tokens are kept in memory until shortly before their end.
 */
import { createHash } from 'node:crypto'
import { GoogleAuth, JWT, type AuthClient } from 'google-auth-library'
import type { Clock } from '../../../schemas/clock.ts'
import { httpsCall } from '../https-call.ts'
import { ExecutorError, type CloudAccount } from '../port.ts'
import { gcpKey, type GcpSettings } from './settings.ts'

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
/** Tokens kept at most, the oldest goes first. */
const KEPT_MAX = 500
const SPARE_MS = 300_000
const OWN_KEPT_MS = 60_000

/** Gives tokens for accounts. */
export class GcpTokens {
  readonly #clock: Clock
  readonly #ca: string | undefined
  readonly #own: () => Promise<AuthClient>
  readonly #kept = new Map<string, { readonly token: string; readonly endsAtMs: number }>()

  /** `own`: our own identity; unless given, the environment's default credentials. */
  constructor(clock: Clock, ca: string | undefined, own: (() => Promise<AuthClient>) | undefined) {
    this.#clock = clock
    this.#ca = ca
    const auth = new GoogleAuth({ scopes: SCOPE })
    this.#own = own ?? (() => auth.getClient())
  }

  /** A token. Throws ExecutorError, and never tells the key. */
  async get(account: CloudAccount, settings: GcpSettings, signal: AbortSignal, isFresh = false): Promise<string> {
    const key = createHash('sha256').update(JSON.stringify([account.companyId, account.id, Object.entries(account.fields).sort()])).digest('hex')
    const kept = this.#kept.get(key)
    if (!isFresh && kept !== undefined && kept.endsAtMs - SPARE_MS > this.#clock.now()) return kept.token
    this.#kept.delete(key)
    const made = settings.identity === 'key' ? await this.#signed(account) : await this.#takenOn(settings, signal)
    this.#kept.set(key, made)
    const oldest = this.#kept.keys().next()
    if (this.#kept.size > KEPT_MAX && oldest.done === false) this.#kept.delete(oldest.value)
    return made.token
  }

  /** Forgets a token that was refused. */
  forget(account: CloudAccount): void {
    this.#kept.delete(createHash('sha256').update(JSON.stringify([account.companyId, account.id, Object.entries(account.fields).sort()])).digest('hex'))
  }

  async #signed(account: CloudAccount): Promise<{ readonly token: string; readonly endsAtMs: number }> {
    const { email, keyId, privateKey } = gcpKey(await opened(account))
    const client = new JWT({ email, key: privateKey, keyId, scopes: SCOPE })
    client.useJWTAccessWithScope = true
    try {
      const token = (await client.getRequestHeaders()).get('authorization')?.replace(/^Bearer /, '') ?? ''
      // The library signs for an hour.
      return { token, endsAtMs: this.#clock.now() + 3_600_000 }
    } catch {
      // What a broken key is broken by may quote it.
      throw new ExecutorError('unauthorised', 'the stored key cannot sign; store the whole file of the key again')
    }
  }

  /** `generateAccessToken` of IAM Credentials. The library has a class for it, which retries by itself and follows another universe than the endpoint says. */
  async #takenOn({ iam, serviceAccount }: GcpSettings, signal: AbortSignal): Promise<{ readonly token: string; readonly endsAtMs: number }> {
    const own = await this.#ownToken()
    // The library keeps its own token and renews it; asking it again costs nothing.
    if (serviceAccount === null) return { token: own, endsAtMs: this.#clock.now() + SPARE_MS + OWN_KEPT_MS }
    const called = await httpsCall(`${iam}/v1/projects/-/serviceAccounts/${encodeURIComponent(serviceAccount)}:generateAccessToken`, {
      method: 'POST', headers: { authorization: `Bearer ${own}`, 'content-type': 'application/json' }, body: JSON.stringify({ scope: [SCOPE], lifetime: '3600s' }), ca: this.#ca, maxBytes: 65_536, signal,
    })
    if (called.kind === 'lost') throw new ExecutorError('unavailable', `taking on the service account: no answer (${called.code})`)
    if (called.status === 429 || called.status >= 500) throw new ExecutorError(called.status === 429 ? 'throttled' : 'unavailable', `taking on the service account: the service takes no requests now (${called.status})`)
    if (called.status !== 200) throw new ExecutorError('unauthorised', `taking on the service account: refused (${called.status}); give our identity the role Service Account Token Creator on it`)
    const { accessToken, expireTime } = JSON.parse(called.text) as { accessToken?: string; expireTime?: string }
    if (accessToken === undefined || expireTime === undefined) throw new ExecutorError('unavailable', 'taking on the service account: the answer has no token')
    return { token: accessToken, endsAtMs: new Date(expireTime).getTime() }
  }

  async #ownToken(): Promise<string> {
    try {
      const { token } = await (await this.#own()).getAccessToken()
      if (typeof token === 'string' && token !== '') return token
    } catch {
      throw new ExecutorError('unauthorised', 'this program has no identity of its own in Google Cloud; set up default credentials, or store a key')
    }
    throw new ExecutorError('unauthorised', 'this program’s own identity in Google Cloud gives no token; set up default credentials, or store a key')
  }
}

async function opened(account: CloudAccount): Promise<string | null> {
  try {
    return await account.secret()
  } catch {
    throw new ExecutorError('unauthorised', 'the stored key of the Google Cloud account cannot be opened; store it again')
  }
}
