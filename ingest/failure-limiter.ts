import { isIPv6 } from 'node:net'
import { SlidingWindow, type Limits } from './limiter.ts'

/** Addresses remembered at most; the one that has failed least recently goes first. */
const ADDRESSES_MAX = 10_000

/**
 * Failed authentications by network address. Above the limit a failure is answered 429 and the connection closed, so that guessing costs a
 * connection each; a request with good credentials is never asked about its address, so nobody can lock out a neighbour behind the same one.
 */
export class FailureLimiter {
  readonly #limits: Limits
  readonly #byAddress = new Map<string, SlidingWindow>()

  constructor(failuresPerMinute: number) {
    this.#limits = { requestsPerMinute: failuresPerMinute, burst: 0 }
  }

  /** Counts a failure: null while the address may go on failing, else the seconds until it may again. */
  fail(address: string, nowMs: number): number | null {
    const key = networkOf(address)
    const window = this.#byAddress.get(key) ?? new SlidingWindow(this.#limits, nowMs)
    this.#byAddress.delete(key)
    this.#byAddress.set(key, window)
    if (this.#byAddress.size > ADDRESSES_MAX) for (const oldest of this.#byAddress.keys()) { this.#byAddress.delete(oldest); break }
    return window.take(this.#limits, nowMs) ? null : Math.max(1, window.waitS(this.#limits))
  }

  /** Addresses remembered now. */
  get size(): number {
    return this.#byAddress.size
  }
}

/** Who is meant by an address: an IPv6 customer has a whole /64, so that is what counts, however it is shortened; any other address stands for itself. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address
  const [head = '', tail] = address.toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? [] : tail.split(':')
  const whole = tail === undefined ? groups : [...groups, ...Array<string>(Math.max(0, 8 - groups.length - behind.length)).fill('0'), ...behind]
  return whole.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '')).join(':')
}
