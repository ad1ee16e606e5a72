import type { Clock } from '../../schemas/clock.ts'

/**
 * A door is what we know of one vendor at the HTTP edge: how it signs, shakes hands and wants to be answered.
 *
 * The route's order: (1) the API key names company and integration; (2) where our own HMAC is present and right, the door is not asked to
 * prove anything; (3) else `verify` says what the vendor's own proof is worth: `valid` counts like our HMAC, `absent` and
 * `unverified` leave the decision to the integration's settings, `invalid` is a 401 whose reason stands only in the log; (4) `handshake` is asked after the proof was accepted.
 */
export interface Door {
  /** The vendor's scheme, for logs: `aws-sns`. */
  readonly id: string
  /** Checks the vendor's own signature. Throws only AppError with a retry class (a certificate host that does not answer); the route says 503. */
  verify(request: DoorRequest, services: DoorServices): Promise<DoorVerdict>
  /** Answers a message that is about the subscription and carries no alert; null for every other message, which then goes to the log. */
  handshake?(request: DoorRequest, services: DoorServices, verdict: DoorVerdict): Promise<HandshakeAnswer | null>
  /** The vendor's own id of this delivery, the same on each retry; null where it gives none. `X-Delivery-ID` and `webhook-id` go before it unless it is signed, and it counts only where `verify` said `valid`. */
  deliveryId?(request: DoorRequest): string | null
  /** True where the id is part of what the vendor signs: it then goes before `X-Delivery-ID` too, which whoever repeats the message could make up. */
  readonly isIdSigned?: true
  /**
   * Where the vendor signs for all its customers with one key: on whose behalf it signed this, as its signature vouches for. Such a signature proves a sender only
   * to an integration that names those it means, or at least is bound to the vendor's source.
   */
  signedFor?(request: DoorRequest): string
  /** A secret that travels inside the body, as it stands there, so that it can be blotted out before the body is kept; null where there is none. */
  bodySecret?(request: DoorRequest): string | null
}

/** One request as a door sees it. */
export interface DoorRequest {
  /** Lower-case names, one value each. */
  readonly headers: Readonly<Record<string, string>>
  /** The body exactly as received, decompressed. */
  readonly rawBody: Buffer
  /** Live secrets that the vendor shares with the company, newest first: two while one replaces the other. */
  readonly vendorSecrets: readonly string[]
  /** Live HMAC secrets of the integration, which a company may have typed into a tool that lets it choose; never compared with what is sent in the clear. */
  readonly hmacSecrets: readonly string[]
}

/**
 * `absent`: the request carries no proof of this vendor. `invalid`: it carries one that is wrong. `unverified`: it carries one that nothing is known to
 * check by, which proves nothing and refutes nothing. The reasons are for the log, never for the answer.
 */
export type DoorVerdict = 'absent' | 'valid' | { readonly invalid: string } | { readonly unverified: string }

/** What to answer instead of 202. The body is JSON. */
export interface HandshakeAnswer {
  readonly statusCode: number
  readonly body: Readonly<Record<string, unknown>>
}

/** What a door needs of the world; tests hand in their own. */
export interface DoorServices {
  readonly clock: Clock
  /** GET without credentials, redirects refused, bounded in time and size. Rejects when the host does not answer; any status resolves. */
  httpGet(url: URL): Promise<HttpGetAnswer>
}

/** Status and body (at most 64 KB are read). */
export interface HttpGetAnswer {
  readonly statusCode: number
  readonly text: string
}
