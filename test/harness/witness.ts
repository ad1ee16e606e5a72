import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request that went through, and how it was answered. */
export interface Seen {
  readonly path: string
  readonly body: string
  /** 502 where nobody answered. */
  readonly status: number
}

/** Stands between a sender and the program, passes everything on unchanged and remembers it, so that a test knows what was sent without asking either. */
export class Witness {
  readonly seen: Seen[] = []
  readonly #target: string
  readonly #server = createServer((request, response) => {
    this.#pass(request).then(({ status, text, headers }) => {
      response.writeHead(status, headers)
      response.end(text)
    }, (thrown: unknown) => response.destroy(thrown instanceof Error ? thrown : new Error(String(thrown))))
  })

  constructor(target: string) {
    this.#target = target
  }

  /** Starts it on a free port and answers its URL. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #pass(request: IncomingMessage): Promise<{ status: number; text: string; headers: Record<string, string> }> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const headers = new Headers()
    for (const [name, value] of Object.entries(request.headers)) if (!['host', 'connection', 'content-length', 'transfer-encoding', 'expect'].includes(name)) headers.set(name, String(value))
    const path = request.url ?? '/'
    try {
      const answer = await fetch(this.#target + path, { method: request.method ?? 'POST', headers, body })
      const text = await answer.text()
      this.seen.push({ path, body: body.toString(), status: answer.status })
      return { status: answer.status, text, headers: Object.fromEntries([...answer.headers].filter(([name]) => ['content-type', 'retry-after'].includes(name))) }
    } catch {
      // The program is down: its sender must see that nobody took the request.
      this.seen.push({ path, body: body.toString(), status: 502 })
      return { status: 502, text: '', headers: {} }
    }
  }
}
