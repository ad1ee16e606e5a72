/** Chance that can be repeated: the same seed gives the same input on every machine. */
import { hash } from 'node:crypto'

/** The sfc32 generator over a SHA-256 of the seed's text. */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter: number

  constructor(seed: string) {
    const bytes = hash('sha256', seed, 'buffer')
    this.#a = bytes.readInt32LE(0)
    this.#b = bytes.readInt32LE(4)
    this.#c = bytes.readInt32LE(8)
    this.#counter = bytes.readInt32LE(12)
  }

  /** A whole number of 32 bits. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A whole number from 0 up to, not including, `below`. */
  int(below: number): number {
    return below <= 0 ? 0 : Math.floor((this.next() / 2 ** 32) * below)
  }

  /** True once in so many times. */
  once(inSoMany: number): boolean {
    return this.int(inSoMany) === 0
  }

  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T {
    const found = list[this.int(list.length)]
    if (found === undefined && list.length === 0) throw new Error('nothing to pick from')
    return found as T
  }

  /** So many bytes. */
  bytes(count: number): Buffer {
    const out = Buffer.alloc(count)
    for (let at = 0; at < count; at++) out[at] = this.int(256)
    return out
  }

  /** A list of `least` to `most` things. */
  list<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: least + this.int(most - least + 1) }, make)
  }
}
