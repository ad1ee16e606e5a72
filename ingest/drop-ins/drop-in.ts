import type { IncomingHttpHeaders } from 'node:http'
import type { BodyFault } from '../body.ts'
import type { RefusalCode } from '../refusals.ts'

/**
 * A drop-in is one address of another product, so that a tool which knows only that product is re-pointed at us unchanged: where the key
 * stands, what goes to the log, and how the product's clients want to be answered. Key, signature, limit, delivery id and log are judged by
 * the receiver, as for every webhook.
 */
export interface DropIn {
  readonly methods: readonly DropInMethod[]
  /** As Fastify writes it. */
  readonly path: string
  /** The source its deliveries come in as; a key bound to another is refused. */
  readonly source: string
  /** True where the product's clients put the key in the body: it is looked for there when no header, query or path has one. */
  readonly hasKeyInBody?: boolean
  /** Turns a request that is who it says into what goes to the log, and into the answer once it is durable. */
  take(request: DropInRequest): Taken | BodyFault
  /** The product's own form of a refusal; null gives ours. */
  refusal: ((refused: RefusedRequest) => Answer) | null
}

/** An address that is only asked: nothing goes to the log. */
export interface Question {
  readonly methods: readonly DropInMethod[]
  readonly path: string
  readonly source: string
  /** False where the product's clients ask before they have anything to authenticate with. */
  readonly needsKey: boolean
  answer(request: DropInRequest, times: { readonly nowMs: number; readonly startedAtMs: number }): Answer
  refusal: DropIn['refusal']
}

export type DropInMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** One request as a drop-in sees it. */
export interface DropInRequest {
  readonly method: string
  /** The path's parameters, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: IncomingHttpHeaders
  /** Unpacked; empty where nothing was sent. */
  readonly body: Buffer
  readonly contentType: string
  /** The id the delivery will have; no answer needs another random one. */
  readonly deliveryId: string
}

/** What goes to the log. */
export interface Taken {
  /** Holds no key. */
  readonly body: Buffer
  /** What `body` is. */
  readonly contentType: string
  /** Null gives our own answer, `{"deliveryId","accepted"}`. */
  readonly answer: Answer | null
  /** With our own answer: the status for senders that understand no other than 200 (default 202). */
  readonly status?: number
}

/** What a client is told. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** What a refusal is made from; it never quotes the request. */
export interface RefusedRequest {
  readonly status: number
  readonly code: RefusalCode
  readonly message: string
  /** Content type of the request, for products that answer in kind. */
  readonly contentType: string
  readonly deliveryId: string
}

/** JSON as every product here labels it. */
export const JSON_TYPE = 'application/json'

/** An answer in JSON. */
export function json(status: number, value: unknown, headers?: Readonly<Record<string, string>>): Answer {
  return { status, contentType: JSON_TYPE, body: JSON.stringify(value), ...(headers === undefined ? {} : { headers }) }
}

/** Random hex of a delivery id as a UUID, for products whose clients expect one. */
export function uuidOf(deliveryId: string): string {
  const hex = deliveryId.replace(/[^0-9a-f]/g, '').padEnd(32, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}
