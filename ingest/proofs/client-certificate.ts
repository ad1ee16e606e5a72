import { X509Certificate } from 'node:crypto'
import type { ClientCertificateProof } from '../../schemas/authentication.ts'
import { isOneOf } from '../secrets.ts'
import type { DoorVerdict } from '../doors/door.ts'

/** A header longer than this is no certificate of a sender. */
const HEADER_MAX_CHARS = 16_384

/**
 * Judges the header in which a proxy names the client certificate it has seen: a SHA-256 fingerprint (HAProxy, Cloudflare), Envoy's `Hash=…`, or the
 * certificate itself as PEM, URL-encoded (nginx, AWS) or without its frame (Traefik). Whoever can send the header could claim any certificate, so
 * without a trusted proxy it is refused; and a header that names two certificates is refused, because one of them may be the sender's invention.
 */
export function judgeClientCertificate(proof: ClientCertificateProof, headers: Readonly<Record<string, string>>, isBehindProxy: boolean): DoorVerdict {
  const value = headers[proof.header]
  if (value === undefined || value === '' || value === '-') return 'absent'
  if (!isBehindProxy) return { invalid: 'a client certificate is claimed, but no proxy is trusted: set AW_TRUSTED_PROXIES' }
  const fingerprint = value.length > HEADER_MAX_CHARS ? null : fingerprintIn(value)
  if (fingerprint === null) return { invalid: `the header ${proof.header} names no single certificate by SHA-256` }
  return isOneOf(fingerprint, proof.fingerprints) ? 'valid' : { invalid: 'the client certificate is another one' }
}

function fingerprintIn(value: string): string | null {
  const bare = value.replaceAll(':', '').toLowerCase()
  if (/^[0-9a-f]{64}$/.test(bare)) return bare
  const elements = partsOf(value)
  const hashes = elements.flat().flatMap((part) => /^\s*hash="?([0-9a-f]{64})"?\s*$/i.exec(part)?.[1] ?? [])
  if (hashes.length > 0) return hashes.length === 1 && elements.length === 1 ? hashes[0]?.toLowerCase() ?? null : null
  return fingerprintOf(value)
}

/** Envoy's form: elements with commas between, of parts with semicolons between. What stands in quotes is the certificate's own, so whoever made it could have written anything there. */
function partsOf(value: string): readonly (readonly string[])[] {
  const elements: string[][] = [[]]
  let from = 0
  let inQuotes = false
  for (let index = 0; index <= value.length; index++) {
    const char = value[index]
    if (char === '\\') index++
    else if (char === '"') inQuotes = !inQuotes
    else if (char === undefined || (!inQuotes && (char === ';' || char === ','))) {
      elements.at(-1)?.push(value.slice(from, index))
      from = index + 1
      if (char === ',') elements.push([])
    }
  }
  return elements
}

function fingerprintOf(value: string): string | null {
  const text = value.includes('%') ? decoded(value) : value
  const body = /^(?:-----BEGIN CERTIFICATE-----)?([A-Za-z0-9+/=\s]+)(?:-----END CERTIFICATE-----\s*)?$/.exec(text ?? '')?.[1]
  if (body === undefined) return null
  try {
    return new X509Certificate(Buffer.from(body.replaceAll(/\s/g, ''), 'base64')).fingerprint256.replaceAll(':', '').toLowerCase()
  } catch (error) {
    // OpenSSL says `no` by throwing; what the proxy wrote is then no certificate, which is the caller's answer.
    if (error instanceof Error) return null
    throw error
  }
}

function decoded(value: string): string | null {
  try {
    return decodeURIComponent(value)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}
