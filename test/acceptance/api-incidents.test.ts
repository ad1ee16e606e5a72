/** Incidents as they are read, commanded and told live, over a real database and the projector's own writing. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import { ADMIN_TOKEN, aProblem, anIncident, openApiHarness, type ApiHarness } from '../harness/api.ts'

let api: ApiHarness
let company: string
let serial = 0

beforeAll(async () => { api = await openApiHarness(systemClock); await api.app.listen({ port: 0, host: '127.0.0.1' }) })
afterAll(() => api.close())
beforeEach(async () => { company = (await api.company(`Company ${(serial += 1)}`)).id })

const get = (url: string) => api.call(ADMIN_TOKEN, 'GET', url)
const post = (url: string, body?: unknown, headers?: Record<string, string>) => api.call(ADMIN_TOKEN, 'POST', url, body, headers)
/** Asks, and has the command answered while the call waits. */
async function ask(url: string, body?: unknown, judge?: Parameters<ApiHarness['settle']>[0], headers?: Record<string, string>) {
  const answer = post(url, body, headers)
  const told = api.signals.outbox
  while (api.signals.outbox === told) await new Promise((resolve) => setImmediate(resolve))
  await api.settle(judge)
  return answer
}

test('shows an incident in exactly the documented form, with the evidence for each problem', async () => {
  const id = await api.incident(company, { acknowledgedAtMs: Date.UTC(2026, 0, 1, 0, 2) })
  const { body } = await get(`/api/incidents/${id}`)
  expect(body).toEqual({
    id, companyId: company, number: expect.any(Number), title: 'Disk full on web-1', status: 'open', severity: 'high', priority: 2, openedAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:01:00.000Z',
    acknowledgedAt: '2026-01-01T00:02:00.000Z', resolvedAt: null, closedAt: null, alertCount: 7, problemCount: 1, assets: ['web-1'], sources: ['zabbix'], assignee: null, category: null, pattern: null, rootCause: null,
    analysis: null, suggestedRunbooks: [], responseDueAt: null, resolveDueAt: null, slaState: null, mergedInto: null, version: expect.any(Number), openProblemCount: 1, assetCount: 1, resolution: null, reopenCount: 0,
    findings: [], classification: null, severityJudgement: null,
    problems: [expect.objectContaining({
      problemKey: expect.stringMatching(/^v1:int-1:/), status: 'firing', labels: { mount: '/var' }, alertCount: 7,
      evidence: { rule: 'scored', withProblemKey: 'v1:int-1:first', score: 0.8, threshold: 0.5, features: [{ name: 'same_asset', value: 1, weight: 0.8, detail: 'web-1' }] },
    })],
    timeline: expect.arrayContaining([expect.objectContaining({ at: expect.stringMatching(/Z$/), text: expect.any(String) })]), tickets: [], runs: [],
  })
})

test('shows what an incident looks like: the strongest finding as its pattern, the root cause with its chain, the category', async () => {
  const cascade = { kind: 'cascade', confidence: 0.8, reason: 'db-1 reached shop', sinceMs: Date.UTC(2026, 0, 1), problemKeys: ['p'], figures: { assets: 2 } }
  const storm = { kind: 'storm', confidence: 0.5, reason: 'many', sinceMs: Date.UTC(2026, 0, 1), problemKeys: [], figures: {} }
  const classification = { category: 'network', confidence: 0.9, reason: 'the word router', canResolveAutomatically: false, action: 'assign', by: 'words' }
  const severityJudgement = { severity: 'high', confidence: 0.8, by: 'rule', reason: 'test site' }
  const rootCause = { asset: 'db-1', confidence: 0.7, reason: 'it began first' }
  const { id: other } = await api.company('Looks Ltd')
  const id = await api.incident(other, {
    findings: [cascade, storm], classification, severityJudgement, rootCause: { ...rootCause, chain: [{ asset: 'db-1', problemKey: 'p', atMs: Date.UTC(2026, 0, 1), because: 'most likely at fault' }] },
  })
  const shown = (finding: typeof cascade | typeof storm) => {
    const { sinceMs, ...rest } = finding
    return { ...rest, since: new Date(sinceMs).toISOString() }
  }
  const inList = {
    id, category: 'network', pattern: shown(cascade), rootCause: { ...rootCause, chain: [{ asset: 'db-1', problemKey: 'p', at: '2026-01-01T00:00:00.000Z', because: 'most likely at fault' }] },
  }
  const [listed] = (await get(`/api/incidents?company=${other}`)).body.items
  expect(listed).toMatchObject(inList)
  expect((await get(`/api/incidents/${id}`)).body).toMatchObject({ ...inList, findings: [shown(cascade), shown(storm)], classification, severityJudgement })
})

test('lists newest first, by filter and page by page, without what was merged away', async () => {
  const first = await api.incident(company, { title: 'Database slow', severity: 'critical' })
  const second = await api.incident(company, { title: '100% CPU', status: 'resolved', assets: ['app_1'] })
  const third = await api.incident(company, { title: 'Link down', assignee: 'user-1' })
  const merged = await api.incident(company, { mergedInto: third })
  const ids = async (query: string) => (await get(`/api/incidents?company=${company}${query}`)).body.items.map((incident) => incident.id)
  expect(await ids('')).toEqual([third, second, first])
  expect(await ids('&merged=true')).toEqual([merged, third, second, first])
  expect(await ids('&status=open')).toEqual([third, first])
  expect(await ids('&status=open,resolved&severity=critical')).toEqual([first])
  expect(await ids('&assignee=user-1')).toEqual([third])
  expect(await ids('&assignee=none')).toEqual([second, first])
  expect(await ids('&q=100%25')).toEqual([second])
  expect(await ids('&q=app_')).toEqual([second])
  const { number } = (await get(`/api/incidents/${first}`)).body
  expect(await ids(`&q=%23${number}`)).toEqual([first])
  const page = (await get(`/api/incidents?company=${company}&limit=2`)).body
  expect(await ids(`&limit=2&cursor=${page.next}`)).toEqual([first])
  expect((await get(`/api/incidents/${merged}`)).body.mergedInto).toBe(third)
  expect((await get('/api/incidents?status=broken')).body.message).toContain('query.status must be one or several of open')
})

test('a command is written with its outbox record and audit line, and answered once the projection shows it', async () => {
  const id = await api.incident(company)
  const { status, body } = await ask(`/api/incidents/${id}/resolve`, { text: 'replaced the disk' }, (command) => {
    expect(command).toMatchObject({ type: 'command', companyId: company, incidentId: id, action: 'resolve', actor: { kind: 'token', id: 'admin-token' }, judgedVersion: null, text: 'replaced the disk', problemKeys: [] })
    return { version: 4711 }
  })
  expect([status, body]).toEqual([200, { commandId: expect.any(String), incidentId: id, version: 4711 }])
  expect((await get(`/api/commands/${body.commandId}`)).body).toMatchObject({ status: 'done', action: 'resolve', version: 4711 })
  expect((await get(`/api/audit?company=${company}&action=incident.resolve`)).body.items).toHaveLength(1)
})

test('a refused command is answered with its code', async () => {
  const id = await api.incident(company)
  const { status, body } = await ask(`/api/incidents/${id}/reopen`, {}, () => ({ status: 'refused', code: 'transition_refused', message: 'the incident is open already' }))
  expect([status, body]).toEqual([409, { code: 'transition_refused', message: 'the incident is open already' }])
})

test('the same idempotency key is done once and answered the same; with another request it is a conflict', async () => {
  const id = await api.incident(company)
  const key = { 'idempotency-key': 'key-1' }
  const first = await ask(`/api/incidents/${id}/notes`, { text: 'on it' }, undefined, key)
  const again = await post(`/api/incidents/${id}/notes`, { text: 'on it' }, key)
  expect([again.status, again.body]).toEqual([200, first.body])
  expect(await api.settle()).toBe(0)
  for (const [path, body] of [['notes', { text: 'another' }], ['close', { text: 'on it' }]] as const) expect((await post(`/api/incidents/${id}/${path}`, body, key)).status).toBe(409)
  expect((await get(`/api/audit?company=${company}&action=incident.note`)).body.items).toHaveLength(1)
})

test('twins that arrive together become one command', async () => {
  const id = await api.incident(company)
  const answers = Promise.all(Array.from({ length: 5 }, () => post(`/api/incidents/${id}/acknowledge`, undefined, { 'idempotency-key': 'twin' })))
  const settling = (async () => {
    let settled = 0
    for (let look = 0; look < 200 && settled === 0; look += 1) settled += await api.settle()
    return settled
  })()
  expect(await settling).toBe(1)
  expect(new Set((await answers).map(({ status, body }) => `${status} ${body.commandId}`)).size).toBe(1)
})

test('the same key in the hands of two people is two commands', async () => {
  const id = await api.incident(company)
  const user = await api.user('technician', [company])
  const key = { 'idempotency-key': 'shared' }
  const mine = await ask(`/api/incidents/${id}/acknowledge`, {}, undefined, key)
  const theirs = api.call(user.token, 'POST', `/api/incidents/${id}/acknowledge`, {}, key)
  while ((await api.settle()) === 0);
  expect((await theirs).body.commandId).not.toBe(mine.body.commandId)
})

test('a command on a merged incident goes to the one that stayed', async () => {
  const survivor = await api.incident(company)
  const merged = await api.incident(company, { mergedInto: survivor })
  const { body } = await ask(`/api/incidents/${merged}/start`, { version: 12 }, (command) => {
    expect([command.incidentId, command.judgedVersion]).toEqual([survivor, 12])
    return {}
  })
  expect(body.incidentId).toBe(survivor)
})

test('a technician who gives an incident away still learns that it was done', async () => {
  const [me, you] = [await api.user('technician', [company]), await api.user('technician', [company])]
  const id = await api.incident(company, { assignee: me.id })
  const asked = api.call(me.token, 'POST', `/api/incidents/${id}/assign`, { assignee: you.id }, { 'idempotency-key': 'away' })
  while ((await api.settle()) === 0);
  await api.project(anIncident(company, id, { assignee: you.id }))
  const { commandId } = (await asked).body
  expect((await api.call(me.token, 'GET', `/api/incidents/${id}`)).status).toBe(404)
  expect((await api.call(me.token, 'GET', `/api/commands/${commandId}`)).body.status).toBe('done')
  expect((await api.call(me.token, 'POST', `/api/incidents/${id}/assign`, { assignee: you.id }, { 'idempotency-key': 'away' })).body.commandId).toBe(commandId)
})

test('what nobody answers within five seconds is answered with 202 and told later', async () => {
  const id = await api.incident(company)
  const { status, body, headers } = await post(`/api/incidents/${id}/close`)
  expect([status, body.status, headers['location']]).toEqual([202, 'pending', `/api/commands/${body.commandId}`])
  await api.settle()
  expect((await get(`/api/commands/${body.commandId}`)).body.status).toBe('done')
})

/** Reads frames off a stream of events until one satisfies, or the stream ends. */
async function* frames(token: string, lastId?: string) {
  const leaving = new AbortController()
  const address = api.app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const answer = await fetch(`http://127.0.0.1:${port}/api/events`, { headers: { authorization: `Bearer ${token}`, ...(lastId === undefined ? {} : { 'last-event-id': lastId }) }, signal: leaving.signal })
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  let buffered = ''
  try {
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      buffered += chunk
      for (let end = buffered.indexOf('\n\n'); end >= 0; end = buffered.indexOf('\n\n')) {
        const fields = Object.fromEntries(buffered.slice(0, end).split('\n').map((line) => line.split(/: (.*)/s) as [string, string]))
        buffered = buffered.slice(end + 2)
        yield { id: fields['id'] ?? '', event: fields['event'] ?? '', data: fields['data'] === undefined ? null : JSON.parse(fields['data']) }
      }
    }
  } finally {
    leaving.abort()
  }
}

test('tells live what changes, within the scope of the listener, and goes on after the last id', async () => {
  const other = (await api.company('Elsewhere')).id
  const [viewer, technician] = [await api.user('viewer', [company]), await api.user('technician', [company])]
  const [watching, working] = [frames(viewer.token), frames(technician.token)]
  for (const stream of [watching, working]) expect((await stream.next()).value).toMatchObject({ id: '' })
  await api.incident(other, { title: 'not yours' })
  const taken = await api.incident(company, { assignee: 'somebody-else' })
  const free = await api.incident(company)
  const first = (await watching.next()).value!
  expect([first.event, first.data.id]).toEqual(['incident_created', taken])
  expect((await watching.next()).value!.data.id).toBe(free)
  expect((await working.next()).value!.data.id).toBe(free)
  api.live.countAlerts(company, 3)
  api.live.countAlerts(company, 4)
  expect((await watching.next()).value).toMatchObject({ event: 'alert_received', data: { companyId: company, count: 7 } })
  await watching.return()
  await working.return()

  await api.project(anIncident(company, free, { title: 'changed' }), aProblem(company, free, 'v1:int-1:more', 2 ** 41))
  const resumed = frames(viewer.token, first.id)
  await resumed.next()
  expect((await resumed.next()).value!.data.id).toBe(free)
  await resumed.next()
  expect((await resumed.next()).value).toMatchObject({ event: 'incident_updated', data: { id: free, title: 'changed' } })
  await resumed.return()
  const strange = frames(viewer.token, 'another-process-7')
  await strange.next()
  expect((await strange.next()).value!.event).toBe('resync')
  await strange.return()
})

test('a listener that does not read is cut, and nobody else notices', async () => {
  const address = api.app.server.address()
  const socket = connect({ port: typeof address === 'object' && address !== null ? address.port : 0, host: '127.0.0.1' })
  socket.on('error', () => socket.destroy())
  socket.write(`GET /api/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`)
  await once(socket, 'readable')
  socket.pause()
  const text = 'x'.repeat(100_000)
  const closed = once(socket, 'close')
  for (let sent = 0; sent < 200; sent += 1) {
    api.live.publish({ type: 'notification', companyId: company, data: { text } })
    await new Promise((resolve) => setImmediate(resolve))
  }
  socket.resume()
  await closed
  expect((await get('/api/me')).status).toBe(200)
})
