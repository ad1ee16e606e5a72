import { hash, timingSafeEqual } from 'node:crypto'
import type { IngestCredential } from '../schemas/views.ts'
import type { Credentials } from './ports.ts'

/** Why a request is not who it says; stands in the log and in a counter, never in an answer. */
export const AUTH_FAILURES = [
  'key_missing', 'key_unknown', 'key_expired', 'source_mismatch',
  'signature_missing', 'signature_wrong', 'signature_malformed', 'timestamp_missing', 'timestamp_malformed', 'timestamp_outside_tolerance',
  'delivery_id_missing', 'vendor_signature_wrong', 'proof_wrong', 'certificate_missing', 'certificate_wrong', 'address_refused',
] as const

/** One of the reasons above. */
export type AuthFailure = (typeof AUTH_FAILURES)[number]

/** The credential behind a key, or why there is none. The map is keyed by hash, so the look-up tells nothing about keys; the hashes are compared in constant time all the same. */
export function credentialOf(key: string | null, credentials: Credentials, nowMs: number): IngestCredential | AuthFailure {
  if (key === null) return 'key_missing'
  const keyHash = hash('sha256', key, 'hex')
  const credential = credentials.byKeyHash(keyHash)
  if (credential === undefined || !isSame(keyHash, credential.keyHash)) return 'key_unknown'
  if (credential.expiresAtMs !== null && credential.expiresAtMs <= nowMs) return 'key_expired'
  return credential
}

const HEX_CHARS = 64
const givenHex = Buffer.alloc(HEX_CHARS)
const expectedHex = Buffer.alloc(HEX_CHARS)

/** Compares two short texts of Latin-1, as headers and digests are; the time taken depends on their lengths only. Hex digests, of which every request has two, cost no allocation. */
export function isSame(given: string, expected: string): boolean {
  if (given.length !== expected.length) return false
  if (given.length !== HEX_CHARS) return timingSafeEqual(Buffer.from(given, 'latin1'), Buffer.from(expected, 'latin1'))
  givenHex.write(given, 'latin1')
  expectedHex.write(expected, 'latin1')
  return timingSafeEqual(givenHex, expectedHex)
}

/** A snapshot of all live keys that is replaced as a whole while requests are being judged, and the notes of which were used. */
export class CredentialSnapshot implements Credentials {
  #byHash = new Map<string, IngestCredential>()
  #used = new Map<string, number>()

  constructor(credentials: Iterable<IngestCredential> = []) {
    this.replace(credentials)
  }

  /** Takes the place of everything known so far. */
  replace(credentials: Iterable<IngestCredential>): void {
    const byHash = new Map<string, IngestCredential>()
    for (const credential of credentials) byHash.set(credential.keyHash, credential)
    this.#byHash = byHash
  }

  byKeyHash(keyHash: string): IngestCredential | undefined {
    return this.#byHash.get(keyHash)
  }

  used(keyId: string, nowMs: number): void {
    this.#used.set(keyId, nowMs)
  }

  /** When keys were last used, by key id, since the last call. */
  takeUsed(): Map<string, number> {
    const used = this.#used
    this.#used = new Map()
    return used
  }

  /** Puts back what could not be written down; a newer note stays. */
  restoreUsed(used: ReadonlyMap<string, number>): void {
    for (const [keyId, atMs] of used) if (!this.#used.has(keyId)) this.#used.set(keyId, atMs)
  }
}
