/**
 * Our signature schemes. Three header sets are read; every one that is present must be right, and a wrong one is refused even where none is required.
 *
 * | headers | signed text | key |
 * | --- | --- | --- |
 * | X-Timestamp, X-Signature: sha256=<hex> | timestamp "." body | the secret's text as it was shown, in UTF-8, any `whsec_` included |
 * | webhook-id, -timestamp, -signature: v1,<base64> … | id "." timestamp "." body | the secret without `whsec_`, decoded from base64 (Standard Webhooks) |
 * | X-Hub-Signature-256: sha256=<hex>, and a delivery id | body | as in the first row |
 *
 * The body is signed as sent; a compressed one also counts when the signature is over what it decompresses to, because some tools compress last.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { IngestCredential } from '../schemas/views.ts'
import { isSame, type AuthFailure } from './authenticate.ts'
import { MacKey } from './mac.ts'

/** How far a signed timestamp may be from our clock, in seconds. */
export const TIMESTAMP_TOLERANCE_S = 300
/** Signatures of one `webhook-signature` header that are tried. */
const SIGNATURES_MAX = 8
const STANDARD_SECRET_PREFIX = 'whsec_'
const HEX_CHARS = 64

/** What the signature headers of a request are worth. */
export type HmacVerdict = 'absent' | 'valid' | AuthFailure

/** Judges the signature headers over one form of the body. `hasDeliveryId`: whether the request names its delivery. */
export function verifyHmac(headers: IncomingHttpHeaders, body: Buffer, credential: IngestCredential, nowMs: number, hasDeliveryId: boolean): HmacVerdict {
  const own = one(headers['x-signature'])
  const standard = one(headers['webhook-signature'])
  const hub = one(headers['x-hub-signature-256'])
  if (own === undefined && standard === undefined && hub === undefined) return 'absent'
  const keys = keysOf(credential)
  let verdict: HmacVerdict = 'valid'
  if (own !== undefined) verdict = verifyOwn(own, one(headers['x-timestamp']), body, keys.text, nowMs)
  if (standard !== undefined && verdict === 'valid') verdict = verifyStandard(standard, one(headers['webhook-id']), one(headers['webhook-timestamp']), body, keys.standard, nowMs)
  if (hub !== undefined && verdict === 'valid') verdict = hasDeliveryId ? verifyHex(hub, '', body, keys.text) : 'delivery_id_missing'
  return verdict
}

function verifyOwn(signature: string, timestamp: string | undefined, body: Buffer, keys: readonly MacKey[], nowMs: number): HmacVerdict {
  const failure = timestampFailure(timestamp, nowMs)
  return failure ?? verifyHex(signature, `${timestamp}.`, body, keys)
}

function verifyHex(signature: string, prefix: string, body: Buffer, keys: readonly MacKey[]): HmacVerdict {
  if (signature.length !== 'sha256='.length + HEX_CHARS || !signature.startsWith('sha256=')) return 'signature_malformed'
  const given = signature.slice('sha256='.length).toLowerCase()
  for (const key of keys) if (isSame(given, key.sign(prefix, body, 'hex'))) return 'valid'
  return 'signature_wrong'
}

function verifyStandard(signatures: string, id: string | undefined, timestamp: string | undefined, body: Buffer, keys: readonly MacKey[], nowMs: number): HmacVerdict {
  if (id === undefined || id === '') return 'delivery_id_missing'
  const failure = timestampFailure(timestamp, nowMs)
  if (failure !== null) return failure
  const given = signatures.split(' ', SIGNATURES_MAX).filter((part) => part.startsWith('v1,')).map((part) => part.slice(3))
  if (given.length === 0) return 'signature_malformed'
  for (const key of keys) {
    const expected = key.sign(`${id}.${timestamp}.`, body, 'base64')
    for (const candidate of given) if (isSame(candidate, expected)) return 'valid'
  }
  return 'signature_wrong'
}

function timestampFailure(timestamp: string | undefined, nowMs: number): AuthFailure | null {
  if (timestamp === undefined || timestamp === '') return 'timestamp_missing'
  if (!/^\d{1,12}$/.test(timestamp)) return 'timestamp_malformed'
  return Math.abs(nowMs / 1000 - Number(timestamp)) <= TIMESTAMP_TOLERANCE_S ? null : 'timestamp_outside_tolerance'
}

interface Keys {
  readonly text: readonly MacKey[]
  readonly standard: readonly MacKey[]
}

/** Keys of a credential, made once: they go when the snapshot drops the credential. */
const keysByCredential = new WeakMap<IngestCredential, Keys>()

function keysOf(credential: IngestCredential): Keys {
  let keys = keysByCredential.get(credential)
  if (keys === undefined) {
    const secrets = credential.hmacSecrets.filter((secret) => secret !== '')
    keys = {
      text: secrets.map((secret) => new MacKey(Buffer.from(secret, 'utf8'))),
      standard: secrets.map(standardSecret).filter((secret) => secret.length > 0).map((secret) => new MacKey(secret)),
    }
    keysByCredential.set(credential, keys)
  }
  return keys
}

function standardSecret(secret: string): Buffer {
  return Buffer.from(secret.startsWith(STANDARD_SECRET_PREFIX) ? secret.slice(STANDARD_SECRET_PREFIX.length) : secret, 'base64')
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
