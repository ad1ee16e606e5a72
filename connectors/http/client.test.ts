import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import type { AuthKind, OutsideCall } from '../../schemas/tickets.ts'
import { makeCertificate } from '../../test/fakes/certificate.ts'
import { ConnectorError, type ConnectorCode, type Credentials, type HttpRequest } from '../port.ts'
import { connectorHttp, type CallBudget } from './client.ts'

const SECRET = 'very-secret-key-1'
const GET: HttpRequest = { method: 'GET', path: '/x', action: 'retrieved', reference: 'read x' }
const POST: HttpRequest = { method: 'POST', path: '/x', json: { a: 1 }, action: 'created', reference: 'create x', externalId: '7' }

let server: Server
let url = ''
let asked: { request: IncomingMessage; body: string }[] = []
let answer: (request: IncomingMessage, response: ServerResponse) => void

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      asked.push({ request, body: Buffer.concat(parts).toString() })
      answer(request, response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())
beforeEach(() => {
  asked = []
  answer = (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
})

function world({ auth = 'api_key', baseUrl = url, renewed = false, take }: { readonly auth?: AuthKind; readonly baseUrl?: string; readonly renewed?: boolean; readonly take?: CallBudget['take'] } = {}) {
  const clock = new TestClock()
  const records: OutsideCall[] = []
  const taken: Parameters<CallBudget['take']>[0][] = []
  const told: Parameters<CallBudget['answered']>[0][] = []
  const abort = new AbortController()
  let secret = SECRET
  let renewals = 0
  const http = connectorHttp({
    connector: {
      id: 'testdesk', account: () => 'testdesk:one', authorise: (credentials: Credentials) => ({ authorization: `Bearer ${credentials.apiKey ?? ''}` }),
      config: { title: 'Testdesk', auth: ['api_key'], fields: [], hosts: [], baseUrlExample: '', mapping: { status: {}, priority: {}, place: {} }, guide: { steps: [], permissions: [], webhook: [], troubleshooting: [] }, api: { version: '1', page: '' } },
    },
    connection: { id: 'c1', companyId: 'acme', connector: 'testdesk', environment: 'production', baseUrl, auth, fields: {}, mapping: { status: {}, priority: {}, place: {} } },
    credentials: async () => ({ apiKey: secret }),
    renew: async () => {
      renewals += 1
      secret = 'renewed-secret'
      return renewed
    },
    budget: { take: take ?? (async (call) => void taken.push(call)), answered: (call) => void told.push(call) },
    record: async (call) => void records.push(call), clock, signal: abort.signal, timeoutMs: 5_000,
    origin: { companyId: 'acme', incidentId: 'i1', ticketId: 't1', who: { kind: 'system', id: 'sync', name: 'sync' }, urgency: 0, retries: 2 },
  })
  const fails = (request: HttpRequest): Promise<ConnectorError> => http.call(request).then(() => { throw new Error('it did not fail') }, (error: unknown) => {
    if (!(error instanceof ConnectorError)) throw error
    return error
  })
  return { http, clock, records, taken, told, abort, fails, renewals: () => renewals }
}

describe('a call to a ticket system', () => {
  it('proves who we are, sends JSON, is taken from the budget and recorded without the proof', async () => {
    const { http, records, taken, told } = world()
    expect(await http.call({ ...POST, query: { api_key: 'k' }, headers: { 'idempotency-key': 'AW-1' } })).toMatchObject({ status: 200, body: { ok: true } })
    expect(asked[0]!.request.headers).toMatchObject({ authorization: `Bearer ${SECRET}`, 'content-type': 'application/json', accept: 'application/json', 'idempotency-key': 'AW-1' })
    expect(asked[0]!.body).toBe('{"a":1}')
    expect(taken).toMatchObject([{ account: 'testdesk:one', urgency: 0, isWrite: true, ticketId: 't1' }])
    expect(told).toMatchObject([{ status: 200, outcome: 'success' }])
    expect(records).toMatchObject([{ connector: 'testdesk', action: 'created', direction: 'out', externalId: '7', status: 'success', httpStatus: 200, retries: 2, companyId: 'acme', incidentId: 'i1', ticketId: 't1', reference: 'create x' }])
    expect(records[0]!.request).toContain('{"a":1}')
    expect(records[0]!.response).toContain('{"ok":true}')
    expect(JSON.stringify(records)).not.toContain(SECRET)
  })

  it('tells no part of a secret either, where what is said is cut in the middle of it', async () => {
    answer = (_request, response) => void response.writeHead(422, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: `${'x'.repeat(280)} ${SECRET} ${'y'.repeat(50)}` } }))
    const { fails, records } = world()
    expect((await fails(GET)).message + JSON.stringify(records)).not.toContain(SECRET.slice(0, 5))
  })

  it.each<[number, ConnectorCode]>([
    [400, 'invalid'], [401, 'unauthorized'], [402, 'quota'], [403, 'forbidden'], [404, 'not_found'], [405, 'invalid'], [408, 'timeout'], [409, 'conflict'], [410, 'not_found'], [412, 'conflict'], [413, 'too_large'], [418, 'invalid'], [422, 'invalid'], [429, 'rate_limited'],
    [500, 'server_error'], [502, 'server_error'], [503, 'server_error'], [504, 'server_error'], [301, 'misconfigured'], [302, 'misconfigured'], [307, 'misconfigured'],
  ])('takes %i for %s, with what was said and how to mend it', async (status, code) => {
    answer = (_request, response) => void response.writeHead(status, { location: '/y', 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: `no way with ${SECRET}` } }))
    const { fails, records, told } = world()
    const error = await fails(GET)
    expect([error.code, error.httpStatus]).toEqual([code, status])
    expect(error.message).toMatch(/^Testdesk: read x: .+; .+/)
    expect(error.message + JSON.stringify(records) + JSON.stringify(error)).not.toContain(SECRET)
    expect(records).toMatchObject([{ errorCode: code, status: code === 'timeout' ? 'timeout' : 'error', httpStatus: status }])
    expect(told).toMatchObject([{ status, outcome: code }])
    expect(asked).toHaveLength(1)
  })

  it('does not know what became of a write that is sent on', async () => {
    answer = (_request, response) => void response.writeHead(302, { location: '/login' }).end()
    expect((await world().fails(POST)).outcome).toBe('unknown')
  })

  it('says how long to wait', async () => {
    answer = (_request, response) => void response.writeHead(429, { 'retry-after': '17' }).end()
    const { fails, told } = world()
    expect((await fails(GET)).retryAfterMs).toBe(17_000)
    expect(told[0]!.retryAfterMs).toBe(17_000)
  })

  it.each<[string, number, string, string, ConnectorCode]>([
    ['a page', 200, 'text/html', '<html>login</html>', 'bad_answer'], ['a page that calls itself JSON', 200, 'application/json', '<!DOCTYPE html><p>x', 'bad_answer'], ['broken JSON', 201, 'application/json', '{"a":', 'bad_answer'],
    ['a page that says not found', 404, 'text/html', '<html>not found</html>', 'bad_answer'], ['a page of a proxy in trouble', 502, 'text/html', '<html>bad gateway</html>', 'server_error'],
  ])('does not believe %s', async (_name, status, type, text, code) => {
    answer = (_request, response) => void response.writeHead(status, { 'content-type': type }).end(text)
    expect((await world().fails({ ...GET, accepts: status === 404 ? [404] : [] })).code).toBe(code)
  })

  it('takes a status that is named as an answer', async () => {
    answer = (_request, response) => void response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"RecordNotFound"}')
    expect(await world().http.call({ ...GET, accepts: [404] })).toMatchObject({ status: 404, body: { error: 'RecordNotFound' } })
  })

  it('takes an error for what its body says, where the PSA says it there alone', async () => {
    const { http, told } = world()
    const meaning = (status: number, body: unknown): ConnectorCode | null => (status === 500 && JSON.stringify(body).includes('required') ? 'invalid' : null)
    answer = (_request, response) => void response.writeHead(500, { 'content-type': 'application/json' }).end('{"errors":["a field is required"]}')
    await expect(http.call({ ...POST, meaning })).rejects.toMatchObject({ code: 'invalid', outcome: 'refused', httpStatus: 500 })
    answer = (_request, response) => void response.writeHead(500, { 'content-type': 'application/json' }).end('{"errors":["out of order"]}')
    await expect(http.call({ ...POST, meaning })).rejects.toMatchObject({ code: 'server_error' })
    answer = (_request, response) => void response.writeHead(500, { 'content-type': 'text/html' }).end('<html>required</html>')
    await expect(http.call({ ...POST, meaning })).rejects.toMatchObject({ code: 'server_error' })
    expect(told.map(({ outcome }) => outcome)).toEqual(['invalid', 'server_error', 'server_error'])
  })

  it('reads no body as null, text as text where it is asked for, and long numbers to the last digit', async () => {
    const { http } = world()
    answer = (_request, response) => void response.writeHead(204).end()
    expect((await http.call(GET)).body).toBeNull()
    answer = (_request, response) => void response.writeHead(200).end('RT/5.0 200 Ok')
    expect((await http.call({ ...GET, isText: true })).body).toBe('RT/5.0 200 Ok')
    answer = (_request, response) => void response.writeHead(200).end('{"id":9007199254740993,"n":1.5,"m":7}')
    expect((await http.call(GET)).body).toEqual({ id: '9007199254740993', n: 1.5, m: 7 })
  })

  it('gives on no character that no database keeps, whoever wrote it there', async () => {
    const { http } = world()
    answer = (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"body":["a\\u0000b","\\ud83d and \\uDE00","\\ud83d\\ude00"],"id":12345678901234567890}')
    expect((await http.call(GET)).body).toEqual({ body: ['a\ufffdb', '\ufffd and \ufffd', '\u{1f600}'], id: '12345678901234567890' })
    answer = (_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('a\u0000b')
    expect((await http.call({ ...GET, isText: true })).body).toBe('a\ufffdb')
  })

  it('reads no more than 5 MB', async () => {
    answer = (_request, response) => void response.writeHead(200).end(`"${'x'.repeat(6_000_000)}"`)
    expect((await world().fails(GET)).message).toContain('more than 5 MB')
  })

  it('ends a call that takes too long, before and in the middle of its answer', async () => {
    for (const begin of [() => undefined, (response: ServerResponse) => void response.writeHead(200).write('{"a"')]) {
      const seen = Promise.withResolvers<undefined>()
      answer = (_request, response) => {
        begin(response)
        seen.resolve(undefined)
      }
      const { fails, clock, records } = world()
      const failing = fails(POST)
      await seen.promise
      clock.tick(5_000)
      expect(await failing).toMatchObject({ code: 'timeout', outcome: 'unknown' })
      expect(records).toMatchObject([{ status: 'timeout' }])
    }
  })

  it('ends when its work is ended, and does not begin afterwards', async () => {
    const seen = Promise.withResolvers<undefined>()
    answer = () => seen.resolve(undefined)
    const { fails, abort, taken } = world()
    const failing = fails(GET)
    await seen.promise
    abort.abort()
    expect((await failing).code).toBe('aborted')
    expect((await fails(GET)).code).toBe('aborted')
    expect(taken).toHaveLength(1)
  })

  it('tells a call that broke from one that was never sent', async () => {
    answer = (request) => void request.socket.destroy()
    expect(await world().fails(POST)).toMatchObject({ code: 'cut_off', outcome: 'unknown' })
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const baseUrl = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`
    await new Promise((resolve) => closed.close(resolve))
    const { fails, told } = world({ baseUrl })
    expect(await fails(POST)).toMatchObject({ code: 'unreachable', outcome: 'not_sent' })
    expect(told).toMatchObject([{ status: null, outcome: 'unreachable' }])
  })

  it('trusts no certificate that nobody vouches for', async () => {
    const { pem, privateKey } = makeCertificate(Date.UTC(2020, 0, 1), Date.UTC(2049, 0, 1), 'localhost')
    const tls = createTlsServer({ key: privateKey.export({ type: 'pkcs8', format: 'pem' }), cert: pem }, (_request, response) => void response.end('{}')).listen(0, '127.0.0.1')
    await once(tls, 'listening')
    expect((await world({ baseUrl: `https://localhost:${(tls.address() as AddressInfo).port}` }).fails(GET)).code).toBe('tls')
    tls.close()
  })

  it('gets a new token once where OAuth is used, and nowhere else', async () => {
    answer = (request, response) => void response.writeHead(request.headers.authorization === 'Bearer renewed-secret' ? 200 : 401).end('{}')
    const good = world({ auth: 'oauth2_client', renewed: true })
    expect((await good.http.call(POST)).status).toBe(200)
    expect([good.taken.length, good.records.length, good.renewals()]).toEqual([2, 2, 1])
    answer = (_request, response) => void response.writeHead(401).end('{}')
    const bad = world({ auth: 'oauth2_code', renewed: true })
    expect((await bad.fails(POST)).code).toBe('unauthorized')
    expect([bad.taken.length, bad.renewals()]).toEqual([2, 1])
    const plain = world({ renewed: true })
    await plain.fails(POST)
    expect([plain.taken.length, plain.renewals()]).toEqual([1, 0])
  })

  it('calls nothing where the budget says no', async () => {
    const { fails, records } = world({ take: () => Promise.reject(new ConnectorError('budget', 'later', { retryAfterMs: 9_000 })) })
    expect(await fails(POST)).toMatchObject({ code: 'budget', retryAfterMs: 9_000 })
    expect([asked.length, records.length]).toEqual([0, 0])
  })

  it('sends forms, parts and files as they are', async () => {
    const { http, records } = world()
    await http.call({ ...POST, json: undefined, form: { a: 'b c' } })
    expect([asked[0]!.request.headers['content-type'], asked[0]!.body]).toEqual(['application/x-www-form-urlencoded', 'a=b+c'])
    await http.call({ ...POST, json: undefined, multipart: [{ name: 'n', value: 'v' }, { name: 'f', value: Buffer.from('bytes'), fileName: 'x.txt', contentType: 'text/plain' }] })
    expect(asked[1]!.request.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(asked[1]!.body).toMatch(/name="n"\r\n\r\nv\r\n[\s\S]*filename="x.txt"\r\nContent-Type: text\/plain\r\n\r\nbytes/)
    await http.call({ ...POST, json: undefined, binary: { bytes: Buffer.from([1, 2, 3]), contentType: 'application/binary' } })
    expect(asked[2]!.request.headers['content-type']).toBe('application/binary')
    expect(records[2]!.request).toContain('[3 bytes]')
    expect((await world().fails({ ...POST, form: {} })).code).toBe('defect')
  })

  it('does not repeat a credential that cannot stand in a header', async () => {
    const { fails } = world()
    const error = await fails({ ...GET, headers: { 'x-any': 'line\nend' } })
    expect([error.code, error.message.includes('line\n')]).toEqual(['misconfigured', false])
  })

  it('goes to no other host', async () => {
    expect((await world().fails({ ...GET, url: 'https://evil.example/x' })).code).toBe('invalid')
  })
})
