import { headerBytes, isOneOf } from '../secrets.ts'
import type { DoorVerdict } from './door.ts'

/** Judges a secret that a vendor sends as it is. `absent` without one; where none is stored it proves nothing. */
export function judgeToken(given: string | null | undefined, vendorSecrets: readonly string[]): DoorVerdict {
  if (given === undefined || given === null || given === '') return 'absent'
  if (vendorSecrets.length === 0) return { unverified: 'the request carries a token, but no secret of this vendor is stored: set vendorSecret' }
  return isOneOf(headerBytes(given), vendorSecrets) || isOneOf(given, vendorSecrets) ? 'valid' : { invalid: 'the token is not the vendor secret' }
}
