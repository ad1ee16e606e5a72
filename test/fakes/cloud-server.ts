/** What the fakes of clouds share: a TLS server on a free port that can lose requests and answers, refuse, or say nothing, and that holds every call to the vendors' descriptions. */
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeCertificate, type SelfMade } from './certificate.ts'
import type { CallJudge } from './openapi.ts'

/** A call as a fake sees it. */
export interface CloudCall {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** JSON or form, parsed; undefined where there is no body. */
  readonly body: unknown
}

/** What it answers. */
export interface CloudAnswer {
  readonly status: number
  readonly json?: unknown
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What goes wrong with the next call that fits. `lost_before`: nobody sees the request; `lost_after`: it is done, and the answer is lost; `silence`: it is taken, and nothing comes; `garbled`: it is done, and half of the answer comes as if it were all. */
export interface Trouble {
  readonly method?: string
  readonly path: RegExp
  readonly is: 'lost_before' | 'lost_after' | 'silence' | 'garbled' | CloudAnswer
  /** How often (once). */
  readonly times?: number
}

/** A running server. */
export interface CloudServer {
  /** Its address; it is also known as `127.0.0.1`, which its certificate does not say. */
  readonly url: string
  /** PEM to trust. */
  readonly ca: string
  readonly calls: readonly { readonly method: string; readonly path: string; readonly status: number | null }[]
  /** What did not fit a description, and calls nobody knows. */
  readonly faults: readonly string[]
  /** Calls no description has, such as `GET /x`, so that a test can say what nothing but the fake judges. */
  readonly undescribed: ReadonlySet<string>
  trouble(trouble: Trouble): void
  /** Resolves once a call of this path has been taken, answered or not. */
  taken(path: RegExp): Promise<void>
  close(): Promise<void>
}

/** One for all servers of a process: making a key takes longer than most tests. */
let certificate: SelfMade | null = null

/** Starts it. `answer` gives null for a call it does not have. */
export async function startCloudServer(options: { readonly judges: readonly CallJudge[]; readonly answer: (call: CloudCall) => CloudAnswer | null }): Promise<CloudServer> {
  certificate ??= makeCertificate(Date.UTC(2020, 0, 1), Date.UTC(2049, 0, 1), 'localhost')
  const { pem, privateKey } = certificate
  const calls: { method: string; path: string; status: number | null }[] = []
  const faults: string[] = []
  const undescribed = new Set<string>()
  const troubles: { trouble: Trouble; left: number }[] = []
  let waiting: { path: RegExp; tell: () => void }[] = []
  let url = ''

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await read(request, url)
    const { method } = call
    const trouble = troubles.find((one) => one.left > 0 && (one.trouble.method ?? method) === method && one.trouble.path.test(call.url.pathname))
    if (trouble !== undefined) trouble.left -= 1
    const is = trouble?.trouble.is
    if (is === 'lost_before') return void request.socket.destroy()
    const answer = typeof is === 'object' ? is : options.answer(call)
    calls.push({ method, path: call.url.pathname, status: is === 'lost_after' || is === 'silence' ? null : answer?.status ?? null })
    for (const { tell } of waiting.filter(({ path }) => path.test(call.url.pathname))) tell()
    waiting = waiting.filter(({ path }) => !path.test(call.url.pathname))
    if (answer === null) {
      faults.push(`${method} ${call.url.pathname}: nobody knows this call`)
      return void response.writeHead(404).end()
    }
    const verdicts = options.judges.map((judge) => judge.judge({ method, url: call.url, body: call.body, status: answer.status, answer: answer.json }))
    faults.push(...verdicts.flatMap((found) => found ?? []))
    if (verdicts.every((found) => found === null)) undescribed.add(`${method} ${call.url.pathname}`)
    if (is === 'lost_after') return void request.socket.destroy()
    if (is === 'silence') return
    const whole = answer.json === undefined ? answer.text ?? '' : JSON.stringify(answer.json)
    const text = is === 'garbled' ? whole.slice(0, whole.length / 2) : whole
    response.writeHead(answer.status, { ...(answer.json === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }), ...answer.headers }).end(text)
  }
  const server = createServer({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }), cert: pem }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      faults.push(`the fake failed: ${String(error)}`)
      response.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `https://localhost:${(server.address() as AddressInfo).port}`
  return {
    url, ca: pem, calls, faults, undescribed,
    trouble: (trouble) => void troubles.push({ trouble, left: trouble.times ?? 1 }),
    taken: (path) => new Promise((tell) => void waiting.push({ path, tell })),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function read(request: IncomingMessage, base: string): Promise<CloudCall> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const text = Buffer.concat(parts).toString('utf8')
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  return { method: request.method ?? '', url: new URL(request.url ?? '/', base), headers: request.headers, text, body: text === '' ? undefined : isForm ? Object.fromEntries(new URLSearchParams(text)) : (JSON.parse(text) as unknown) }
}
