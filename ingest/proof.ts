import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../schemas/clock.ts'
import { toAppError } from '../schemas/errors.ts'
import type { IngestCredential } from '../schemas/views.ts'
import type { AuthFailure } from './authenticate.ts'
import { decompress, type BodyFault } from './body.ts'
import type { Door, DoorRequest, DoorServices, DoorVerdict, HandshakeAnswer } from './doors/door.ts'
import { verifyHmac, type HmacVerdict } from './hmac.ts'
import type { IngestLog } from './ports.ts'
import type { RefusalCode } from './refusals.ts'

/** A request whose key is known, before its signature is. */
export interface Unproven {
  readonly credential: IngestCredential
  readonly source: string
  readonly headers: IncomingHttpHeaders
  /** As sent. */
  readonly body: Buffer
  /** The sender's name for the delivery. */
  readonly senderId: string | null
  readonly nowMs: number
}

/** A request that is who it says. */
export interface Proven {
  readonly kind: 'proven'
  /** Unpacked. */
  readonly body: Buffer
  readonly senderId: string | null
  /** False where the integration lets unsigned deliveries in. */
  readonly isSigned: boolean
  /** What the vendor's door answers instead of us, once the company's limit has let the request through. */
  readonly handshake: (() => Promise<HandshakeAnswer | null | Refused>) | null
}

/** Not who it says; the reason is for the log. */
export interface Unauthorized {
  readonly kind: 'unauthorized'
  readonly failure: AuthFailure
  readonly detail: string | null
}

/** Another refusal, as an outcome. */
export interface Refused {
  readonly kind: 'refused'
  readonly code: RefusalCode
  readonly message: string
}

/** What became of judging. */
export type Outcome = Proven | Unauthorized | Refused

/** What proving needs of the world. */
export interface ProofServices {
  readonly doorOf: (source: string) => Door | undefined
  readonly httpGet: DoorServices['httpGet']
  readonly clock: Clock
  readonly report: IngestLog
  /** Most bytes a body may unpack to. */
  readonly bodyBytes: number
}

/**
 * Judges signatures. Ours goes first, and where it is present and right the vendor's door has nothing to prove; else the door says what the
 * vendor's own is worth. A present but wrong signature is refused even where none is required. Without door and packed body the answer comes
 * at once, not as a promise: that is nearly every request.
 */
export function prove(request: Unproven, services: ProofServices): Proven | Unauthorized | Promise<Outcome> {
  const { credential, headers } = request
  const encoding = headers['content-encoding']
  const door = services.doorOf(request.source)
  const hmac = verifyHmac(headers, request.body, credential, request.nowMs, request.senderId !== null)
  if (encoding !== undefined || door !== undefined) return proveSlowly(request, services, hmac, encoding ?? 'identity', door)
  return conclude(hmac, 'absent', request, request.body, request.senderId, null)
}

async function proveSlowly(request: Unproven, services: ProofServices, wireHmac: HmacVerdict, encoding: string, door: Door | undefined): Promise<Outcome> {
  const { credential, headers, nowMs, senderId } = request
  // Only a wrong digest may come right over the unpacked body; a bad timestamp stays one, and need not cost an unpacking.
  if (wireHmac !== 'absent' && wireHmac !== 'valid' && wireHmac !== 'signature_wrong') return conclude(wireHmac, 'absent', request, request.body, senderId, null)
  const body = await decompress(request.body, encoding, services.bodyBytes)
  if (!Buffer.isBuffer(body)) return refusedBody(body)
  const hmac = wireHmac === 'signature_wrong' ? verifyHmac(headers, body, credential, nowMs, senderId !== null) : wireHmac
  if (door === undefined) return conclude(hmac, 'absent', request, body, senderId, null)
  const doorServices: DoorServices = { clock: services.clock, httpGet: services.httpGet }
  const doorRequest: DoorRequest = { headers: oneValueEach(headers), rawBody: body, secret: credential.hmacSecrets[0] ?? null }
  let verdict: DoorVerdict = 'absent'
  if (hmac === 'absent') {
    // During a rotation any live secret may have signed.
    for (const secret of credential.hmacSecrets.length === 0 ? [null] : credential.hmacSecrets) {
      const asked = await ask(() => door.verify({ ...doorRequest, secret }, doorServices), services)
      if (typeof asked === 'object' && 'kind' in asked) return asked
      verdict = asked
      if (typeof verdict === 'string') break
    }
  }
  const handshake = door.handshake === undefined ? null : () => ask(async () => (await door.handshake?.(doorRequest, doorServices, verdict)) ?? null, services)
  // An id that the vendor did not sign is only text in the body: two different messages that carry the same one must both count.
  const vendorId = verdict === 'valid' ? door.deliveryId?.(doorRequest) ?? null : null
  return conclude(hmac, verdict, request, body, senderId ?? vendorId, handshake)
}

function conclude(hmac: HmacVerdict, vendor: DoorVerdict, request: Unproven, body: Buffer, senderId: string | null, handshake: Proven['handshake']): Proven | Unauthorized {
  if (hmac !== 'absent' && hmac !== 'valid') return { kind: 'unauthorized', failure: hmac, detail: null }
  if (typeof vendor === 'object') return { kind: 'unauthorized', failure: 'vendor_signature_wrong', detail: vendor.invalid }
  const isSigned = hmac === 'valid' || vendor === 'valid'
  if (!isSigned && request.credential.requireHmac) return { kind: 'unauthorized', failure: 'signature_missing', detail: null }
  return { kind: 'proven', body, senderId, isSigned, handshake }
}

/** A door fails only because the vendor's host does; the sender shall come again. */
async function ask<T>(call: () => Promise<T>, services: ProofServices): Promise<T | Refused> {
  try {
    return await call()
  } catch (thrown) {
    const error = toAppError(thrown, 'asking the vendor’s door')
    services.report.warn({ code: error.code, error: error.message }, 'a vendor’s signature or handshake could not be settled')
    return { kind: 'refused', code: 'engine_unavailable', message: 'What proves the sender cannot be fetched now. Try again after Retry-After.' }
  }
}

function refusedBody(fault: BodyFault): Refused {
  return { kind: 'refused', code: fault.code, message: fault.message }
}

function oneValueEach(headers: IncomingHttpHeaders): Record<string, string> {
  const single: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) single[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return single
}
