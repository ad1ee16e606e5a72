/**
 * What the fakes of language-model providers share: a server that remembers what it was asked and answers by a script, else by the schema it was given. Keys, models
 * and paths are judged as the vendor judges them, and a request the vendor would not take is refused, so that a driver cannot pass by luck.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request, as every vendor's can be told. */
export interface Asked {
  readonly model: string
  readonly system: string
  readonly prompt: string
  /** The schema, wherever the vendor takes it; null where none came. */
  readonly schema: Readonly<Record<string, unknown>> | null
  readonly isStream: boolean
  readonly temperature: number | null
  readonly maxTokens: number
  readonly body: Readonly<Record<string, unknown>>
  readonly path: string
}

/** What the next request is answered with. */
export type Reply =
  | { readonly kind: 'json'; readonly json: unknown; readonly tokens?: Partial<Tokens>; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'text'; readonly text: string; readonly tokens?: Partial<Tokens> }
  /** Stopped at the token limit. */
  | { readonly kind: 'cut'; readonly text: string }
  | { readonly kind: 'refusal' }
  | { readonly kind: 'error'; readonly status: number; readonly message?: string; readonly code?: string; readonly headers?: Readonly<Record<string, string>> }
  /** Takes the request and says nothing. */
  | { readonly kind: 'silence' }
  /** A stream that begins, then loses its connection (`break`), ends too soon (`end`), stalls, or tells of an error. */
  | { readonly kind: 'stream'; readonly then: 'break' | 'end' | 'stall' | 'error'; readonly text: string }
  | { readonly kind: 'huge' }
  | { readonly kind: 'html' }
  /** To the same path elsewhere. */
  | { readonly kind: 'redirect'; readonly to: string }

interface Tokens { inputTokens: number; outputTokens: number; cachedInputTokens: number }
export const TOKENS: Tokens = { inputTokens: 120, outputTokens: 30, cachedInputTokens: 20 }

/** How a vendor speaks. */
export interface Vendor {
  /** Null for a path it does not have. */
  asked(request: IncomingMessage, body: Record<string, unknown>): Asked | null
  /** What it would refuse; null when nothing. */
  refusal(request: IncomingMessage, asked: Asked): Extract<Reply, { kind: 'error' }> | null
  answer(response: ServerResponse, asked: Asked, text: string, isJson: boolean, stop: 'end' | 'cut' | 'refusal', tokens: Tokens): void
  error(response: ServerResponse, error: Extract<Reply, { kind: 'error' }>): void
  /** The beginning of a stream, with this text. */
  begin(response: ServerResponse, asked: Asked, text: string): void
  /** An error inside a stream that has begun. */
  streamError(response: ServerResponse): void
}

/** A running fake. */
export interface LlmFake {
  readonly url: string
  readonly asked: readonly Asked[]
  /** Connections the client closed before the answer was whole. */
  readonly abandoned: number
  script(...replies: readonly Reply[]): void
  /** Resolves with the next request, answered or not. */
  nextAsked(): Promise<Asked>
  /** Resolves once a client has given up on an answer. */
  nextAbandoned(): Promise<void>
  close(): Promise<void>
}

/** Largest answer a fake gives for `huge`, in bytes; more than any client should read. */
const HUGE_BYTES = 16_777_216

/** Starts it on a free port. */
export async function startLlmFake(vendor: Vendor): Promise<LlmFake> {
  const script: Reply[] = []
  const asked: Asked[] = []
  let abandoned = 0
  let waiting: ((asked: Asked) => void)[] = []
  let waitingAbandoned: (() => void)[] = []

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.on('close', () => {
      if (response.writableFinished || response.destroyed && response.getHeader('x-broken') !== undefined) return
      abandoned += 1
      for (const tell of waitingAbandoned.splice(0)) tell()
    })
    const body = await read(request)
    const question = vendor.asked(request, body)
    if (question === null) return void response.writeHead(404).end()
    asked.push(question)
    for (const tell of waiting.splice(0)) tell(question)
    const refusal = vendor.refusal(request, question)
    if (refusal !== null) return vendor.error(response, refusal)
    reply(vendor, response, question, script.shift() ?? { kind: 'json', json: instanceOf(question.schema ?? {}) })
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    get abandoned() {
      return abandoned
    },
    script: (...replies) => void script.push(...replies),
    nextAsked: () => new Promise((resolve) => (waiting = [...waiting, resolve])),
    nextAbandoned: () => new Promise((resolve) => (waitingAbandoned = [...waitingAbandoned, resolve])),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function reply(vendor: Vendor, response: ServerResponse, question: Asked, answer: Reply): void {
  for (const [name, value] of Object.entries('headers' in answer ? answer.headers ?? {} : {})) response.setHeader(name, value)
  switch (answer.kind) {
    case 'json':
      return vendor.answer(response, question, JSON.stringify(answer.json), true, 'end', { ...TOKENS, ...answer.tokens })
    case 'text':
      return vendor.answer(response, question, answer.text, false, 'end', { ...TOKENS, ...answer.tokens })
    case 'cut':
      return vendor.answer(response, question, answer.text, false, 'cut', TOKENS)
    case 'refusal':
      return vendor.answer(response, question, '', false, 'refusal', TOKENS)
    case 'error':
      return vendor.error(response, answer)
    case 'silence':
      return
    case 'stream':
      vendor.begin(response, question, answer.text)
      if (answer.then === 'end') response.end()
      if (answer.then === 'error') vendor.streamError(response)
      // The client must have the beginning before the connection goes.
      if (answer.then === 'break') response.write('', () => setImmediate(() => response.socket?.resetAndDestroy()))
      return
    case 'huge': {
      response.writeHead(200, { 'content-type': question.isStream ? 'text/event-stream' : 'application/json' })
      const piece = Buffer.alloc(262_144, ' ')
      let bytes = 0
      const more = (): void => {
        while (bytes < HUGE_BYTES && !response.destroyed) {
          bytes += piece.length
          if (!response.write(piece)) return void response.once('drain', more)
        }
        response.end()
      }
      return more()
    }
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Sign in</body></html>')
      return
    case 'redirect':
      // 307 keeps method and body.
      response.writeHead(307, { location: `${answer.to}${question.path}` }).end()
  }
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const text = Buffer.concat(parts).toString('utf8')
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

/** A value that fits a schema of the kind the analyst uses. */
export function instanceOf(schema: Readonly<Record<string, unknown>>): unknown {
  const options = (schema.enum ?? schema.anyOf) as unknown[] | undefined
  if (schema.enum !== undefined) return options?.[0]
  if (schema.anyOf !== undefined) return instanceOf(options?.[0] as Record<string, unknown>)
  switch ([schema.type].flat()[0]) {
    case 'object':
      return Object.fromEntries(Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>).map(([name, part]) => [name, instanceOf(part)]))
    case 'array':
      return []
    case 'boolean':
      return true
    case 'number':
    case 'integer':
      return schema.minimum ?? 1
    case 'null':
      return null
    default:
      return 'text'
  }
}

/** Text in pieces of a few characters, as streams bring it. */
export const pieces = (text: string): readonly string[] => text.match(/[\s\S]{1,7}/g) ?? []

/** One event of a stream of server-sent events. */
export const event = (data: unknown, name?: string): string => `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`
