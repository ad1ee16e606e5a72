/**
 * The story: an installation whose tickets are written by two processes. Storms break over three clients; two of them share the MSP's Freshdesk, one has its own, and all calls count against one account.
 * Answers to creates are lost, webhooks come to whichever API is next, technicians and our own people write meanwhile; and one of the two processes is killed, or sleeps and wakes, again and again.
 * In the end each incident has one ticket, everything said stands once where it belongs and in order, and the account was never called more than it allows.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { freshdesk } from '../../connectors/freshdesk/index.ts'
import { systemClock } from '../../schemas/clock.ts'
import type { IncidentDetail, IncidentView } from '../../schemas/views.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { startFreshdesk } from '../fakes/psa/freshdesk.ts'
import type { PsaTicket, StartPsa } from '../fakes/psa/psa-fake.ts'
import { admin, keyWorks, type Client } from '../harness/client.ts'
import { emptyDatabase } from '../harness/databases.ts'
import { Installation } from '../harness/installation.ts'
import { randomFrom } from '../harness/load.ts'
import { connectPsa, FAST, type ConnectedPsa } from '../harness/psa-company.ts'
import { undoAll, until, type Program } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'
import { emptyDatabase as emptyAnalytics } from '../services/clickhouse.ts'

/** How often each of the two is killed and put to sleep; more where somebody wants to know. */
const TURNS = Number(process.env.AW_PAIR_TURNS ?? 1)
/** How long a sleep lasts; beyond two minutes the sleeper wakes with its leases gone, which takes the longer run. */
const SLEEP_MS = Number(process.env.AW_PAIR_SLEEP_MS ?? 2_500)
/** A seed that is printed, so that a failure can be run again: AW_PAIR_SEED=… */
const SEED = Number(process.env.AW_PAIR_SEED ?? Date.now() % 1_000_000)
const REDIS_DATABASE = 10
const INCIDENTS_EACH = 8
const REPEATS = 4
const CALLS_PER_MINUTE = 320
const PATIENCE_MS = 300_000

const random = randomFrom(SEED)
let installation: Installation
let api: Client
let database: Database
/** The shared system and the own one. */
let shared: ConnectedPsa
let own: ConnectedPsa
let clients: readonly { readonly company: Company; readonly psa: ConnectedPsa; readonly externalId: string }[]
/** What people wrote, by incident: in our console, and in the ticket. */
const ourNotes = new Map<string, string[]>()
const comments = new Map<string, string[]>()
const closed = new Set<string>()
const undo: (() => Promise<unknown> | void)[] = []

const syncs = (): readonly Program[] => installation.members.filter(({ role }) => role === 'sync').map(({ program }) => program)
const start: StartPsa = async (options) => ({ ...(await startFreshdesk({ ...options, pageSize: 100 })), fields: { callsPerMinute: String(CALLS_PER_MINUTE) } })

beforeAll(async () => {
  console.log(`pair of ticket writers: seed ${SEED}`)
  const addresses = inject('addresses')
  const made = await emptyDatabase(addresses.DATABASE_URL)
  undo.push(made.drop)
  const analytics = await emptyAnalytics(addresses.CLICKHOUSE_URL)
  undo.push(analytics.drop)
  const redis = new URL(addresses.REDIS_URL)
  redis.pathname = `/${REDIS_DATABASE}`
  const memory = new Redis(redis.href)
  await memory.flushdb()
  memory.disconnect()
  installation = await Installation.of({ ...addresses, DATABASE_URL: made.url, REDIS_URL: redis.href, CLICKHOUSE_URL: analytics.url }, { sync: 2, api: 2 }, { AW_MODE: 'production', AW_PARTITIONS: '4', AW_TICKET_POLL_SECONDS: '10' })
  undo.push(() => installation.remove())
  // A few at a time: a machine that is busy starts thirteen at once too slowly for each.
  for (let at = 0; at < installation.members.length; at += 4) await Promise.all(installation.members.slice(at, at + 4).map(({ program }) => program.start()))
  database = await openDatabase({ url: made.url, clock: systemClock })
  undo.push(() => database.close())
  api = admin(installation.program('api'))
  const [door, ingest] = [installation.program('api'), installation.program('ingest')]
  const doors = installation.members.filter(({ role }) => role === 'api').map(({ program }) => program)
  const companies = await Promise.all(['Acme Corp', 'Globex', 'Initech'].map((name) => door.api<Company>('POST', '/api/companies', { name, mode: 'production', requestsPerMinute: 100_000 })))
  for (const company of companies) await keyWorks(ingest, company)
  shared = await connectPsa(door, freshdesk, start, null, doors)
  undo.push(() => shared.stop())
  own = await connectPsa(door, freshdesk, start, companies[2]!.id, doors)
  undo.push(() => own.stop())
  const worlds = [shared.fake.world.company, shared.fake.world.otherCompany, own.fake.world.company]
  clients = companies.map((company, at) => ({ company, psa: at === 2 ? own : shared, externalId: worlds[at]!.id }))
  for (const [at, { company, psa, externalId }] of clients.entries()) {
    await door.api('PUT', `/api/connections/${psa.connectionId}/matches`, { companyId: company.id, kind: 'company', externalId, externalName: worlds[at]!.name })
    await door.api('PUT', `/api/companies/${company.id}/ticket-settings`, FAST)
  }
})
afterAll(() => undoAll(undo))

const assetOf = (at: number): string => `host-${at}`
async function says(company: Company, at: number, status: 'firing' | 'resolved', count = 0): Promise<void> {
  const { status: code } = await post(installation.program('ingest').url, company, 'alerts', alertBody({ asset_name: assetOf(at), signature: `fault ${at}`, severity: at % 4 === 0 ? 'critical' : 'high', message: `fault ${at}, said ${count} times`, status, external_id: `fault-${at}` }))
  expect(code).toBe(202)
}
const incidentsOf = (company: Company): Promise<readonly IncidentView[]> => api.incidents(`&company=${company.id}&merged=true`)
/** The incident's ticket here, once it is known there. */
async function ticketOf(incidentId: string): Promise<string | null> {
  const [row] = await database.query<{ id: string | null }>(`select external_id as id from tickets where incident_id = $1 and origin = 'own'`, [incidentId])
  return row?.id ?? null
}

/** Orders and claims of a process that is dead for sure: they would be free in two minutes by themselves. */
async function inherit(pid: number): Promise<void> {
  await database.query(`update ticket_outbox set claimed_until = now() where claimed_until > now() and claimed_by like $1`, [`outbox-${pid}-%`])
  await database.query('update ticket_hints set claimed_until = null where done_at is null and claimed_until > now()')
  await database.query('update ticket_queue set claimed_until = null where claimed_until > now()')
  await database.query('update connection_cursors set claimed_until = null where claimed_until > now()')
}
async function killed(program: Program): Promise<void> {
  const { pid } = program
  await program.kill()
  await inherit(pid!)
  await program.start()
}
async function asleep(program: Program): Promise<void> {
  program.signal('SIGSTOP')
  await delay(SLEEP_MS)
  program.signal('SIGCONT')
}

/** Answers are lost after the work was done, and one never comes. */
function lose(): void {
  for (const { fake } of [shared, own]) {
    for (const skip of [1, 3, 4]) fake.trouble({ is: 'lost_after', method: 'POST', path: /\/tickets$/, skip })
    for (const skip of [2, 6]) fake.trouble({ is: 'lost_after', method: 'POST', path: /\/notes$/, skip })
  }
}

async function turn(): Promise<void> {
  const [one, other] = random() < 0.5 ? syncs() : [...syncs()].reverse()
  // In the middle of making a ticket, or of writing into one.
  shared.fake.trouble({ is: 'silence', isWrite: true, path: /\/tickets/ })
  await Promise.race([shared.fake.taken(/\/tickets(\/\d+(\/notes)?)?$/), delay(5_000)])
  await killed(one!)
  await asleep(other!)
  await delay(random() * 1_000)
  await asleep(one!)
  await delay(random() * 1_000)
  await killed(other!)
}

/** A technician and one of us write into every ticket as it appears, and some are closed over there. */
async function work(client: (typeof clients)[number], incident: IncidentView, at: number): Promise<void> {
  const { psa, company } = client
  const id = await until(`${incident.title} has a ticket`, () => ticketOf(incident.id), PATIENCE_MS)
  const said = [1, 2].map((number) => `seen by ${company.name}, incident ${at}, word ${number}.`)
  const ours = [1, 2, 3].map((number) => `noted for ${company.name}, incident ${at}, word ${number}.`)
  comments.set(incident.id, said)
  ourNotes.set(incident.id, ours)
  for (const [number, text] of ours.entries()) {
    if (said[number] !== undefined) psa.fake.technician.comment(id, said[number])
    const { status, text: answer } = await api.call('POST', `/api/incidents/${incident.id}/notes`, { text }, { 'idempotency-key': `${incident.id} ${number}` })
    expect([200, 202], answer).toContain(status)
    await delay(random() * 1_500)
  }
  if (at % 3 !== 0) return
  // What was said before the close is heard before it.
  await until(`${incident.title} has its notes`, async () => ours.every((text) => count(writtenBy(psa.ticket(id)), text) > 0), PATIENCE_MS)
  closed.add(incident.id)
  psa.fake.technician.close(id)
}
/** All that we wrote into a ticket, in order. */
const writtenBy = ({ notes }: PsaTicket): string => notes.filter(({ isOurs }) => isOurs).map(({ text }) => text).join('\n')
const count = (text: string, part: string): number => text.split(part).length - 1

async function quiet(): Promise<void> {
  await until('nothing waits any more', async () => {
    const [row] = await database.query<{ waits: number }>(
      `select ((select count(*) from ticket_outbox where status in ('waiting', 'calling')) + (select count(*) from ticket_queue) + (select count(*) from ticket_hints where done_at is null))::float8 as waits`)
    return row?.waits === 0
  }, PATIENCE_MS).catch(async (cause: unknown) => {
    const orders = await database.query('select ticket_id, seq, kind, status, attempts, looks, code, error, due_at, claimed_by, claimed_until from ticket_outbox where status in (\'waiting\', \'calling\')')
    const hints = await database.query('select * from ticket_hints where done_at is null')
    const queue = await database.query('select * from ticket_queue')
    throw new Error(JSON.stringify({ orders, hints, queue, accounts: await database.query('select * from call_accounts') }, null, 1), { cause })
  })
}

it('writes each ticket once while one of the two writers is killed or sleeps', async () => {
  lose()
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    for (let at = 0; at < INCIDENTS_EACH; at++) await Promise.all(clients.map(({ company }) => says(company, at, 'firing', repeat + 1)))
  }
  const turns = (async () => {
    for (let number = 0; number < TURNS; number++) await turn()
  })()
  const working = clients.flatMap((client) => Array.from({ length: INCIDENTS_EACH }, async (_, at) => {
    const incident = await until(`there is an incident of ${assetOf(at)}`, async () => (await incidentsOf(client.company)).find(({ assets }) => assets.includes(assetOf(at))), PATIENCE_MS)
    await work(client, incident, at)
  }))
  await Promise.all([turns, ...working])
  for (let at = 1; at < INCIDENTS_EACH; at += 3) await Promise.all(clients.map(({ company }) => says(company, at, 'resolved')))
})

it('leaves nothing waiting, and nothing dead', async () => {
  await until('what ended in a ticket has ended here', async () => (await Promise.all([...closed].map((id) => api.incident(id)))).every(({ status }) => status === 'closed' || status === 'resolved'), PATIENCE_MS)
  await quiet()
  expect(await database.query(`select * from ticket_outbox where status in ('dead', 'void')`)).toEqual([])
  expect(installation.dead()).toEqual([])
  for (const psa of [shared, own]) expect([psa.refused, psa.fake.faults]).toEqual([[], []])
})

it('has one ticket for each incident', async () => {
  let all = 0
  for (const { company, psa, externalId } of clients) {
    const incidents = await incidentsOf(company)
    const there = psa.fake.tickets().filter(({ companyId }) => companyId === externalId)
    const here = await Promise.all(incidents.map(({ id }) => ticketOf(id)))
    expect(there.map(({ id }) => id).sort()).toEqual([...here].sort())
    expect(new Set(there.map(({ text }) => /Reference (AW-\w+)/.exec(text)?.[1])).size).toBe(there.length)
    all += there.length
  }
  expect(all).toBeGreaterThanOrEqual(INCIDENTS_EACH * clients.length)
  expect(shared.fake.tickets().length + own.fake.tickets().length).toBe(all)
})

it('has what each person wrote once, where it belongs, in order', async () => {
  for (const { company, psa } of clients) {
    for (const { id } of await incidentsOf(company)) {
      const incident: IncidentDetail = await api.incident(id)
      const ticket = psa.ticket((await ticketOf(id))!)
      const written = writtenBy(ticket)
      const ours = ourNotes.get(id) ?? []
      expect(ours.map((text) => [text, count(written, text)])).toEqual(ours.map((text) => [text, 1]))
      expect(ours.map((text) => written.indexOf(text))).toEqual(ours.map((text) => written.indexOf(text)).sort((a, b) => a - b))
      const tokens = [...written.matchAll(/\[(aw:\w+)\]/g)].map(([, token]) => token)
      expect(tokens).toEqual([...new Set(tokens)])
      const heard = incident.timeline.filter(({ kind, actor }) => kind === 'note' && actor?.kind === 'connector').map(({ text }) => text).join('\n')
      const theirs = comments.get(id) ?? []
      expect(theirs.map((text) => [text, count(heard, text)])).toEqual(theirs.map((text) => [text, 1]))
    }
  }
  expect(ourNotes.size).toBe(INCIDENTS_EACH * clients.length)
})

it('never calls the account more than it allows, over both systems and both processes', () => {
  const times = [...shared.fake.calls, ...own.fake.calls].map(({ atMs }) => atMs).sort((a, b) => a - b)
  const most = Math.max(...times.map((from, at) => times.findIndex((atMs) => atMs >= from + 60_000) === -1 ? times.length - at : times.findIndex((atMs) => atMs >= from + 60_000) - at))
  console.log(`${times.length} calls in ${Math.round((times.at(-1)! - times[0]!) / 1_000)} s, at most ${most} a minute of ${CALLS_PER_MINUTE}`)
  expect(most).toBeLessThanOrEqual(CALLS_PER_MINUTE)
})
