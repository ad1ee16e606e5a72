/** What a problem and an incident are recognised by when they come again: hashes of asset and signature, never of displayed text or of an id that changes. */
import type { ProblemNode } from '../problem-node.ts'

/** Hashes a sketch holds at most. */
export const SKETCH_SIZE = 16

/** Parts of a hash are this far apart, so that it stays a whole number of 52 bits. */
const HIGH_BITS = 2 ** 20

/**
 * A hash of 52 bits of where a problem is and what it is, the same in every episode and whatever id its tool gives it. What names no asset is known by
 * integration and signature, what names no signature by its problem key.
 */
export function fingerprintOf(problem: ProblemNode): number {
  const { asset, signature, state: { problem: { integrationId, problemKey } } } = problem
  return signature === null ? hash52(problemKey, '') : hash52(asset ?? integrationId, signature)
}

function hash52(a: string, b: string): number {
  let x = 0x811c9dc5
  let y = 0x9747b28c
  for (let i = 0; i < a.length; i += 1) {
    const code = a.charCodeAt(i)
    x = Math.imul(x ^ code, 0x01000193)
    y = Math.imul(y ^ code, 0x5bd1e995)
  }
  x = Math.imul(x ^ 10, 0x01000193)
  y = Math.imul(y ^ 10, 0x5bd1e995)
  for (let i = 0; i < b.length; i += 1) {
    const code = b.charCodeAt(i)
    x = Math.imul(x ^ code, 0x01000193)
    y = Math.imul(y ^ code, 0x5bd1e995)
  }
  return mixed(x) * HIGH_BITS + (mixed(y) >>> 12)
}

/** Spreads what FNV leaves in the low bits; a sketch takes the smallest hashes, so the high ones count. */
function mixed(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** The smallest different hashes of a set, ascending: two sketches tell how alike their sets are, however large those are. */
export class Sketch {
  readonly hashes: number[] = []

  /** Puts a hash in; true when the sketch changed. */
  add(hash: number): boolean {
    const { hashes } = this
    let at = hashes.length
    if (at === SKETCH_SIZE && hash >= (hashes[at - 1] as number)) return false
    while (at > 0 && (hashes[at - 1] as number) > hash) at -= 1
    if (at > 0 && hashes[at - 1] === hash) return false
    hashes.splice(at, 0, hash)
    if (hashes.length > SKETCH_SIZE) hashes.pop()
    return true
  }
}

/** Share of what two sketched sets have in common, 0 to 1: exact up to 16 members, beyond that an estimate from the 16 smallest hashes of both. */
export function likeness(a: readonly number[], b: readonly number[]): number {
  let [i, j, both, seen] = [0, 0, 0, 0]
  while (seen < SKETCH_SIZE && (i < a.length || j < b.length)) {
    const [x, y] = [a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY]
    if (x === y) both += 1
    if (x <= y) i += 1
    if (y <= x) j += 1
    seen += 1
  }
  return seen === 0 ? 0 : both / seen
}
