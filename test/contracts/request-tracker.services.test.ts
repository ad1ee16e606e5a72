/** The connector for Request Tracker against Debian's own RT 5, and the stand-in of the contract held to it: the same calls are made of both, and statuses and forms compared. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectorHttp } from '../../connectors/http/client.ts'
import type { CallContext, OpenConnection } from '../../connectors/port.ts'
import { requestTracker } from '../../connectors/request-tracker/index.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import type { AuthKind, TicketChange, TicketDraft } from '../../schemas/tickets.ts'
import { startRequestTrackerFake } from '../fakes/psa/request-tracker.ts'
import { failure } from '../harness/connector-world.ts'
import { startRequestTracker, type RequestTracker } from '../services/tools/request-tracker.ts'
import { HOSTILE } from './connector/subject.ts'

let folder: string
let rt: RequestTracker
let made = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rt-'))
  rt = await startRequestTracker(folder)
}, 900_000)
afterAll(async () => {
  await rt.stop()
  await rm(folder, { recursive: true })
})

function context({ isRepeat = false, auth = 'api_key', token = rt.us.token, mapping = {}, signal = new AbortController().signal }: { readonly isRepeat?: boolean; readonly auth?: AuthKind; readonly token?: string; readonly mapping?: Partial<OpenConnection['mapping']>; readonly signal?: AbortSignal } = {}): CallContext {
  const connection: OpenConnection = { id: 'rt', companyId: 'acme', connector: 'request-tracker', environment: 'production', baseUrl: rt.url, auth, fields: { user: rt.us.user }, mapping: { ...requestTracker.config.mapping, ...mapping } }
  const known = new Map<string, Promise<unknown>>()
  return {
    connection, isRepeat, signal, nowMs: systemClock.now(),
    http: connectorHttp({
      connector: requestTracker, connection, clock: systemClock, signal, timeoutMs: 60_000, credentials: async () => ({ token, password: rt.us.password }), renew: async () => false, record: async () => undefined, budget: { take: async () => undefined, answered: () => undefined },
      origin: { companyId: 'acme', incidentId: 'i1', ticketId: 't1', who: { kind: 'system', id: 'sync', name: 'sync' }, urgency: 2, retries: 0 },
    }),
    cached<T>(key: string, _ttlMs: number, load: () => Promise<T>): Promise<T> {
      const found = known.get(key) ?? load()
      known.set(key, found)
      return found as Promise<T>
    },
  }
}

function draft(over: Partial<TicketDraft> = {}): TicketDraft {
  made += 1
  return {
    externalRef: `AW-TEST${String(made).padStart(8, '0')}`, title: `Disk full on fs-${made}`, text: `What happened\nThe disk of fs-${made} is full.`, severity: 'high', priority: 2, state: 'open',
    party: { companyId: null, contactId: null, assetIds: [] }, assigneeId: null, parent: null, mapping: requestTracker.config.mapping, ...over,
  }
}

const change = (over: Omit<TicketChange, 'mapping'>): TicketChange => ({ mapping: requestTracker.config.mapping, ...over })
const create = async (over: Partial<TicketDraft> = {}) => requestTracker.create(draft(over), context())

describe('the connector and a real Request Tracker', () => {
  it('finds a good connection good, with a token and with a password, and says what is wrong with a bad one', async () => {
    for (const auth of ['api_key', 'basic'] as const) expect(await requestTracker.check(context({ auth }))).toMatchObject({ ok: true })
    const wrong = await requestTracker.check(context({ token: '1-27-00000000000000000000000000000000' }))
    expect(wrong).toMatchObject({ ok: false, findings: [{ name: 'RT', ok: false }] })
    expect(JSON.stringify(wrong)).not.toContain('0000000000')
    expect((await requestTracker.check(context({ mapping: { place: { queue: 'no such queue' } } }))).findings.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['queue'])
  })

  it('makes one ticket of one reference, however often it is asked, and finds it after a technician merged it away', async () => {
    const wanted = draft()
    const first = await requestTracker.create(wanted, context())
    expect(first).toMatchObject({ externalRef: wanted.externalRef, state: 'open', statusText: 'new', priorityId: '80', assignee: null, isLastChangeOurs: true, mergedIntoId: null })
    expect((await requestTracker.create(wanted, context({ isRepeat: true }))).ref).toEqual(first.ref)
    const other = await rt.technician.make('the same trouble')
    await rt.technician.merge(first.ref.externalId, other)
    expect((await requestTracker.create(wanted, context({ isRepeat: true })))).toMatchObject({ ref: first.ref, mergedIntoId: other })
    expect(await requestTracker.find(wanted.externalRef, context())).toEqual(first.ref)
    expect(await requestTracker.find('AW-N0WHERET0BEF', context())).toBeNull()
    expect((await rt.ticket(first.ref.externalId)).id).toBe(Number(other))
  })

  it('says each thing once, internal as a comment and public as a reply, with file and time', async () => {
    const { ref } = await create()
    const wanted = change({
      title: 'Disk full again', severity: 'critical', state: 'in_progress', assigneeId: 'thea', notes: [{ token: 'n-1', text: 'Seen 40 times.', isPublic: false }, { token: 'n-2', text: 'We are on it.', isPublic: true }],
      attachments: [{ token: 'a-1', name: 'disk.txt', contentType: 'text/plain', base64: Buffer.from('C: 98 %').toString('base64') }], times: [{ token: 't-1', startedAtMs: 0, minutes: 15, text: 'Cleaned' }],
    })
    await requestTracker.update(ref, wanted, context())
    await requestTracker.update(ref, wanted, context({ isRepeat: true }))
    const said = await rt.said(ref.externalId)
    expect(said.filter(({ text }) => text.includes('[n-1]')).map(({ type, by }) => [type, by])).toEqual([['Comment', 'alert-whisperer']])
    expect(said.filter(({ text }) => text.includes('[n-2]')).map(({ type }) => type)).toEqual(['Correspond'])
    expect(said.filter(({ file }) => file === 'disk.txt').map(({ type, text }) => [type, text])).toEqual([['Comment', 'C: 98 %']])
    expect(await rt.ticket(ref.externalId)).toMatchObject({ Subject: expect.stringMatching(/^\[AW-TEST\d{8}\] Disk full again$/), Status: 'open', Priority: '100', Owner: { id: 'thea' }, TimeWorked: '15' })
  })

  it('tells what a technician did in the web pages from what came from us', async () => {
    const { ref } = await create()
    await requestTracker.update(ref, change({ notes: [{ token: 'n-1', text: 'ours', isPublic: false }] }), context())
    await rt.technician.comment(ref.externalId, 'on my way & <looking>')
    await rt.technician.change(ref.externalId, { Owner: 'thea', Status: 'resolved' })
    const seen = await requestTracker.read(ref, context())
    expect(seen).toMatchObject({ state: 'resolved', assignee: { externalId: 'thea', name: 'Thea', email: 'thea@aw.test' }, isLastChangeOurs: false })
    expect(seen?.notes?.map(({ text, isOurs, isPublic, channel, author }) => [text.split('\n')[0], isOurs, isPublic, channel, author.isAgent])).toEqual([['ours', true, false, 'api', true], ['on my way & <looking>', false, false, 'web', true]])
  })

  it('takes back what a reply opened, and opens what it is told to open', async () => {
    const { ref } = await create()
    await requestTracker.update(ref, change({ state: 'resolved', resolution: 'Log files were removed.' }), context())
    await requestTracker.update(ref, change({ notes: [{ token: 'n-1', text: 'It stays over.', isPublic: true }] }), context())
    expect((await rt.ticket(ref.externalId)).Status).toBe('resolved')
    await requestTracker.update(ref, change({ state: 'open' }), context())
    expect((await rt.ticket(ref.externalId)).Status).toBe('new')
  })

  it('says what RT refused, although RT answers it with success', async () => {
    const { ref } = await create()
    expect(await failure(requestTracker.update(ref, { mapping: { ...requestTracker.config.mapping, status: { in_progress: 'no such status' } }, state: 'in_progress' }, context()))).toMatchObject({ code: 'invalid', message: expect.stringContaining('no such status') })
    expect(await failure(requestTracker.update(ref, change({ assigneeId: 'nobody of that name' }), context()))).toMatchObject({ code: 'invalid' })
    expect(await failure(requestTracker.create(draft({ mapping: { ...requestTracker.config.mapping, place: { queue: 'no such queue' } } }), context()))).toMatchObject({ code: 'forbidden' })
    expect(await failure(requestTracker.read({ externalId: '1 OR 1=1', number: '', url: null }, context()))).toMatchObject({ code: 'invalid' })
    expect(await requestTracker.read({ externalId: '999999', number: '', url: null }, context())).toBeNull()
  })

  it('writes and looks for hostile text as text', async () => {
    const { ref } = await create({ title: HOSTILE.slice(0, 60), text: HOSTILE })
    expect((await rt.ticket(ref.externalId)).Subject).toContain(HOSTILE.slice(0, 60).trim())
    expect((await rt.said(ref.externalId))[0]?.text).toBe(HOSTILE)
    const odd = await create({ title: `it's a \\ "quoted" name` })
    for (const text of [`zzz' OR Subject LIKE '`, `zzz\\' OR id > 0 OR Subject LIKE '`]) expect(await requestTracker.search({ text, companyId: null, limit: 5 }, context())).toEqual([])
    expect((await requestTracker.search({ text: 'quoted name', companyId: null, limit: 5 }, context())).map(({ ref: found }) => found.externalId)).toEqual([odd.ref.externalId])
    expect((await requestTracker.search({ text: `#${odd.ref.number}`, companyId: null, limit: 5 }, context())).map(({ ref: found }) => found.externalId)).toContain(odd.ref.externalId)
  })

  it('follows changes from its cursor, whatever time zone RT lives in', async () => {
    const { cursor } = await requestTracker.changedSince(null, context())
    const { ref } = await create()
    await rt.technician.comment(ref.externalId, 'x')
    const { changed, cursor: next } = await requestTracker.changedSince(cursor, context())
    expect(changed.map(({ ref: one }) => one.externalId)).toContain(ref.externalId)
    expect(Math.abs((changed.find(({ ref: one }) => one.externalId === ref.externalId)?.updatedAtMs ?? 0) - systemClock.now())).toBeLessThan(600_000)
    const later = `${new Date(Date.parse(next) + 3_600_000).toISOString().slice(0, 19)}Z`
    expect((await requestTracker.changedSince(later, context())).changed).toEqual([])
  })

  it('merges, puts a child below its parent, and finds people and queues', async () => {
    const [one, two, child] = [await create(), await create(), await create()]
    await requestTracker.join(one.ref, two.ref, context())
    await requestTracker.join(one.ref, two.ref, context({ isRepeat: true }))
    expect((await requestTracker.read(one.ref, context()))?.mergedIntoId).toBe(two.ref.externalId)
    await requestTracker.update(child.ref, change({ parent: two.ref }), context())
    expect((await requestTracker.read(child.ref, context()))?.parentId).toBe(two.ref.externalId)
    expect((await create({ parent: two.ref })).parentId).toBe(two.ref.externalId)
    expect(await requestTracker.findUsers('thea', context())).toEqual([{ externalId: 'thea', name: 'Thea', email: 'thea@aw.test' }])
    expect(await requestTracker.findCompanies('gener', context())).toMatchObject([{ name: 'General', isActive: true }])
  })
})

/** The form of a JSON value: names and kinds, the first of a list for all. What RT calls "0" or 0 counts as the same. */
function form(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [form(value[0])]
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).filter(([name]) => name !== '_hyperlinks').map(([name, inner]) => [name, form(inner)]))
  return value === null ? 'null' : typeof value === 'string' || typeof value === 'number' ? 'word' : typeof value
}

/** Where a form says what the other does not. */
function strange(ours: unknown, theirs: unknown, where: string): string[] {
  if (Array.isArray(ours)) return !Array.isArray(theirs) ? [`${where}: a list`] : ours.length === 0 || theirs.length === 0 ? [] : strange(ours[0], theirs[0], `${where}[]`)
  if (typeof ours !== 'object' || ours === null) return ours === theirs ? [] : [`${where}: ${String(ours)} in place of ${String(theirs)}`]
  if (typeof theirs !== 'object' || theirs === null) return [`${where}: an object in place of ${String(theirs)}`]
  const there = theirs as Record<string, unknown>
  return Object.entries(ours).flatMap(([name, inner]) => (name in there ? strange(inner, there[name], `${where}.${name}`) : [`${where}.${name} is not there`]))
}

describe('the stand-in', () => {
  it('answers as the real one does: the same statuses, and nothing the real one would not say', async () => {
    const fake = await startRequestTrackerFake({ clock: new TestClock() })
    try {
      const first = async (url: string, token: string) => {
        const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> => {
          const answer = await fetch(`${url}/REST/2.0${path}`, { method, headers: { authorization: `token ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
          return { status: answer.status, json: await answer.json() }
        }
        const ticket = { Queue: 'General', Subject: '[AW-SAME00000001] x', Content: 'text', ContentType: 'text/plain', Status: 'new', Priority: '80', Requestor: [] }
        const { json } = await call('POST', '/ticket', ticket)
        const { id } = json as { id: string }
        const { json: second } = await call('POST', '/ticket', { ...ticket, Parent: [id] })
        const other = (second as { id: string }).id
        const fields = 'fields=Subject,Queue,Status,Owner,Priority,EffectiveId,Created,LastUpdated,LastUpdatedBy,CustomFields&per_page=2&orderby=id&order=DESC'
        const query = (text: string) => `query=${encodeURIComponent(text)}`
        return [
          await call('POST', '/ticket', ticket), await call('POST', '/ticket', { ...ticket, Queue: 'none' }), await call('GET', `/ticket/${id}`), await call('GET', '/ticket/999999'),
          await call('POST', `/ticket/${id}/comment`, { Content: 'a', ContentType: 'text/plain', TimeTaken: '5' }), await call('POST', `/ticket/${id}/correspond`, { Content: 'b', ContentType: 'text/plain' }), await call('GET', `/ticket/${id}`),
          await call('PUT', `/ticket/${id}`, { Status: 'stalled' }), await call('PUT', `/ticket/${id}`, { Status: 'bogus' }), await call('PUT', `/ticket/${id}`, { Owner: 'bogus' }), await call('PUT', `/ticket/${id}`, { Status: 'stalled' }),
          await call('GET', `/ticket/${id}/attachments?fields=Content,ContentType,TransactionId,Filename,Headers&per_page=1&orderby=id&order=DESC`),
          await call('GET', `/transactions?${query(`TicketId = '${id}' AND (Type = 'Comment' OR Type = 'Correspond')`)}&fields=Type,Creator,Created&fields[Creator]=RealName,EmailAddress&orderby=id&order=DESC&per_page=50`),
          await call('GET', `/tickets?${query(`Subject LIKE '[AW-SAME00000001]' AND EffectiveId > 0`)}&${fields}`), await call('GET', `/tickets?${query('nonsense')}&${fields}`), await call('GET', `/tickets?${query(`Subject LIKE 'it\\'s nowhere'`)}&${fields}`),
          await call('PUT', `/ticket/${other}`, { MergeInto: id }), await call('PUT', `/ticket/${other}`, { MergeInto: id }), await call('GET', `/ticket/${other}`), await call('GET', `/tickets?${query(`id = ${other}`)}&${fields}`),
          await call('GET', '/rt'), await call('GET', '/queue/General'), await call('GET', '/queue/none'), await call('GET', '/queues/all?fields=Name,Disabled'), await call('GET', '/user/thea'), await call('GET', '/user/nobody-of-that-name'),
          await call('POST', '/users?fields=Name,RealName,EmailAddress', [{ field: 'Name', operator: 'LIKE', value: 'thea', entry_aggregator: 'OR' }]), await call('POST', '/articles?fields=Name,Summary', [{ field: 'Name', operator: 'LIKE', value: 'zzz' }]),
        ]
      }
      const [real, played] = [await first(rt.url, rt.us.token), await first(fake.baseUrl, fake.credentials['token'] ?? '')]
      expect(played.map(({ status }) => status)).toEqual(real.map(({ status }) => status))
      // RT tells more than the stand-in; it must tell all that the stand-in does, in the same form.
      expect(played.flatMap(({ json }, at) => strange(form(json), form(real[at]?.json), `call ${at + 1}`))).toEqual([])
    } finally {
      await fake.stop()
    }
  })
})
