/**
 * What the fakes of ticket systems share: a server on a free port over which every request and every answer is held to the vendor's description, whose calls can go wrong in every way
 * that matters, and that keeps to the limits the vendor publishes, on a clock that the test moves.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../../schemas/clock.ts'
import type { CallJudge } from '../openapi.ts'

/** A call as a fake sees it. */
export interface PsaCall {
  readonly method: string
  readonly url: URL
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly raw: Buffer
  /** JSON or form, parsed; parts by name, a file as its bytes; undefined where there is no body or where it is no text. */
  readonly body: unknown
  readonly files: readonly { readonly field: string; readonly name: string; readonly contentType: string; readonly bytes: Buffer }[]
}

/** What it answers. */
export interface PsaAnswer {
  readonly status: number
  readonly json?: unknown
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A call that was made: what a test counts. */
export interface PsaCallSeen {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly body: unknown
  readonly headers: IncomingHttpHeaders
  readonly atMs: number
  /** Null: no whole answer was given. */
  readonly status: number | null
  readonly isWrite: boolean
}

/**
 * How a call goes wrong. `lost_before`: nobody sees the request; `lost_after`: it is done, and the connection breaks; `silence`: it is done, and nothing comes; `slow`: it is done, and the
 * answer stops in its middle; `html`: it is not done, and a proxy answers with a page; a number: it is done, and answered with this status; an answer: it is not done, and this is answered.
 */
export type PsaTrouble = 'lost_before' | 'lost_after' | 'silence' | 'slow' | 'html' | number | PsaAnswer

/** Which calls go wrong. */
export interface PsaTroubleRule {
  readonly is: PsaTrouble
  readonly method?: string
  readonly path?: RegExp
  /** Only what changes something. */
  readonly isWrite?: boolean
  /** Calls that fit and go well first (0). */
  readonly skip?: number
  /** How often (1). */
  readonly times?: number
}

/** A limit the vendor publishes. */
export interface PsaLimit {
  readonly name: string
  readonly calls: number
  readonly windowMs: number
  /** What shares the count; null: it is not counted. */
  key(call: PsaCall): string | null
}

/** What a fake hands in. */
export interface PsaServerOptions {
  readonly clock: Clock
  readonly judges: readonly CallJudge[]
  /** Calls the description does not have, as `POST /api/v2/tickets/{id}/merge`, with where they are documented; each `{…}` stands for one segment. */
  readonly beyond?: Readonly<Record<string, string>>
  readonly limits?: readonly PsaLimit[]
  /** Reads though they are no GET, such as a query by POST. */
  isRead?(call: PsaCall): boolean
  /** Null: the vendor has no such call. */
  answer(call: PsaCall): PsaAnswer | null
  /** What is answered beyond a limit; `waitMs` until there is room. */
  refuse?(limit: PsaLimit, waitMs: number): PsaAnswer
  /** Headers on every answer, given what is left of each limit. */
  headers?(left: Readonly<Record<string, number>>): Readonly<Record<string, string>>
}

/** A running server. */
export interface PsaServer {
  /** `http://127.0.0.1:port`. */
  readonly origin: string
  readonly calls: readonly PsaCallSeen[]
  /** What did not fit the description, calls nobody knows, and failures of the fake itself. */
  readonly faults: readonly string[]
  /** False: the descriptions are not there. */
  readonly isHeld: boolean
  /** Entries of `beyond` that were called. */
  readonly beyondCalled: ReadonlySet<string>
  /** Most calls that were under way at once. */
  readonly mostAtOnce: () => number
  trouble(rule: PsaTroubleRule): void
  /** Forgets troubles that did not come. */
  calm(): void
  /** Resolves once a call that fits has been taken, answered or not. */
  taken(path: RegExp): Promise<void>
  stop(): Promise<void>
}

/** Starts it on a free port. */
export async function startPsaServer(options: PsaServerOptions): Promise<PsaServer> {
  const { clock, judges } = options
  const calls: PsaCallSeen[] = []
  const faults: string[] = []
  const beyondCalled = new Set<string>()
  const beyond = Object.keys(options.beyond ?? {}).map((entry) => ({ entry, pattern: new RegExp(`^${entry.replace(/[.$+?()]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`) }))
  let rules: { rule: PsaTroubleRule; skip: number; left: number }[] = []
  let waiting: { path: RegExp; tell: () => void }[] = []
  const counted = new Map<string, number[]>()
  let underWay = 0
  let mostAtOnce = 0
  let origin = ''

  const troubleOf = (call: PsaCall, isWrite: boolean): PsaTrouble | null => {
    const found = rules.find(({ rule, left }) => left > 0 && (rule.method ?? call.method) === call.method && (rule.path?.test(call.path) ?? true) && (rule.isWrite ?? isWrite) === isWrite)
    if (found === undefined) return null
    if (found.skip > 0) {
      found.skip -= 1
      return null
    }
    found.left -= 1
    return found.rule.is
  }

  const limited = (call: PsaCall): PsaAnswer | null => {
    const nowMs = clock.now()
    const due = (options.limits ?? []).flatMap((limit) => {
      const key = limit.key(call)
      if (key === null) return []
      const name = `${limit.name}:${key}`
      const times = (counted.get(name) ?? []).filter((atMs) => atMs > nowMs - limit.windowMs)
      counted.set(name, times)
      return [{ limit, times }]
    })
    const full = due.find(({ limit, times }) => times.length >= limit.calls)
    if (full !== undefined) {
      const waitMs = (full.times[0] ?? nowMs) + full.limit.windowMs - nowMs
      return options.refuse?.(full.limit, waitMs) ?? { status: 429, json: { message: 'too many requests' }, headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } }
    }
    for (const { times } of due) times.push(nowMs)
    return null
  }
  const left = (): Record<string, number> => Object.fromEntries((options.limits ?? []).map(({ name, calls: most, windowMs }) =>
    [name, most - Math.max(0, ...[...counted].filter(([key]) => key.startsWith(`${name}:`)).map(([, times]) => times.filter((atMs) => atMs > clock.now() - windowMs).length))]))

  const hold = (call: PsaCall, answer: PsaAnswer): void => {
    // A path such as /tickets/merge would else be taken for the ticket "merge".
    const known = beyond.find(({ pattern }) => pattern.test(`${call.method} ${call.path}`))
    if (known !== undefined) return void beyondCalled.add(known.entry)
    const verdicts = judges.map((judge) => judge.judge({ method: call.method, url: call.url, body: call.body, ...(call.headers['content-type'] === undefined ? {} : { contentType: call.headers['content-type'] }), status: answer.status, answer: answer.json ?? answer.text }))
    faults.push(...verdicts.flatMap((found) => found ?? []))
    if (verdicts.every((found) => found === null) && judges.some(({ isThere }) => isThere)) faults.push(`${call.method} ${call.path}: neither the description has it nor does the fake say where it is documented`)
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await read(request, origin)
    const isWrite = call.method !== 'GET' && options.isRead?.(call) !== true
    const trouble = troubleOf(call, isWrite)
    const see = (status: number | null): void => {
      calls.push({ method: call.method, path: call.path, query: call.url.search, body: call.body, headers: call.headers, atMs: clock.now(), status, isWrite })
      for (const { tell } of waiting.filter(({ path }) => path.test(call.path))) tell()
      waiting = waiting.filter(({ path }) => !path.test(call.path))
    }
    if (trouble === 'lost_before') {
      see(null)
      return void request.socket.destroy()
    }
    if (trouble === 'html') {
      see(200)
      return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!DOCTYPE html><html><body>Scheduled maintenance</body></html>')
    }
    const scripted = typeof trouble === 'object' ? trouble : null
    const refused = scripted ?? limited(call)
    const given = refused ?? options.answer(call)
    const answer = given !== null && typeof trouble === 'number' ? { ...given, status: trouble } : given
    if (answer === null) {
      faults.push(`${call.method} ${call.path}: the fake has no such call`)
      see(404)
      return void response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
    }
    // What was scripted is the test's own, and a status that is not due is meant not to fit.
    if (refused === null && typeof trouble !== 'number') hold(call, answer)
    const isLost = trouble === 'lost_after' || trouble === 'silence' || trouble === 'slow'
    see(isLost ? null : answer.status)
    if (trouble === 'lost_after') return void request.socket.destroy()
    if (trouble === 'silence') return
    const text = answer.json === undefined ? answer.text ?? '' : JSON.stringify(answer.json)
    response.writeHead(answer.status, { ...(answer.json === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }), ...options.headers?.(left()), ...answer.headers })
    if (trouble === 'slow') return void response.write(text.slice(0, 1) || ' ')
    response.end(answer.status === 204 ? '' : text)
  }

  const server = createServer((request, response) => {
    underWay += 1
    mostAtOnce = Math.max(mostAtOnce, underWay)
    handle(request, response).catch((error: unknown) => {
      faults.push(`the fake failed at ${request.method ?? ''} ${request.url ?? ''}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`)
      response.destroy()
    }).finally(() => void (underWay -= 1))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin, calls, faults, beyondCalled, isHeld: judges.some(({ isThere }) => isThere), mostAtOnce: () => mostAtOnce,
    trouble: (rule) => void rules.push({ rule, skip: rule.skip ?? 0, left: rule.times ?? 1 }),
    calm: () => void (rules = []),
    taken: (path) => new Promise((tell) => void waiting.push({ path, tell })),
    stop: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

async function read(request: IncomingMessage, origin: string): Promise<PsaCall> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const raw = Buffer.concat(parts)
  const url = new URL(request.url ?? '/', origin)
  const call = { method: request.method ?? '', url, path: url.pathname, headers: request.headers, raw, files: [] }
  const type = request.headers['content-type'] ?? ''
  if (raw.length === 0) return { ...call, body: undefined }
  if (type.startsWith('application/x-www-form-urlencoded')) return { ...call, body: Object.fromEntries(new URLSearchParams(raw.toString())) }
  if (type.startsWith('multipart/form-data')) return { ...call, ...(await multipart(raw, type)) }
  if (/json/.test(type)) return { ...call, body: JSON.parse(raw.toString()) as unknown }
  return { ...call, body: raw.toString('latin1') }
}

async function multipart(raw: Buffer, type: string): Promise<Pick<PsaCall, 'body' | 'files'>> {
  const body: Record<string, unknown> = {}
  const files: { field: string; name: string; contentType: string; bytes: Buffer }[] = []
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- warned against for bodies of strangers; these are our own and small
  for (const [field, value] of await new Response(new Uint8Array(raw), { headers: { 'content-type': type } }).formData()) {
    const shown = typeof value === 'string' ? value : `(${value.size} bytes)`
    body[field] = field.endsWith('[]') ? [...((body[field] as unknown[] | undefined) ?? []), shown] : shown
    if (typeof value !== 'string') files.push({ field, name: value.name, contentType: value.type, bytes: Buffer.from(await value.arrayBuffer()) })
  }
  return { body, files }
}
