/** One HTTPS call for executors whose cloud has no library here that is worth its weight: bounded, without retries or redirects, and with nothing of the request in what it tells. */
import { request } from 'node:https'

/** What came of a call. `lost`: no whole answer; `wasOnWire` says whether the request may have been seen. */
export type Called =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly text: string; readonly isCut: boolean }
  | { readonly kind: 'lost'; readonly code: string; readonly wasOnWire: boolean }

/** How it is made. */
export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** PEM to trust; undefined: what the machine trusts. */
  readonly ca: string | undefined
  /** Bytes kept of the answer, from its end. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** Bytes read before it is given up, whatever is kept. */
const READ_MAX = 33_554_432
const UNREACHED = ['ENOTFOUND', 'ECONNREFUSED', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

/** Makes the call; never rejects. */
export function httpsCall(address: string, { method = 'GET', headers, body, ca, maxBytes, signal }: CallOptions): Promise<Called> {
  return new Promise((resolve) => {
    const lost = (code: string, wasOnWire: boolean): void => resolve({ kind: 'lost', code, wasOnWire })
    if (signal.aborted) return lost('ABORT_ERR', false)
    const asked = request(address, { method, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) }, signal, ...(ca === undefined ? {} : { ca }) }, (answer) => {
      let kept: Buffer[] = []
      let keptBytes = 0
      let readBytes = 0
      answer.on('data', (piece: Buffer) => {
        readBytes += piece.length
        if (readBytes > READ_MAX) return void asked.destroy()
        kept.push(piece)
        keptBytes += piece.length
        if (keptBytes <= 2 * maxBytes) return
        kept = [Buffer.concat(kept).subarray(-maxBytes)]
        keptBytes = maxBytes
      })
      answer.on('end', () => {
        if (answer.complete) resolve({ kind: 'answer', status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(kept).subarray(-maxBytes).toString('utf8'), isCut: readBytes > maxBytes })
        else lost('ECONNRESET', true)
      })
      answer.on('error', () => lost('ECONNRESET', true))
    })
    asked.on('error', (error: NodeJS.ErrnoException) => lost(codeOf(error), !isUnreached(error)))
    asked.on('close', () => lost('ECONNRESET', true))
    asked.end(body)
  })
}

/** With several addresses of a name, each has its own error. */
function isUnreached(error: NodeJS.ErrnoException): boolean {
  const errors: readonly NodeJS.ErrnoException[] = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [error]
  return errors.every(({ code }) => UNREACHED.includes(code ?? ''))
}

const codeOf = (error: NodeJS.ErrnoException): string => (/^[A-Z0-9_]{1,40}$/.test(error.code ?? '') ? error.code ?? '' : 'network')
