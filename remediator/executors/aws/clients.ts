/** One call to Amazon with the keys of a session: bounded in time, never tried again by the library. */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { S3Client } from '@aws-sdk/client-s3'
import { SSMClient } from '@aws-sdk/client-ssm'
import { isAborted } from '../../../schemas/clock.ts'
import { ExecutorError } from '../port.ts'
import { faultOf } from './faults.ts'
import type { Credentials, Sessions, SessionWish, Wire } from './sessions.ts'

const QUIET = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/** What a call has: a client of each kind for a region, and the signal it must hand on. */
export interface Called {
  readonly ssm: SSMClient
  readonly s3: () => S3Client
  readonly logs: () => CloudWatchLogsClient
  readonly abortSignal: AbortSignal
  /** As in the context of the call. */
  readonly turn?: (() => Promise<void>) | undefined
}

/** What is called, for what, and until when. */
export interface CallWish {
  readonly session: SessionWish
  readonly region: string
  /** In gerund, for errors. */
  readonly what: string
  readonly sends?: boolean
  readonly signal: AbortSignal
  /** As in the context of the call. */
  readonly turn?: (() => Promise<void>) | undefined
}

/** Makes calls under sessions. */
export class Caller {
  readonly #sessions: Sessions
  readonly #wire: Wire

  constructor(sessions: Sessions, wire: Wire) {
    this.#sessions = sessions
    this.#wire = wire
  }

  /** Calls with the session's keys. Throws ExecutorError alone; a session that is refused as over is forgotten, so that the next call makes a new one. */
  async call<T>({ session, region, what, sends = false, signal, turn }: CallWish, work: (called: Called) => Promise<T>): Promise<T> {
    const credentials = await this.#sessions.get(session, signal)
    if (isAborted(signal)) throw new ExecutorError('timeout', `${what}: the call was ended before it began`)
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(this.#wire.callTimeoutMs)])
    try {
      return await work({ ...this.#clients(session, region, credentials), abortSignal, turn })
    } catch (thrown) {
      const error = faultOf(thrown, { what, sends, secrets: [session.access.externalId, credentials.accessKeyId, credentials.secretAccessKey, credentials.sessionToken ?? ''] })
      if (error.fault === 'unauthorised') this.#sessions.drop(session)
      throw error
    }
  }

  #clients({ access }: SessionWish, region: string, credentials: Credentials): Omit<Called, 'abortSignal' | 'turn'> {
    const settings = { region, credentials, maxAttempts: 1, requestHandler: this.#wire.handler, logger: QUIET, ...(access.endpoint === null ? {} : { endpoint: access.endpoint }) }
    return { ssm: new SSMClient(settings), s3: () => new S3Client({ ...settings, forcePathStyle: access.endpoint !== null, followRegionRedirects: true }), logs: () => new CloudWatchLogsClient(settings) }
  }
}
