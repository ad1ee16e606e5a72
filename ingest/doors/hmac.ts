import { createHmac, timingSafeEqual } from 'node:crypto'
import type { DoorRequest, DoorVerdict } from './door.ts'

/** How a vendor writes the HMAC of a body. */
export interface HmacScheme {
  readonly algorithm: 'sha1' | 'sha256' | 'sha512'
  readonly encoding: 'hex' | 'base64'
  /** True where the vendor makes the secret: without one of its own stored, a signature that fits none of ours says nothing. */
  readonly isVendorMade?: boolean
}

/** Signatures looked at in one header; vendors send two while a secret rotates. */
const CANDIDATES_MAX = 8
const DIGEST_BYTES = { sha1: 20, sha256: 32, sha512: 64 } as const

/** Judges the signatures a vendor sent against every live secret, in constant time for each pair. `absent` without a signature. */
export function judgeHmac(scheme: HmacScheme, request: DoorRequest, signed: readonly (Buffer | string)[], candidates: readonly string[]): DoorVerdict {
  if (candidates.length === 0) return 'absent'
  const secrets = [...request.vendorSecrets, ...request.hmacSecrets].filter((secret) => secret !== '')
  const given = candidates.slice(0, CANDIDATES_MAX).map((candidate) => digestOf(candidate, scheme))
  let fits = false
  for (const secret of secrets) {
    const hmac = createHmac(scheme.algorithm, secret)
    for (const part of signed) hmac.update(part)
    const expected = hmac.digest()
    for (const digest of given) if (digest !== null && timingSafeEqual(digest, expected)) fits = true
  }
  if (fits) return 'valid'
  if (secrets.length === 0 || (scheme.isVendorMade === true && request.vendorSecrets.length === 0)) return { unverified: 'the request is signed, but no secret of this vendor is stored: set vendorSecret' }
  return { invalid: 'the signature does not fit the body' }
}

/** The bytes of a digest; null unless it is written exactly as the scheme does, for the runtime's decoders pass over what they cannot read. */
function digestOf(text: string, { algorithm, encoding }: HmacScheme): Buffer | null {
  const bytes = Buffer.from(text, encoding)
  const isWhole = bytes.length === DIGEST_BYTES[algorithm] && bytes.toString(encoding) === (encoding === 'hex' ? text.toLowerCase() : text)
  return isWhole ? bytes : null
}
