import { createHmac, timingSafeEqual } from 'node:crypto'
import type { DoorVerdict } from './door.ts'

/** How a vendor writes the HMAC of a body. */
export interface HmacScheme {
  readonly algorithm: 'sha1' | 'sha256' | 'sha512'
  readonly encoding: 'hex' | 'base64'
}

/** Signatures looked at in one header; vendors send two while a secret rotates. */
const CANDIDATES_MAX = 8

/** Judges the signatures a vendor sent against its shared secret, in constant time for each. `absent` without a signature. */
export function judgeHmac(scheme: HmacScheme, secret: string | null, signed: readonly (Buffer | string)[], candidates: readonly string[]): DoorVerdict {
  if (candidates.length === 0) return 'absent'
  if (secret === null || secret === '') return { invalid: 'the request is signed, but no secret of this vendor is stored' }
  const hmac = createHmac(scheme.algorithm, secret)
  for (const part of signed) hmac.update(part)
  const expected = hmac.digest()
  const fits = candidates.slice(0, CANDIDATES_MAX).map((candidate) => {
    const given = Buffer.from(candidate, scheme.encoding)
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
  return fits.includes(true) ? 'valid' : { invalid: 'the signature does not fit the body' }
}
