/** Cheap text features: canonical names and a small sketch of the words in a text. */

/** At most so many characters of a text are looked at. */
const TEXT_CHARS = 400

/** Bits of a sketch, as four 32-bit words. */
export interface Sketch {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
}

/** A name as it is compared: trimmed, lower case; null where there is none. */
export function canonical(name: string | null): string | null {
  if (name === null) return null
  const text = name.trim().toLowerCase()
  return text === '' ? null : text
}

/** A 32-bit hash of a text (FNV-1a). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/**
 * Which words a text has, as a 128-bit Bloom filter: runs of letters of length three and more, case folded. Digits end a word, because
 * measured values differ in every message and say nothing.
 */
export function sketchOf(text: string): Sketch {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let hash = 0x811c9dc5
  let length = 0
  const end = Math.min(text.length, TEXT_CHARS)
  for (let i = 0; i <= end; i += 1) {
    const code = i === end ? 32 : text.charCodeAt(i) | 32
    if ((code >= 97 && code <= 122) || code > 127) {
      hash = Math.imul(hash ^ code, 0x01000193)
      length += 1
      continue
    }
    if (length >= 3) {
      const bit = (hash ^ (hash >>> 15)) & 127
      if (bit < 32) a |= 1 << bit
      else if (bit < 64) b |= 1 << (bit - 32)
      else if (bit < 96) c |= 1 << (bit - 64)
      else d |= 1 << (bit - 96)
    }
    hash = 0x811c9dc5
    length = 0
  }
  return { a, b, c, d }
}

function bitsIn(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555)
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333)
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** Share of words two sketches have in common, 0 to 1; 0 when both are empty. */
export function similarity(x: Sketch, y: Sketch): number {
  const both = bitsIn(x.a & y.a) + bitsIn(x.b & y.b) + bitsIn(x.c & y.c) + bitsIn(x.d & y.d)
  if (both === 0) return 0
  return both / (bitsIn(x.a | y.a) + bitsIn(x.b | y.b) + bitsIn(x.c | y.c) + bitsIn(x.d | y.d))
}

/**
 * How tools say that an asset cannot be reached, as against something on it being wrong: `HostDown`, `Node is down`, `Device offline`,
 * `Unavailable by ICMP ping`, `does not answer`, `no response`, `stopped reporting`. A bare `down` may be a value that fell.
 */
const UNREACHABLE = /(?:host|node|device|server|site|link|tunnel|switch|router|gateway|firewall|instance|agent)[ _-]?(?:is[ _-])?(?:down|offline)|\bis (?:down|offline)\b|unreachable|not reachable|\bicmp\b|(?:not|no)[ _-]?(?:respon|answer|reply)|stopped (?:respon|report)|NoResponse|lost connect|connection lost/i

/** True when a title or signature says that an asset cannot be reached. */
export function saysUnreachable(text: string): boolean {
  return UNREACHABLE.test(text)
}

const GATEWAY = /\b(?:switch|router|firewall|gateway|uplink|wan|isp|modem|core switch)\b/i
const GATEWAY_NAME = /(?:^|[-_.])(?:sw|switch|rtr|router|fw|firewall|gw|gateway)(?:[-_.\d]|$)/i

/** True for network gear that others are reached through, by what is said of it or by how it is named. */
export function isGateway(asset: string, said: string): boolean {
  return GATEWAY_NAME.test(asset) || GATEWAY.test(said)
}

/** A text of at most so many characters. */
export function cut(text: string, chars: number): string {
  return text.length > chars ? `${text.slice(0, chars - 1)}…` : text
}
