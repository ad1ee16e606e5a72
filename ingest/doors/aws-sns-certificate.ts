import { X509Certificate, type KeyObject } from 'node:crypto'
import { AppError } from '../../schemas/errors.ts'
import type { DoorServices } from './door.ts'

/** A region stands between the names: `sns.s3.amazonaws.com` and `sns.s3-us-west-2.amazonaws.com` are what a customer has put in a bucket called `sns`. */
const HOST = /^sns\.[a-z]{2}(-[a-z]+)+-\d{1,2}\.amazonaws\.com(\.cn)?$/
const CERTIFICATE = /^\/SimpleNotificationService-[\w-]{1,64}\.pem$/
/** SNS uses one certificate a region at a time. */
const ENTRIES_MAX = 32
const KEEP_MS = 24 * 3_600_000
/** Certificates fetched at once, whatever addresses are sent. */
const UNDER_WAY_MAX = 8
/** Addresses that gave no certificate are not asked again for so long, and so many are remembered. */
const REFUSED = { keepMs: 60_000, max: 256 } as const

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
  readonly #refused = new Map<string, { readonly invalid: string; readonly atMs: number }>()

  /** The key of a certificate that is valid now, or why there is none. Throws `engine_unavailable` when the host does not answer. */
  async key(address: string, services: DoorServices): Promise<{ key: KeyObject } | { invalid: string }> {
    const url = URL.parse(address)
    if (url === null || !isSnsUrl(url) || !CERTIFICATE.test(url.pathname) || url.search !== '' || url.hash !== '') return { invalid: 'SigningCertURL is not a certificate at SNS' }
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
    const refused = this.#refused.get(url.href)
    if (refused !== undefined && services.clock.now() - refused.atMs < REFUSED.keepMs) return Promise.resolve({ invalid: refused.invalid })
    if (this.#underWay.size >= UNDER_WAY_MAX) return Promise.reject(new AppError('engine_unavailable', `${UNDER_WAY_MAX} certificates of SNS are being fetched already`))
    const fetching = this.#fetch(url, services).finally(() => this.#underWay.delete(url.href))
    this.#underWay.set(url.href, fetching)
    return fetching
  }

  async #fetch(url: URL, services: DoorServices): Promise<Entry | { invalid: string }> {
    const answer = await services.httpGet(url)
    if (answer.statusCode >= 500) throw new AppError('engine_unavailable', `fetching the certificate of SNS: its host answered ${answer.statusCode}`)
    if (answer.statusCode !== 200) return this.#refuse(url, services, `the host of SNS has no such certificate (status ${answer.statusCode})`)
    const certificate = readCertificate(answer.text)
    if (certificate === null) return this.#refuse(url, services, 'what lies at SigningCertURL is not a certificate')
    const entry = { key: certificate.publicKey, validFromMs: Date.parse(certificate.validFrom), validToMs: Date.parse(certificate.validTo), fetchedAtMs: services.clock.now() }
    this.#entries.delete(url.href)
    const oldest = this.#entries.size >= ENTRIES_MAX ? this.#entries.keys().next().value : undefined
    if (oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(url.href, entry)
    return entry
  }

  #refuse(url: URL, services: DoorServices, invalid: string): { invalid: string } {
    const oldest = this.#refused.size >= REFUSED.max ? this.#refused.keys().next().value : undefined
    if (oldest !== undefined) this.#refused.delete(oldest)
    this.#refused.set(url.href, { invalid, atMs: services.clock.now() })
    return { invalid }
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
