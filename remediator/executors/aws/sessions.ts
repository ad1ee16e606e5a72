/** Sessions of assumed roles: kept in memory until shortly before they end, made by one at a time, never written anywhere. */
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Clock } from '../../../schemas/clock.ts'
import { ExecutorError } from '../port.ts'
import type { AwsAccess } from './access.ts'
import { faultOf } from './faults.ts'

/** Keys of a session, or of this program itself. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Which session is wanted. */
export interface SessionWish {
  readonly access: AwsAccess
  /** Where the role is asked for. */
  readonly region: string
  /** Shown in the account's own audit trail; cut to what Amazon takes. */
  readonly name: string
  /** Company, run and runbook. */
  readonly tags: Readonly<Record<string, string>>
  /** Null: all the role may do. */
  readonly policy: string | null
}

/** Library settings that every client shares. */
export interface Wire {
  readonly handler: NodeHttpHandler
  /** Null: Amazon's default chain. */
  readonly credentials: Credentials | (() => Promise<Credentials>) | null
  readonly callTimeoutMs: number
}

const DURATION_SECONDS = 3600
const RENEWED_BEFORE_MS = 5 * 60_000
const SESSIONS_MAX = 1000
const QUIET = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

interface Kept { readonly made: Promise<{ readonly credentials: Credentials; readonly endsAtMs: number }>; endsAtMs: number }

/** Sessions over Amazon's token service. */
export class Sessions {
  readonly #wire: Wire
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()
  readonly #clients = new Map<string, STSClient>()

  constructor(wire: Wire, clock: Clock) {
    this.#wire = wire
    this.#clock = clock
  }

  /** Keys of the session that is wanted. Whoever asks while it is made waits for the same one; ending one's own wait does not end it for the others. */
  async get(wish: SessionWish, signal: AbortSignal): Promise<Credentials> {
    const key = keyOf(wish)
    let kept = this.#kept.get(key)
    if (kept === undefined || kept.endsAtMs - RENEWED_BEFORE_MS <= this.#clock.now()) {
      const fresh: Kept = { made: this.#assume(wish), endsAtMs: Number.MAX_SAFE_INTEGER }
      fresh.made.then(({ endsAtMs }) => void (fresh.endsAtMs = endsAtMs), () => {
        if (this.#kept.get(key) === fresh) this.#kept.delete(key)
      })
      this.#kept.delete(key)
      this.#kept.set(key, fresh)
      for (const oldest of this.#kept.keys()) {
        if (this.#kept.size <= SESSIONS_MAX) break
        this.#kept.delete(oldest)
      }
      kept = fresh
    }
    return (await waited(kept.made, signal)).credentials
  }

  /** Forgets a session that Amazon no longer takes. */
  drop(wish: SessionWish): void {
    this.#kept.delete(keyOf(wish))
  }

  /** Asks for the role as its trust policy must not allow: without the external id. Answers whether it was given all the same. */
  async isOpenToAll(wish: SessionWish, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#client(wish).send(new AssumeRoleCommand({ RoleArn: wish.access.roleArn, RoleSessionName: sessionName(wish.name), DurationSeconds: 900 }), { abortSignal: this.#bounded(signal) })
      return true
    } catch (thrown) {
      const error = faultOf(thrown, { what: `asking for the role of account ${wish.access.accountId} without its external id`, sends: false, secrets: [wish.access.externalId] })
      if (error.fault === 'forbidden') return false
      throw error
    }
  }

  /** Who this program is for Amazon, as an ARN. */
  async self(wish: Pick<SessionWish, 'access' | 'region'>, signal: AbortSignal): Promise<string> {
    try {
      return (await this.#client(wish).send(new GetCallerIdentityCommand({}), { abortSignal: this.#bounded(signal) })).Arn ?? 'nobody'
    } catch (thrown) {
      throw faultOf(thrown, { what: 'asking who this program is', sends: false, secrets: [] })
    }
  }

  #bounded(signal: AbortSignal | null): AbortSignal {
    const limit = AbortSignal.timeout(this.#wire.callTimeoutMs)
    return signal === null ? limit : AbortSignal.any([signal, limit])
  }

  #client({ access, region }: Pick<SessionWish, 'access' | 'region'>): STSClient {
    const key = `${region} ${access.endpoint ?? ''}`
    const known = this.#clients.get(key)
    if (known !== undefined) return known
    const { handler, credentials } = this.#wire
    const client = new STSClient({ region, maxAttempts: 1, requestHandler: handler, logger: QUIET, ...(access.endpoint === null ? {} : { endpoint: access.endpoint }), ...(credentials === null ? {} : { credentials }) })
    this.#clients.set(key, client)
    return client
  }

  async #assume(wish: SessionWish): Promise<{ credentials: Credentials; endsAtMs: number }> {
    const { access, name, tags, policy } = wish
    try {
      const { Credentials: given } = await this.#client(wish).send(new AssumeRoleCommand({
        RoleArn: access.roleArn, RoleSessionName: sessionName(name), ExternalId: access.externalId, DurationSeconds: DURATION_SECONDS,
        Tags: Object.entries(tags).map(([Key, value]) => ({ Key, Value: tagValue(value) })), ...(policy === null ? {} : { Policy: policy }),
      }), { abortSignal: this.#bounded(null) })
      if (given?.AccessKeyId === undefined || given.SecretAccessKey === undefined || given.SessionToken === undefined) throw new ExecutorError('unavailable', `assuming the role of account ${access.accountId}: the answer holds no keys`)
      return { credentials: { accessKeyId: given.AccessKeyId, secretAccessKey: given.SecretAccessKey, sessionToken: given.SessionToken }, endsAtMs: given.Expiration?.getTime() ?? this.#clock.now() }
    } catch (thrown) {
      const error = faultOf(thrown, { what: `assuming the role of account ${access.accountId}`, sends: false, secrets: [access.externalId] })
      if (error.fault !== 'forbidden') throw error
      throw new ExecutorError('forbidden', `${error.message}. Its trust policy must name this program’s own identity, the external id of this cloud account, and both sts:AssumeRole and sts:TagSession`)
    }
  }
}

/** Ends the wait, not the work, when the signal aborts. */
async function waited<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = (): ExecutorError => new ExecutorError('timeout', 'assuming the role: the call was ended before it was answered')
  if (signal.aborted) throw ended()
  let stop = (): void => undefined
  try {
    return await Promise.race([work, new Promise<never>((_resolve, reject) => {
      stop = () => reject(ended())
      signal.addEventListener('abort', stop, { once: true })
    })])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function keyOf({ access, name, tags, policy }: SessionWish): string {
  return JSON.stringify([access.roleArn, access.externalId, access.endpoint, name, tags, policy])
}

/** 2 to 64 of the characters Amazon takes. */
export function sessionName(text: string): string {
  return `aw-${text.replace(/[^\w+=,.@-]/g, '-')}`.slice(0, 64)
}

function tagValue(text: string): string {
  return text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, 256)
}
