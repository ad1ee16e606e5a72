/** One call of Azure Resource Manager: the SDK's client with our token, our time limit and no retries, and errors as ours. */
import { ComputeManagementClient } from '@azure/arm-compute'
import { httpsCall, type Called } from '../https-call.ts'
import { ExecutorError, type CallContext } from '../port.ts'
import { azureFault, failedOf } from './faults.ts'
import { azureSettings, type AzureSettings } from './settings.ts'
import { orAborted, type AzureTokens } from './tokens.ts'

/** How calls are made; the default where a member is absent. */
export interface AzureWire {
  /** PEM of an authority to trust beside none else; absent: those of the machine. */
  readonly ca?: string
  /** Longest wait for one answer (30,000). */
  readonly callTimeoutMs?: number
}

/** What was seen on the wire. */
interface Seen {
  isOnWire: boolean
  retryAfterMs: number | null
  /** Body of the last answer, where that was an error: the SDK does not tell it of every call. */
  errorText: string | null
}

/** Calls Azure for one account. */
export class AzureSession {
  readonly settings: AzureSettings
  readonly context: CallContext
  readonly tokens: AzureTokens
  readonly #seen: Seen = { isOnWire: false, retryAfterMs: null, errorText: null }
  readonly #client: ComputeManagementClient
  readonly #callTimeoutMs: number
  readonly #ca: string | undefined

  constructor(context: CallContext, tokens: AzureTokens, wire: AzureWire, isFresh = false) {
    this.context = context
    this.settings = azureSettings(context.account)
    this.tokens = tokens
    this.#callTimeoutMs = wire.callTimeoutMs ?? 30_000
    this.#ca = wire.ca
    const { endpoint, scope } = this.settings
    const seen = this.#seen
    const host = new URL(endpoint).host
    this.#client = new ComputeManagementClient({ getToken: (_scopes, options) => orAborted(tokens.get(context.account, this.settings, scope, isFresh), options?.abortSignal) }, this.settings.subscriptionId, {
      endpoint, credentials: { scopes: [scope] }, retryOptions: { maxRetries: 0 }, redirectOptions: { maxRetries: 0 }, ...(wire.ca === undefined ? {} : { tlsOptions: { ca: wire.ca } }),
      additionalPolicies: [{
        position: 'perRetry',
        policy: {
          name: 'guardAddress',
          async sendRequest(request, next) {
            // Addresses of operations and pages come from answers; the token goes to nobody but Azure.
            const to = new URL(request.url)
            if (to.protocol !== 'https:' || to.host !== host && !to.host.endsWith(`.${host}`)) throw new ExecutorError('invalid', `Azure names ${to.host} to go on with, which is not ${host}; nothing was sent there`)
            await context.turn?.()
            seen.isOnWire = true
            const answer = await next(request)
            seen.retryAfterMs = retryAfterMs(answer.headers.get('retry-after'))
            seen.errorText = answer.status >= 400 ? answer.bodyAsText ?? null : null
            return answer
          },
        },
      }],
    })
  }

  /** Reads an address that is none of Resource Manager's, the end of it at most; null where it does not answer. */
  async get(address: string, headers: Readonly<Record<string, string>>, maxBytes: number): Promise<Extract<Called, { kind: 'answer' }> | null> {
    await this.context.turn?.()
    const called = await httpsCall(address, { headers, ca: this.#ca, maxBytes, signal: AbortSignal.any([this.context.signal, AbortSignal.timeout(this.#callTimeoutMs)]) })
    return called.kind === 'answer' ? called : null
  }

  /** How long the last answer asks to wait. */
  get retryAfterMs(): number | null {
    return this.#seen.retryAfterMs
  }

  /** Makes a call. `what` in the gerund; `changes`: whether it may leave something behind. Throws ExecutorError alone. */
  async call<T>(what: string, changes: boolean, make: (client: ComputeManagementClient, signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = AbortSignal.timeout(this.#callTimeoutMs)
    const signal = AbortSignal.any([this.context.signal, limit])
    this.#seen.isOnWire = false
    this.#seen.retryAfterMs = null
    this.#seen.errorText = null
    try {
      return await make(this.#client, signal)
    } catch (thrown) {
      if (thrown instanceof ExecutorError) throw thrown
      const failed = failedOf(thrown, this.#seen.errorText, this.#seen.retryAfterMs)
      if (failed.status === 401) this.tokens.forget(this.context.account, this.settings.scope)
      throw azureFault(what, failed, { changes, wasOnWire: this.#seen.isOnWire, isTimeout: signal.aborted })
    }
  }
}

/** Seconds, or a date, which is not read: the caller has its own back-off. */
function retryAfterMs(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : null
}
