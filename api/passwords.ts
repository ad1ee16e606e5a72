/** Passwords: scrypt with its parameters stored beside the hash, so that they can be raised later without locking anybody out. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { AppError } from '../schemas/errors.ts'

/** Cost of a new hash: N doubles memory (128 · N · r bytes) and time, p multiplies time. */
export interface PasswordCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** 32 MB and about a fifth of a second: the OWASP sheet's equivalent of N=2^17, p=1 with a quarter of the memory. */
export const DEFAULT_COST: PasswordCost = { N: 2 ** 15, r: 8, p: 3 }

/** Shortest password that is taken. */
export const PASSWORD_MIN = 12
/** Longest password that is taken; more would only cost us time. */
export const PASSWORD_MAX = 200

const SALT_BYTES = 16
const HASH_BYTES = 32

/** Hashes a password as `scrypt$N$r$p$salt$hash`. */
export async function hashPassword(password: string, cost: PasswordCost = DEFAULT_COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, salt, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), hash.toString('base64')].join('$')
}

/** Whether the password is the one behind a stored hash. Throws `internal` for a hash not made here. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [scheme, n, r, p, salt, hash] = stored.split('$')
  if (scheme !== 'scrypt' || salt === undefined || hash === undefined) throw new AppError('internal', 'a stored password hash has an unknown form')
  const expected = Buffer.from(hash, 'base64')
  const actual = await derive(password, Buffer.from(salt, 'base64'), { N: Number(n), r: Number(r), p: Number(p) })
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

function derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, { ...cost, maxmem: 256 * cost.N * cost.r }, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}
