/** The worker as the program runs it: over the database, the vault and the real client, against a Zendesk that answers. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { zendesk } from '../../connectors/zendesk/index.ts'
import { makeMetrics } from '../../app/metrics/metrics.ts'
import type { Caller } from '../../schemas/access.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import type { OutsideCall } from '../../schemas/tickets.ts'
import type { Database } from '../../storage/postgres/database.ts'
import { openCopiedDatabase } from '../harness/database-template.ts'
import { openTicketParts, type TicketParts } from '../../app/parts/tickets.ts'
import { openVaultParts, type VaultParts } from '../../app/parts/vault.ts'
import type { PsaFake } from '../fakes/psa/psa-fake.ts'
import { startZendesk } from '../fakes/psa/zendesk.ts'
import { aNote, aTicket, databaseBench, emptyTickets, type TicketBench } from '../harness/ticket-bench.ts'
import { connectorWorld } from '../harness/connector-world.ts'

const ADMIN: Caller = { kind: 'user', id: 'admin', name: 'Ada', ip: null, scope: { role: 'msp_admin', userId: 'admin', companyIds: 'all' } }

let dataDir: string
let database: Database
let clock: TestClock
let fake: PsaFake
let vault: VaultParts
let parts: TicketParts
let bench: TicketBench
let connectionId: string
let records: OutsideCall[]
let stop: () => Promise<void> = () => Promise.resolve()

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ticket-parts-'))
  database = await openCopiedDatabase({ dataDir, clock: systemClock })
})
afterAll(async () => {
  await stop()
  await database.close()
  rmSync(dataDir, { recursive: true })
})
beforeEach(async () => {
  await stop()
  await emptyTickets(database)
  await database.query('delete from connections')
  clock = new TestClock()
  fake = await startZendesk({ clock })
  records = []
  vault = openVaultParts({ database, clock, masterKey: randomBytes(32), record: async (call) => void records.push(call), connectors: [zendesk] })
  parts = await openTicketParts({ engines: { database: async () => database }, clock, logger: pino({ level: 'silent' }), metrics: makeMetrics() }, { parts: vault, ceiling: 'production' })
  bench = databaseBench(database, clock)
  connectionId = (await vault.connections.create(ADMIN, null, {
    connector: 'zendesk', name: 'desk', environment: 'production', enabled: false, baseUrl: fake.baseUrl, auth: fake.auth, scopes: [], fields: fake.fields, mapping: fake.mapping ?? {}, secrets: fake.credentials,
  })).connection.id
  await database.query('update connections set enabled = true')
  const worker = await parts.startWorker()
  stop = async () => {
    await worker.stop()
    await vault.stop()
    await fake.stop()
  }
})

const account = (): Promise<string> => vault.vault.open(connectionId).then((connection) => zendesk.account(connection))
async function ordered(id: string): Promise<void> {
  await bench.ticket(aTicket(id, { connectionId, account: await account(), externalRef: `AW-00000000${id}` }))
  await bench.order({ ticketId: id, kind: 'create', body: connectorWorld(zendesk, fake, clock).draft({ externalRef: `AW-00000000${id}` }), urgency: 2, dueAtMs: clock.now() })
}
/** Time passes until the order stands so; where it waits for longer, to its moment at once. */
const becomes = (id: string, wanted: object) => expect.poll(async () => {
  const [row] = await bench.orders(id)
  clock.tick(row?.status === 'waiting' && row.dueAtMs > clock.now() ? row.dueAtMs - clock.now() : 500)
  return row
}, { interval: 20 }).toMatchObject(wanted)

it('makes the ticket, writes its notes, and shows what is left of the account', async () => {
  await ordered('TTTT')
  await becomes('TTTT', { status: 'done' })
  expect(fake.tickets()).toMatchObject([{ externalRef: 'AW-00000000TTTT' }])
  expect(await bench.row('TTTT')).toMatchObject({ externalId: fake.tickets()[0]!.id, state: 'open', seen: { ref: { externalId: fake.tickets()[0]!.id } } })
  await bench.order({ ticketId: 'TTTT', kind: 'update', body: aNote('aw-n-1'), urgency: 2, dueAtMs: clock.now() })
  await expect.poll(async () => { clock.tick(1_000); return (await bench.orders('TTTT')).map(({ status }) => status) }, { interval: 20 }).toEqual(['done', 'done'])
  expect(fake.tickets()[0]!.notes.map(({ text }) => text).join()).toContain('said aw-n-1')
  expect(records.map(({ status, ticketId, who }) => [status, ticketId, who.id])).toEqual(records.map(() => ['success', 'TTTT', 'outbox']))
  const facts = await parts.accountFacts(zendesk, await vault.vault.open(connectionId))
  expect(facts).toMatchObject({ held: null, waiting: 0, dead: 0, blockedUntil: null, lastOkAt: expect.any(String), limits: [{ name: 'calls' }, { name: 'ticket updates' }] })
  expect(facts.limits[0]!.left).toBeLessThan(facts.limits[0]!.calls)
  expect(fake.faults).toEqual([])
})

it('calls nothing while the mode is lowered or the connection is off, and goes on when that is over', async () => {
  await database.query(`update companies set settings = '{"mode":"dry-run"}'`)
  await ordered('TTTT')
  await becomes('TTTT', { status: 'waiting', code: 'mode_lowered' })
  await database.query(`update companies set settings = '{"mode":"production"}'`)
  await database.query('update connections set enabled = false')
  await becomes('TTTT', { status: 'waiting', code: 'connection_off' })
  expect(fake.calls).toEqual([])
  await database.query('update connections set enabled = true')
  await becomes('TTTT', { status: 'done', code: null })
  expect(fake.tickets()).toHaveLength(1)
})

it('gives up what was ordered for a connection that was removed', async () => {
  await database.query(`update companies set settings = '{"mode":"dry-run"}'`)
  await ordered('TTTT')
  await becomes('TTTT', { code: 'mode_lowered' })
  await database.query('delete from connections')
  await database.query(`update companies set settings = '{"mode":"production"}'`)
  await becomes('TTTT', { status: 'dead', code: 'connection_gone' })
  expect(fake.calls).toEqual([])
})

it('holds the account when the credentials are refused, says so, and goes on at once when somebody has mended it', async () => {
  fake.trouble({ is: { status: 401, json: { error: 'Couldn\'t authenticate you' } }, times: 1_000 })
  await ordered('TTTT')
  await becomes('TTTT', { status: 'waiting', code: 'unauthorized', attempts: 0 })
  const connection = await vault.vault.open(connectionId)
  await expect.poll(async () => (await parts.accountFacts(zendesk, connection)).held).toBe('unauthorized')
  expect((await vault.connections.get(ADMIN.scope, connectionId)).lastError).toContain('credentials')
  fake.calm()
  await parts.mended(zendesk, connection)
  await becomes('TTTT', { status: 'done' })
  expect((await vault.connections.get(ADMIN.scope, connectionId)).lastError).toBeNull()
})
