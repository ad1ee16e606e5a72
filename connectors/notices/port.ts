/** What a way of telling people has to do, and how it fails. */
import type { Notice } from '../../schemas/notices.ts'

/** Sends one notice to one address. Throws NoticeError and nothing else; never retries. */
export type Sender = (notice: Notice, address: string, signal: AbortSignal) => Promise<void>

/** Why a notice did not get through. The message never holds the address. */
export class NoticeError extends Error {
  /** `never`: the address or the message is refused; `backoff`: try later. */
  readonly retry: 'never' | 'backoff'
  /** How long the other side asks to wait, in ms; null: it does not say. */
  readonly retryAfterMs: number | null

  constructor(retry: 'never' | 'backoff', message: string, options: { readonly retryAfterMs?: number | null; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'NoticeError'
    this.retry = retry
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** Longest part of any text that is told, in characters. */
const TEXT_CHARS = 500

/** A text from outside without what would end a line or hide its direction, cut to a length. */
export function plain(text: string, max: number = TEXT_CHARS): string {
  const clean = text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()
  return clean.length <= max ? clean : `${clean.slice(0, max - 1)}…`
}
