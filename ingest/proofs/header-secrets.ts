import { headerBytes, isOneOf } from '../secrets.ts'
import type { DoorVerdict } from '../doors/door.ts'

type Headers = Readonly<Record<string, string>>

/** The vendor secret as the value of a header the integration names, bare or after one word such as `Bearer`. */
export function judgeStaticHeader(name: string, headers: Headers, vendorSecrets: readonly string[]): DoorVerdict {
  const value = headers[name]
  if (value === undefined || value === '') return 'absent'
  const afterWord = value.slice(value.indexOf(' ') + 1).trim()
  const isWhole = isOneOf(headerBytes(value), vendorSecrets)
  return isOneOf(headerBytes(afterWord), vendorSecrets) || isWhole ? 'valid' : { invalid: `the header ${name} does not carry the vendor secret` }
}

/** Basic authentication with the user the integration names and the vendor secret as password. `ownKey`: our API key, which may stand in the same place and is no proof. */
export function judgeBasic(user: string, headers: Headers, vendorSecrets: readonly string[], ownKeyPrefix: string): DoorVerdict {
  const [, encoded] = /^basic +([A-Za-z0-9+/=_-]{1,2048})$/i.exec(headers['authorization'] ?? '') ?? []
  if (encoded === undefined) return 'absent'
  const given = Buffer.from(encoded, 'base64')
  const colon = given.indexOf(':')
  if (colon < 0) return { invalid: 'the basic authentication has no password' }
  const password = given.subarray(colon + 1)
  if (password.toString('latin1').startsWith(ownKeyPrefix)) return 'absent'
  const isUser = isOneOf(given.subarray(0, colon), [user])
  return isOneOf(password, vendorSecrets) && isUser ? 'valid' : { invalid: 'user or password of the basic authentication are wrong' }
}
