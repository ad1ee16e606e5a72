import { X509Certificate, type KeyObject } from 'node:crypto'
import { AppError } from '../../schemas/errors.ts'
import type { DoorServices } from './door.ts'

const HOST = /^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/
/** SNS uses one certificate a region at a time. */
const ENTRIES_MAX = 32
const KEEP_MS = 24 * 3_600_000

interface Entry {
  readonly key: KeyObject
  readonly validFromMs: number
  readonly validToMs: number
  readonly fetchedAtMs: number
}

/** True for an https address at a host of SNS, on the usual port and without credentials. */
export function isSnsUrl(url: URL): boolean {
  return url.protocol === 'https:' && HOST.test(url.hostname) && url.port === '' && url.username === '' && url.password === ''
}

/** Signing keys by certificate address, at most ENTRIES_MAX, each fetched anew after a day. Callers that ask at the same time share one request. */
export class CertificateCache {
  readonly #entries = new Map<string, Entry>()
  readonly #underWay = new Map<string, Promise<Entry | { invalid: string }>>()

  /** The key of a certificate that is valid now, or why there is none. Throws `engine_unavailable` when the host does not answer. */
  async key(address: string, services: DoorServices): Promise<{ key: KeyObject } | { invalid: string }> {
    const url = URL.parse(address)
    if (url === null || !isSnsUrl(url) || !url.pathname.endsWith('.pem')) return { invalid: 'SigningCertURL is not a certificate at SNS' }
    const entry = this.#fresh(url.href, services.clock.now()) ?? (await this.#fetchOnce(url, services))
    if ('invalid' in entry) return entry
    const nowMs = services.clock.now()
    if (nowMs < entry.validFromMs || nowMs > entry.validToMs) return { invalid: 'the signing certificate is not valid at this time' }
    return { key: entry.key }
  }

  #fresh(href: string, nowMs: number): Entry | undefined {
    const entry = this.#entries.get(href)
    return entry !== undefined && nowMs - entry.fetchedAtMs < KEEP_MS ? entry : undefined
  }

  #fetchOnce(url: URL, services: DoorServices): Promise<Entry | { invalid: string }> {
    const running = this.#underWay.get(url.href)
    if (running !== undefined) return running
    const fetching = this.#fetch(url, services).finally(() => this.#underWay.delete(url.href))
    this.#underWay.set(url.href, fetching)
    return fetching
  }

  async #fetch(url: URL, services: DoorServices): Promise<Entry | { invalid: string }> {
    const answer = await services.httpGet(url)
    if (answer.statusCode >= 500) throw new AppError('engine_unavailable', `fetching the certificate of SNS: its host answered ${answer.statusCode}`)
    if (answer.statusCode !== 200) return { invalid: `the host of SNS has no such certificate (status ${answer.statusCode})` }
    const certificate = readCertificate(answer.text)
    if (certificate === null) return { invalid: 'what lies at SigningCertURL is not a certificate' }
    const entry = { key: certificate.publicKey, validFromMs: Date.parse(certificate.validFrom), validToMs: Date.parse(certificate.validTo), fetchedAtMs: services.clock.now() }
    this.#entries.delete(url.href)
    const oldest = this.#entries.size >= ENTRIES_MAX ? this.#entries.keys().next().value : undefined
    if (oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(url.href, entry)
    return entry
  }
}

function readCertificate(text: string): X509Certificate | null {
  if (!text.includes('-----BEGIN CERTIFICATE-----')) return null
  try {
    return new X509Certificate(text)
  } catch (error) {
    // OpenSSL says `no` by throwing; what the host sent is then no certificate, which is the caller's answer.
    if (error instanceof Error) return null
    throw error
  }
}
