const OFFSET = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
const MASK = 0xffffffffffffffffn
const SEPARATOR = 0xff
/** Bytes hashed at most; no real label set comes near. */
const BYTES_MAX = 65_536

/**
 * The fingerprint Prometheus itself gives a label set (FNV-1a of 64 bits over the sorted labels, prometheus/common, model/signature.go), for
 * senders that leave it out: it is the vendor's own identity of an alert, so an upgrade of the sender changes nothing.
 */
export function fingerprint(labels: readonly (readonly [string, string])[]): string {
  const sorted = [...labels].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const parts: Buffer[] = []
  let sizeBytes = 0
  for (const [name, value] of sorted) {
    const part = Buffer.concat([Buffer.from(name), Buffer.of(SEPARATOR), Buffer.from(value), Buffer.of(SEPARATOR)])
    sizeBytes += part.length
    if (sizeBytes > BYTES_MAX) break
    parts.push(part)
  }
  let hash = OFFSET
  for (const part of parts) for (const byte of part) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK
  return hash.toString(16).padStart(16, '0')
}
