import type { IncomingHttpHeaders } from 'node:http'
import { namesProof, namesTopic } from '../schemas/authentication.ts'
import type { Clock } from '../schemas/clock.ts'
import { toAppError } from '../schemas/errors.ts'
import type { IngestCredential } from '../schemas/views.ts'
import type { AuthFailure } from './authenticate.ts'
import { decompress, type BodyFault } from './body.ts'
import type { Door, DoorRequest, DoorServices, DoorVerdict, HandshakeAnswer } from './doors/door.ts'
import { verifyHmac, type HmacVerdict } from './hmac.ts'
import { judgeClientCertificate } from './proofs/client-certificate.ts'
import type { KeySets } from './proofs/key-sets.ts'
import { joined, judgeSettings, settingsBodySecret } from './proofs/settings-proofs.ts'
import type { IngestLog } from './ports.ts'
import type { RefusalCode } from './refusals.ts'
import { withoutSecrets } from './secrets.ts'

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
  /** Unpacked, and without a secret that travels inside it. */
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
  /** Keys of those whose tokens prove a sender. */
  readonly keySets: KeySets
  /** Whether what stands before us is a proxy we trust: only then does a header tell of a client certificate. */
  readonly isBehindProxy: boolean
  /** Most bytes a body may unpack to. */
  readonly bodyBytes: number
}

/**
 * Judges signatures. Ours goes first, and where it is present and right the vendor's door has nothing to prove; else the door says what the
 * vendor's own is worth, and the integration's settings which other proofs count. A present but wrong one is refused even where none is required,
 * and a client certificate that the settings name must be there whatever else is. Without door, settings and packed body the answer comes at once, not
 * as a promise: that is nearly every request.
 */
export function prove(request: Unproven, services: ProofServices): Proven | Unauthorized | Promise<Outcome> {
  const { credential, headers } = request
  const encoding = headers['content-encoding']
  const door = services.doorOf(request.source)
  const hmac = verifyHmac(headers, request.body, credential, request.nowMs, request.senderId !== null)
  if (encoding !== undefined || door !== undefined || namesProof(credential.authentication)) return proveSlowly(request, services, hmac, encoding ?? 'identity', door)
  return conclude(hmac, 'absent', request.body, idOf(request, hmac), null, credential.requireHmac)
}

async function proveSlowly(request: Unproven, services: ProofServices, wireHmac: HmacVerdict, encoding: string, door: Door | undefined): Promise<Outcome> {
  const { credential, headers, nowMs, senderId } = request
  const { authentication, vendorSecrets, hmacSecrets } = credential
  // Only a wrong digest may come right over the unpacked body; a bad timestamp stays one, and need not cost an unpacking.
  if (wireHmac !== 'absent' && wireHmac !== 'valid' && wireHmac !== 'signature_wrong') return { kind: 'unauthorized', failure: wireHmac, detail: null }
  const single = oneValueEach(headers)
  const certificate = authentication.clientCertificate === null ? null : judgeClientCertificate(authentication.clientCertificate, single, services.isBehindProxy)
  if (certificate === 'absent') return { kind: 'unauthorized', failure: 'certificate_missing', detail: null }
  if (typeof certificate === 'object' && certificate !== null) return { kind: 'unauthorized', failure: 'certificate_wrong', detail: reasonOf(certificate) }
  const body = await decompress(request.body, encoding, services.bodyBytes)
  if (!Buffer.isBuffer(body)) return refusedBody(body)
  const hmac = wireHmac === 'signature_wrong' ? verifyHmac(headers, body, credential, nowMs, senderId !== null) : wireHmac
  const doorServices: DoorServices = { clock: services.clock, httpGet: services.httpGet }
  const doorRequest: DoorRequest = { headers: single, rawBody: body, vendorSecrets, hmacSecrets }
  let vendor: DoorVerdict = 'absent'
  let settings: DoorVerdict = 'absent'
  if (hmac === 'absent') {
    const asked = await ask(async () => ({
      vendor: door === undefined ? 'absent' as const : await door.verify(doorRequest, doorServices),
      settings: await judgeSettings(authentication, doorRequest, services.keySets, doorServices),
    }), services)
    if ('kind' in asked) return asked
    vendor = asked.vendor === 'valid' && door?.signedFor !== undefined ? judgeSignedFor(door.signedFor(doorRequest), credential) : asked.vendor
    settings = asked.settings
  }
  if (typeof settings === 'object' && 'invalid' in settings && !(typeof vendor === 'object' && 'invalid' in vendor)) return { kind: 'unauthorized', failure: 'proof_wrong', detail: settings.invalid }
  const verdict = joined([vendor, settings, certificate ?? 'absent'])
  const handshake = door?.handshake === undefined ? null : () => ask(async () => (await door.handshake?.(doorRequest, doorServices, vendor)) ?? null, services)
  // An id that the vendor did not sign is only text in the body: two different messages that carry the same one must both count.
  const vendorId = vendor === 'valid' ? door?.deliveryId?.(doorRequest) ?? null : null
  const inBody = [door?.bodySecret?.(doorRequest), settingsBodySecret(authentication, doorRequest)].filter((secret) => typeof secret === 'string')
  const isRequired = credential.requireHmac || namesProof(authentication) || (door !== undefined && vendorSecrets.length > 0)
  const id = door?.isIdSigned === true ? vendorId ?? idOf(request, hmac) : idOf(request, hmac) ?? vendorId
  return conclude(hmac, verdict, inBody.length === 0 ? body : withoutSecrets(body, inBody), id, handshake, isRequired)
}

/** The sender's name for the delivery. One that is signed goes before one that is not, or a copy of the request would be taken as often as it is given another. */
function idOf({ headers, senderId }: Unproven, hmac: HmacVerdict): string | null {
  const signedId = hmac === 'valid' && headers['webhook-signature'] !== undefined ? headers['webhook-id'] : undefined
  return typeof signedId === 'string' ? signedId : senderId
}

/** What the signature of a vendor is worth that signs for all its customers alike. */
function judgeSignedFor(whom: string, { authentication, source }: IngestCredential): DoorVerdict {
  if (authentication.snsTopics.length > 0) return namesTopic(authentication, whom) ? 'valid' : { invalid: 'the topic is none of snsTopics' }
  return source !== null ? 'valid' : { unverified: 'the vendor signs for everybody alike: bind the integration to this source, or name whose messages count in authentication.snsTopics' }
}

function conclude(hmac: HmacVerdict, vendor: DoorVerdict, body: Buffer, senderId: string | null, handshake: Proven['handshake'], isRequired: boolean): Proven | Unauthorized {
  if (hmac !== 'absent' && hmac !== 'valid') return { kind: 'unauthorized', failure: hmac, detail: null }
  if (typeof vendor === 'object' && 'invalid' in vendor) return { kind: 'unauthorized', failure: 'vendor_signature_wrong', detail: vendor.invalid }
  const isSigned = hmac === 'valid' || vendor === 'valid'
  if (!isSigned && isRequired) return { kind: 'unauthorized', failure: 'signature_missing', detail: typeof vendor === 'object' ? vendor.unverified : null }
  return { kind: 'proven', body, senderId, isSigned, handshake }
}

function reasonOf(verdict: Exclude<DoorVerdict, string>): string {
  return 'invalid' in verdict ? verdict.invalid : verdict.unverified
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
