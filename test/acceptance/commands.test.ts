/**
 * The story: people work on incidents that a monitoring tool opened, through the API of the running program. Each command goes over the outbox
 * to the company's log, the correlator judges it, the projection shows it, and only then the call is answered.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditEntry, CommandView, IncidentDetail, Page } from '../../schemas/views.ts'
import { admin, logIn, onboard, settledBalance, type Client, type Reply } from '../harness/client.ts'
import { Program, until } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

interface Answer { commandId: string; incidentId: string; version: number; code: string; message: string }

let program: Program
let company: Company
let api: Client
let technician: Client & { readonly userId: string }
let sent = 0

beforeAll(async () => {
  program = await Program.up()
  await program.start()
  company = await onboard(program, 'Commanded Ltd')
  api = admin(program)
  technician = await logIn(program, 'technician', [company.id])
})
afterAll(() => program.remove())

async function fire(asset: string, signature: string, status = 'firing'): Promise<void> {
  const { status: code } = await post(program.url, company, 'alerts', alertBody({ asset_name: asset, signature, message: `${signature} ${asset}`, status }))
  expect(code).toBe(202)
  sent += 1
}

/** The open or ended incident this asset is in, once `condition` holds of it. */
async function incidentOf(asset: string, condition: (incident: IncidentDetail) => boolean = () => true): Promise<IncidentDetail> {
  return until(`an incident of ${asset}`, async () => {
    const [found] = await api.incidents(`&company=${company.id}&q=${asset}`)
    const incident = found === undefined ? null : await api.incident(found.id)
    return incident !== null && condition(incident) ? incident : null
  })
}

/** A new incident of one problem, alike to no other. */
async function opened(asset: string): Promise<IncidentDetail> {
  await fire(asset, `fault-of-${asset}`)
  return incidentOf(asset)
}

function ask(who: Client, id: string, command: string, body?: unknown, key?: string): Promise<Reply<Answer>> {
  return who.call<Answer>('POST', `/api/incidents/${id}/${command}`, body, key === undefined ? {} : { 'idempotency-key': key })
}

/** Asks, and expects that the answer's version is what the API shows at once. */
async function done(who: Client, id: string, command: string, body?: unknown): Promise<IncidentDetail> {
  const { status, body: answer, text } = await ask(who, id, command, body)
  expect([command, status, text]).toEqual([command, 200, expect.any(String)])
  const incident = await api.incident(answer.incidentId)
  expect(incident.version).toBeGreaterThanOrEqual(answer.version)
  return incident
}

async function refused(id: string, command: string, code: string, body?: unknown): Promise<void> {
  const { status, body: answer } = await ask(api, id, command, body)
  expect([command, status, answer.code]).toEqual([command, 409, code])
  expect(answer.message).not.toBe('')
}

describe('one incident from its opening to its end', () => {
  it('is acknowledged without a change of status, once', async () => {
    const { id, version } = await opened('ack-1')
    const after = await done(technician, id, 'acknowledge')
    expect(after).toMatchObject({ status: 'open', acknowledgedAt: expect.any(String) })
    expect(after.version).toBeGreaterThan(version)
    await refused(id, 'acknowledge', 'transition_refused')
    expect((await api.incident(id)).version).toBe(after.version)
  })

  it('is assigned, begun, noted, resolved by a person while its problem still fires, reopened and closed', async () => {
    const { id } = await opened('life-1')
    expect(await done(api, id, 'assign', { assignee: technician.userId })).toMatchObject({ status: 'assigned', assignee: technician.userId, acknowledgedAt: null })
    await refused(id, 'assign', 'transition_refused', { assignee: technician.userId })
    expect(await done(technician, id, 'start')).toMatchObject({ status: 'in_progress', acknowledgedAt: expect.any(String) })
    await done(technician, id, 'notes', { text: 'The fan is stuck; a new one is on its way.' })
    expect(await done(technician, id, 'resolve', { text: 'changed the fan' })).toMatchObject({ status: 'resolved', resolution: 'changed the fan', openProblemCount: 1, resolvedAt: expect.any(String) })
    await refused(id, 'start', 'transition_refused')

    // The tool repeats itself: it is counted, and what the person decided stands.
    await fire('life-1', 'fault-of-life-1')
    expect(await incidentOf('life-1', ({ alertCount }) => alertCount === 2)).toMatchObject({ id, status: 'resolved' })

    expect(await done(technician, id, 'reopen', { text: 'it is stuck again' })).toMatchObject({ status: 'assigned', assignee: technician.userId, resolvedAt: null, reopenCount: 1 })
    expect(await done(api, id, 'assign', { assignee: null })).toMatchObject({ status: 'open', assignee: null })
    expect(await done(api, id, 'close')).toMatchObject({ status: 'closed', closedAt: expect.any(String), openProblemCount: 1 })
    for (const command of ['acknowledge', 'start', 'resolve']) await refused(id, command, 'incident_closed')
    await refused(id, 'close', 'transition_refused')
    await done(api, id, 'notes', { text: 'kept for the report' })

    const { timeline } = await api.incident(id)
    const told = timeline.filter(({ actor }) => actor !== null).map(({ kind, actor, text }) => [kind, actor?.id === technician.userId ? 'technician' : actor?.kind, text])
    expect(told).toEqual([
      ['assigned', expect.any(String), expect.any(String)], ['started', 'technician', expect.any(String)], ['note', 'technician', 'The fan is stuck; a new one is on its way.'],
      ['resolved', 'technician', expect.any(String)], ['reopened', 'technician', expect.any(String)], ['note', 'technician', 'it is stuck again'], ['assigned', expect.any(String), expect.any(String)],
      ['closed', expect.any(String), expect.any(String)], ['note', expect.any(String), 'kept for the report'],
    ])
    expect(timeline.map(({ kind, text }) => `${kind}: ${text}`)).toEqual(expect.arrayContaining([`assignee: Assigned to ${technician.userId}`, 'resolution: Resolution: changed the fan']))
  })

  it('stays resolved when its problem resolves after the person did, and reopens when the problem comes back', async () => {
    const { id } = await opened('back-1')
    await done(technician, id, 'resolve')
    await fire('back-1', 'fault-of-back-1', 'resolved')
    expect(await incidentOf('back-1', ({ openProblemCount }) => openProblemCount === 0)).toMatchObject({ id, status: 'resolved' })
    await fire('back-1', 'fault-of-back-1')
    expect(await incidentOf('back-1', ({ status }) => status === 'open')).toMatchObject({ id, reopenCount: 1, openProblemCount: 1, resolvedAt: null })
  })
})

describe('two incidents', () => {
  it('become one; the older stays, and commands to the other follow', async () => {
    const older = await opened('merge-1')
    const younger = await opened('merge-2')
    const after = await done(technician, older.id, 'merge', { into: younger.id })
    expect(after).toMatchObject({ id: older.id, mergedInto: null, problemCount: 2, openProblemCount: 2, alertCount: 2 })
    expect(after.assets).toEqual(expect.arrayContaining(['merge-1', 'merge-2']))
    expect((await api.incident(younger.id)).mergedInto).toBe(older.id)
    const listed = async (query: string) => (await api.incidents(`&company=${company.id}${query}`)).map(({ id }) => id)
    expect(await listed('')).not.toContain(younger.id)
    expect(await listed('&merged=true')).toContain(younger.id)

    const { body } = await ask(technician, younger.id, 'acknowledge')
    expect(body.incidentId).toBe(older.id)
    expect((await api.incident(older.id)).acknowledgedAt).not.toBeNull()
    await refused(older.id, 'merge', 'merge_refused', { into: younger.id })

    // What the merged-away incident's problem says from now on belongs to the survivor.
    await fire('merge-2', 'fault-of-merge-2', 'resolved')
    await incidentOf('merge-1', ({ openProblemCount }) => openProblemCount === 1)
    await fire('merge-1', 'fault-of-merge-1', 'resolved')
    expect(await incidentOf('merge-1', ({ status }) => status === 'resolved')).toMatchObject({ id: older.id, openProblemCount: 0 })
  })

  it('come of one that is split, and stay apart', async () => {
    await fire('split-1', 'disk')
    await fire('split-1', 'memory')
    const whole = await incidentOf('split-1', ({ problemCount }) => problemCount === 2)
    const leaving = whole.problems.find(({ signature }) => signature === 'memory')?.problemKey ?? ''
    await refused(whole.id, 'split', 'transition_refused', { problemKeys: whole.problems.map(({ problemKey }) => problemKey) })
    await refused(whole.id, 'split', 'problem_unknown', { problemKeys: ['v1:none:none'] })

    expect(await done(technician, whole.id, 'split', { problemKeys: [leaving] })).toMatchObject({ problemCount: 1, alertCount: 1 })
    const both = async () => (await api.incidents(`&company=${company.id}&q=split-1`)).map(({ id }) => id)
    const partId = (await both()).find((id) => id !== whole.id) ?? ''
    const part = await api.incident(partId)
    expect(part).toMatchObject({ problemCount: 1, openProblemCount: 1 })
    expect(part.problems).toMatchObject([{ problemKey: leaving, evidence: { rule: 'split' } }])

    await fire('split-1', 'memory')
    await until('the repeat is counted where the problem went', async () => (await api.incident(partId)).alertCount === 2)
    await fire('split-1', 'disk', 'resolved')
    await until('the rest resolves by itself', async () => (await api.incident(whole.id)).status === 'resolved')
    expect((await api.incident(partId)).status).toBe('open')
    expect(await both()).toHaveLength(2)
  })
})

describe('asking', () => {
  it('with an Idempotency-Key again is answered the same and done once', async () => {
    const { id } = await opened('again-1')
    const first = await ask(technician, id, 'notes', { text: 'only once' }, 'key-1')
    const again = await ask(technician, id, 'notes', { text: 'only once' }, 'key-1')
    expect([first.status, again.status]).toEqual([200, 200])
    expect(again.body).toEqual(first.body)
    expect((await api.incident(id)).timeline.filter(({ text }) => text === 'only once')).toHaveLength(1)

    const other = await ask(technician, id, 'notes', { text: 'something else' }, 'key-1')
    expect([other.status, other.body.code]).toEqual([409, 'conflict'])
    // A key belongs to whoever used it.
    expect((await ask(api, id, 'notes', { text: 'from somebody else' }, 'key-1')).body.commandId).not.toBe(first.body.commandId)

    const twins = await Promise.all(Array.from({ length: 5 }, () => ask(technician, id, 'acknowledge', undefined, 'key-2')))
    expect(twins.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(new Set(twins.map(({ body }) => body.commandId)).size).toBe(1)
    const refusals = [await ask(technician, id, 'acknowledge', undefined, 'key-3'), await ask(technician, id, 'acknowledge', undefined, 'key-3')]
    expect(refusals.map(({ status, body }) => [status, body.code])).toEqual([[409, 'transition_refused'], [409, 'transition_refused']])
  })

  it('about a version that is no longer true is refused', async () => {
    const judged = await opened('stale-1')
    const now = await done(technician, judged.id, 'acknowledge')
    await refused(judged.id, 'resolve', 'version_stale', { version: judged.version })
    expect(await done(technician, judged.id, 'resolve', { version: now.version })).toMatchObject({ status: 'resolved' })
  })

  it('leaves a command to look up, done or refused, and a line in the audit log', async () => {
    const { id } = await opened('audit-1')
    const { body } = await ask(technician, id, 'acknowledge')
    expect(await technician.get<CommandView>(`/api/commands/${body.commandId}`)).toMatchObject({
      id: body.commandId, companyId: company.id, incidentId: id, appliedIncidentId: id, action: 'acknowledge', status: 'done', code: null, version: body.version, settledAt: expect.any(String),
    })
    await ask(technician, id, 'acknowledge')
    await done(api, id, 'close', { text: 'false alarm' })

    const { items } = await api.get<Page<AuditEntry>>(`/api/audit?company=${company.id}&limit=200`)
    const lines = items.filter(({ subject }) => subject === id).reverse()
    expect(lines.map(({ action, actor }) => [action, actor.id === technician.userId])).toEqual([['incident.acknowledge', true], ['incident.acknowledge', true], ['incident.close', false]])
    expect(lines[0]).toMatchObject({ companyId: company.id, ip: '127.0.0.1', before: { status: 'open' }, after: { commandId: body.commandId } })

    const refusedId = (lines[1]?.after as { commandId: string }).commandId
    expect(await technician.get<CommandView>(`/api/commands/${refusedId}`)).toMatchObject({ status: 'refused', code: 'transition_refused', settledAt: expect.any(String) })
  })

  it('for what is not there, or without what it needs, never reaches the log', async () => {
    const { id, version } = await opened('nothing-1')
    expect((await ask(technician, 'inc_000000000000000000000000', 'close')).status).toBe(404)
    expect((await ask(technician, id, 'notes', {})).status).toBe(400)
    expect((await ask(technician, id, 'notes', { text: 'x', unknown: 1 })).status).toBe(400)
    expect((await ask(technician, id, 'merge', { into: 'inc_000000000000000000000000' })).status).toBe(404)
    expect((await ask(technician, id, 'assign', { assignee: 'nobody' })).status).toBe(400)
    expect((await technician.call('GET', '/api/commands/none')).status).toBe(404)
    expect((await api.incident(id)).version).toBe(version)
  })
})

it('leaves the balance even after all of it', async () => {
  expect(await settledBalance(program, company.id, sent)).toMatchObject({ accepted: sent, difference: 0, inFlight: 0, missing: 0, surplus: 0 })
  const { incidents } = await settledBalance(program, company.id, sent)
  const listed = await api.incidents(`&company=${company.id}`)
  expect(incidents).toMatchObject({ mergedAway: 1, net: listed.length })
})
