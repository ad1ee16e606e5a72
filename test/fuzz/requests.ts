/** Requests to the edge: every address it has, right ones and wrong ones, as bytes. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { DROP_INS, QUESTIONS } from '../../ingest/drop-ins/register.ts'
import { KEY, signed } from '../../ingest/testing/edge.ts'
import { bodyOf, broken, type Body } from './bodies.ts'
import type { Corpus } from './corpus.ts'
import { mutated } from './mutate.ts'
import { CANARY, oddText } from './odd.ts'
import { otlpBytes } from './otlp.ts'
import type { Random } from './random.ts'
import { write, type Tree } from './tree.ts'

/** A secret that stands in headers only; it may come out nowhere. */
export const HEAD_CANARY = 'hunter3-head-5eCr3t'

/** One request as it is written. */
export interface RequestBytes {
  readonly method: string
  readonly bytes: Buffer
  /** False where the head says something else of the body than is sent. */
  readonly isFramed: boolean
}

/** Heads that are longer end the connection, and an answer may be lost with it. */
const HEAD_BYTES = 15_000
/** So do bodies beyond the least limit of any address. */
const UNVOUCHED_BYTES = 524_288

interface Address { readonly method: string; readonly path: string; readonly source: string; readonly hasKey: boolean }

const ADDRESSES: readonly Address[] = [...DROP_INS, ...QUESTIONS].flatMap(({ methods, path, source }) => methods.map((method) => ({ method, path, source, hasKey: path.includes('/:key') })))

/** Bombs: small archives of large bodies. */
const BOMBS: readonly (readonly [string, Buffer])[] = [
  ['gzip', gzipSync(Buffer.alloc(30_000_000, '['))], ['deflate', deflateSync(Buffer.alloc(30_000_000, ' '))], ['br', brotliCompressSync(Buffer.alloc(60_000_000, 'a'))], ['gzip', gzipSync(gzipSync(Buffer.alloc(30_000_000)))],
]

/** A request to one of the addresses; `nowMs` is the edge's time, for signatures that are right. */
export function requestOf(random: Random, corpus: Corpus, nowMs: number): RequestBytes {
  const sources = [...corpus.bySource.keys()]
  const address = random.once(3) ? { method: 'POST', path: '/api/webhooks/:source', source: random.once(8) ? oddText(random).slice(0, 90) : random.pick(['alerts', ...sources]), hasKey: false } : random.pick(ADDRESSES)
  const { bytes: plain, contentType } = bodyFor(address.source, random, corpus)
  const headers: string[] = []
  const encoding = random.once(4) ? random.pick(['gzip', 'deflate', 'br', 'x-gzip', 'identity', 'zstd', 'gzip, gzip', '']) : null
  const bomb = random.once(40) ? random.pick(BOMBS) : null
  const body = bomb?.[1] ?? packed(plain, encoding, random)
  if (encoding !== null || bomb !== null) headers.push(`content-encoding: ${bomb?.[0] ?? encoding ?? ''}`)
  const isKeyInBody = address.source === 'pagerduty-events' && random.once(2)
  const prefix = random.once(6) ? `/in/${random.once(8) ? 'aw_wrong' : KEY}` : ''
  const query = random.once(6) ? `?${random.pick([`api_key=${KEY}`, `access_token=${KEY}`, `api_key=${HEAD_CANARY}`, `identifierType=${random.pick(['alias', 'id', 'tiny'])}`, encodeURIComponent(oddText(random).slice(0, 200).toWellFormed()), '%', '&&=', '__proto__=1', 'a[b]=c'])}` : ''
  if (!isKeyInBody) headers.push(...credentials(random))
  if (random.once(8)) for (const [name, value] of Object.entries(signed(random.once(3) ? 'other' : body, nowMs))) headers.push(`${name}: ${value}`)
  headers.push(...extras(random))
  if (!random.once(12)) headers.push(`content-type: ${headerSafe(contentType)}`)
  const method = random.once(15) ? random.pick(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND', 'FOO', 'post']) : address.method
  const framing = framed(body, random)
  const path = `${address.hasKey ? '' : prefix}${filled(address.path, address.source, random)}${query}`
  const head = [`${method} ${path.replace(/[\s\u0000-\u001f\u007f-\uffff]/g, (char) => encodeURIComponent(char.toWellFormed()))} HTTP/1.1`, 'host: edge.test', ...shuffled(headers, random), ...framing.headers, '', ''].join('\r\n')
  return { method, bytes: Buffer.concat([Buffer.from(head, 'latin1'), framing.body]), isFramed: framing.isRight && head.length < HEAD_BYTES && body.length <= UNVOUCHED_BYTES && !/^(FOO|post)$/.test(method) }
}

/** A body of the address's own kind. Where clients put the key into it, it stands there. */
function bodyFor(source: string, random: Random, corpus: Corpus): Body {
  if (source === 'opentelemetry' && random.once(2)) return { bytes: random.once(5) ? broken(otlpBytes(random), random) : otlpBytes(random), contentType: 'application/x-protobuf' }
  const samples = corpus.bySource.get(source) ?? [...corpus.bySource.values()].flat()
  const sample = random.pick(samples)
  if (source !== 'pagerduty-events') return bodyOf(sample, random, corpus.stock)
  const tree = mutated(sample.tree, random, corpus.stock)
  const withKey = (one: Tree): Tree => (one.kind === 'object' ? { kind: 'object', entries: [...one.entries, [random.pick(['routing_key', 'service_key']), { kind: 'text', text: KEY }]] } : one)
  const whole = tree.kind === 'array' ? { kind: 'array' as const, items: tree.items.map(withKey) } : withKey(tree)
  return { bytes: Buffer.from(write(whole)), contentType: random.pick(['application/json', 'application/x-www-form-urlencoded', 'text/plain']) }
}

function packed(body: Buffer, encoding: string | null, random: Random): Buffer {
  const whole = encoding === 'gzip' || encoding === 'x-gzip' ? gzipSync(body) : encoding === 'deflate' ? (random.once(2) ? deflateSync(body) : deflateRawSync(body)) : encoding === 'br' && body.length < 100_000 ? brotliCompressSync(body) : body
  return encoding !== null && random.once(5) ? broken(whole, random) : whole
}

function credentials(random: Random): string[] {
  switch (random.int(10)) {
    case 0: return []
    case 1: return [`authorization: Bearer ${KEY}`]
    case 2: return [`authorization: GenieKey ${KEY}`]
    case 3: return [`authorization: Basic ${Buffer.from(`tool:${KEY}`).toString('base64')}`]
    case 4: return [`authorization: ${random.pick(['Bearer', 'Basic', 'GenieKey', 'Digest', ''])} ${HEAD_CANARY}`]
    case 5: return [`x-api-key: ${random.pick(['aw_', HEAD_CANARY, `aw_${HEAD_CANARY}`, KEY.slice(0, -1), `${KEY}x`])}`]
    default: return [`x-api-key: ${KEY}`]
  }
}

/** Headers that mean something, with values that do not; names and values by chance. */
function extras(random: Random): string[] {
  const names = ['x-delivery-id', 'webhook-id', 'x-timestamp', 'x-signature', 'webhook-timestamp', 'webhook-signature', 'x-hub-signature-256', 'ce-type', 'ce-id', 'ce-specversion', 'ce-source', 'user-agent', 'webhook-request-origin', 'webhook-request-rate', 'x-amz-sns-message-type', 'expect', 'connection', 'accept-encoding', 'x-forwarded-for', 'origin', 'if-none-match', 'range', 'x-pagerduty-signature', 'sentry-hook-signature', 'cookie', '__proto__', 'upgrade']
  const list = random.list(0, random.once(4) ? 6 : 1, () => `${random.pick(names)}: ${headerSafe(random.once(5) ? random.pick(['100-continue', 'close', 'keep-alive, upgrade', 'h2c', 'sha256=', 'v1,AAAA', '1767225600', '*', 'e.test', '9'.repeat(30), HEAD_CANARY]) : oddText(random)).slice(0, 4_000)}`)
  // A user agent and the headers of events are kept on purpose, and an origin is answered, so no secret is planted there.
  const without = list.map((line) => (/^(user-agent|ce-|x-amz-sns|webhook-request-origin)/.test(line) ? line.replaceAll(HEAD_CANARY, 'x') : line))
  return random.once(60) ? [...without, ...Array.from({ length: 3_000 }, (_, at) => `x-${at}: 1`)] : without
}

function filled(path: string, source: string, random: Random): string {
  const value = (name: string): string => {
    if (name === 'key') return random.once(6) ? 'aw_wrong' : KEY
    if (name === 'source') return source
    if (name === 'action') return random.pick(['close', 'acknowledge', 'snooze', 'notes', '__proto__', encodeURIComponent(oddText(random).slice(0, 60).toWellFormed())])
    return random.pick(['a', 'alias-YQ', 'alias-!!', '%', '%00', '%2e%2e', '..', 'x'.repeat(random.pick([1_600, 1_601, 20_000])), encodeURIComponent(oddText(random).slice(0, 300).toWellFormed())])
  }
  const whole = path.replace(/:(\w+)/g, (_, name: string) => value(name))
  return random.once(25) ? whole + random.pick(['/', '//', '/..', '?', '#', ';x', '%2f']) : whole
}

/** How the head says where the body ends: rightly in most, else not. */
function framed(body: Buffer, random: Random): { readonly headers: readonly string[]; readonly body: Buffer; readonly isRight: boolean } {
  const length = `content-length: ${body.length}`
  switch (random.int(24)) {
    case 0: return { headers: [`content-length: ${body.length + 1 + random.int(2_000)}`], body, isRight: false }
    case 1: return { headers: [`content-length: ${Math.max(0, body.length - 5)}`], body, isRight: false }
    case 2: return { headers: [random.pick(['content-length: x', 'content-length: -1', 'content-length: 1e3', `content-length: ${'9'.repeat(30)}`, 'content-length: 5, 6'])], body, isRight: false }
    case 3: return { headers: [length, length], body, isRight: false }
    case 4: return { headers: [length, 'transfer-encoding: chunked'], body, isRight: false }
    case 5: return { headers: [], body, isRight: false }
    case 6: return { headers: ['transfer-encoding: chunked'], body: broken(chunked(body, random), random), isRight: false }
    case 7: case 8: case 9: return { headers: ['transfer-encoding: chunked'], body: chunked(body, random), isRight: true }
    default: return { headers: [length], body, isRight: true }
  }
}

function chunked(body: Buffer, random: Random): Buffer {
  const parts: Buffer[] = []
  const extension = random.once(10) ? `;${'x'.repeat(random.int(500))}` : ''
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, 1 + random.int(random.once(4) ? 40 : 70_000))
    // Thousands of tiny pieces once are enough.
    const taken = parts.length > 600 ? body.length - at : size
    parts.push(Buffer.from(`${taken.toString(16)}${extension}\r\n`), body.subarray(at, at + taken), Buffer.from('\r\n'))
    at += taken
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

function headerSafe(text: string): string {
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, '?').replace(/[\u0100-\uffff]/g, '\u00e9').replaceAll(CANARY, 'x')
}

function shuffled(list: readonly string[], random: Random): string[] {
  return list.map((one) => ({ one, at: random.next() })).sort((a, b) => a.at - b.at).map(({ one }) => one)
}
