/** How the command line speaks to the running program: HTTP with the admin token. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { AppError, ERROR_CODES, type ErrorCode } from '../schemas/errors.ts'
import { textLines } from '../schemas/text-lines.ts'

/** Longest wait for one answer, in ms. */
const TIMEOUT_MS = 30_000

/** Calls the API of the program that runs at `config.url`. */
export class ApiClient {
  readonly url: string
  readonly #token: string

  constructor(config: Config) {
    this.url = config.url
    this.#token = config.adminToken?.reveal() ?? tokenFile(config.dataDir)
  }

  /** Posts, and hands on each line of the answer as it comes; however long it takes. Throws the API's own error code and message. */
  async lines(path: string, body: unknown, take: (line: string) => void): Promise<void> {
    const answer = await request(`${this.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) }, null)
    if (!answer.ok || answer.body === null) throw errorOf(answer.status, await answer.text())
    for await (const line of textLines(answer.body.pipeThrough(new TextDecoderStream()))) take(line)
  }

  /** An answer that may be larger than memory, piece by piece, however long it takes. Throws the API's own error code and message, and `engine_unavailable` where it breaks off. */
  async *pieces(path: string): AsyncGenerator<Uint8Array> {
    const answer = await request(`${this.url}${path}`, { headers: { authorization: `Bearer ${this.#token}` } }, null)
    if (!answer.ok || answer.body === null) throw errorOf(answer.status, await answer.text())
    try {
      yield* answer.body
    } catch (cause) {
      throw new AppError('engine_unavailable', `the answer of ${new URL(this.url).origin} broke off before its end: ask again, and look at the program's log`, { cause })
    }
  }

  /** The bytes of a file. Throws the API's own error code and message. */
  async bytes(path: string): Promise<Buffer> {
    const answer = await request(`${this.url}${path}`, { headers: { authorization: `Bearer ${this.#token}` } })
    if (!answer.ok) throw errorOf(answer.status, await answer.text())
    return Buffer.from(await answer.arrayBuffer())
  }

  /** One call; the answer's JSON, unchecked, or null where it has none. Waits `timeoutMs` for it, or with null as long as it takes. Throws the API's own error code and message. */
  async call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}, timeoutMs: number | null = TIMEOUT_MS): Promise<T> {
    const answer = await request(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }, timeoutMs)
    const text = await answer.text()
    if (answer.ok) return (text === '' ? null : JSON.parse(text)) as T
    throw errorOf(answer.status, text)
  }
}

/** A fetch that says where nobody answered; null waits as long as it takes. */
export async function request(url: string, init: RequestInit, timeoutMs: number | null = TIMEOUT_MS): Promise<Response> {
  try {
    return await fetch(url, timeoutMs === null ? init : { ...init, signal: AbortSignal.timeout(timeoutMs) })
  } catch (cause) {
    throw new AppError('engine_unavailable', `nothing answers at ${new URL(url).origin}: start it with \`npm start\`, or name it with AW_URL`, { cause })
  }
}

/** The error an answer carries. */
export function errorOf(status: number, text: string): AppError {
  try {
    const { code, message } = JSON.parse(text) as { code?: string; message?: string }
    if (code !== undefined && code in ERROR_CODES) return new AppError(code as ErrorCode, message ?? code)
  } catch (cause) {
    return new AppError('internal', `the answer ${status} is not JSON: ${text.slice(0, 200)}`, { cause })
  }
  return new AppError('internal', `the answer was ${status}: ${text.slice(0, 200)}`)
}

function tokenFile(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, 'admin-token'), 'utf8').trim()
  } catch (cause) {
    throw new AppError('unauthorized', `set AW_ADMIN_TOKEN, or run this where ${join(dataDir, 'admin-token')} can be read`, { cause })
  }
}
