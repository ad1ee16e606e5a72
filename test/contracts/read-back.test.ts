/** An MSP with twenty thousand open tickets in forty systems, minute by minute: how long each goes unread where its account allows enough, and who is left where it does not. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { hintStore, READ_BACK_AFTER_MS } from '../../storage/tickets/hints.ts'

const START_MS = Date.UTC(2026, 2, 1, 12)
const HOUR_MS = 3_600_000
const STEP_MS = 120_000
const [CONNECTIONS, TICKETS_EACH] = [40, 500]
/** Reads in one step that accounts have room for, and the one that has not enough for its tickets. */
const [ENOUGH, SCARCE] = [34, 4]
const AHEAD = 40
/** One big company and four small ones in each system. */
const SMALL = 5
const TIGHT = 'con-40'

const folder = mkdtempSync(join(tmpdir(), 'read-back-'))
let database: Database
beforeAll(async () => {
  database = await openDatabase({ dataDir: folder, clock: systemClock })
  await database.query(`insert into companies (id, name, created_at, updated_at) select 'c' || n || '-' || k, 'Company ' || n || '-' || k, now(), now() from generate_series(1, ${CONNECTIONS}) n, generate_series(0, 4) k`)
  await database.query(`insert into connections (id, company_id, connector, name, environment, enabled, base_url, auth, hook_key, created_at, updated_at) select 'con-' || n, 'c' || n || '-0', 'zendesk', 'main', 'production', true, 'https://psa.test', 'api_key', 'x', now(), now() from generate_series(1, ${CONNECTIONS}) n`)
  // All of them were read at the same moment, which is the worst case.
  await database.query(
    `insert into tickets (id, company_id, incident_id, connection_id, connector, environment, external_ref, external_id, title, origin, mode, created_at)
     select 't' || n || '-' || m, 'c' || n || '-' || case when m <= ${SMALL} * 4 then 1 + m % 4 else 0 end, 'i' || n || '-' || m, 'con-' || n, 'zendesk', 'production', 'AW-' || n || '-' || m, 't' || n || '-' || m, 't', 'own', 'production', to_timestamp(${START_MS} / 1000.0)
     from generate_series(1, ${CONNECTIONS}) n, generate_series(1, ${TICKETS_EACH}) m`)
})
afterAll(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

it('reads each of 20,000 open tickets within the hour where its account allows, and starves none where it does not', { timeout: 300_000 }, async () => {
  const clock = new TestClock(START_MS)
  const hints = hintStore(database, { clock })
  const reads = new Map<string, number[]>()
  const busy = { [TIGHT]: ENOUGH - SCARCE }
  for (clock.tick(2_600_000); clock.now() < START_MS + 2 * HOUR_MS; clock.tick(STEP_MS)) {
    await hints.readBack({ limit: 4_000, ahead: AHEAD })
    const due = await hints.claim(5_000, { isReadBack: true, perConnection: ENOUGH, busy })
    for (const { externalId } of due) reads.set(externalId, [...(reads.get(externalId) ?? []), clock.now()])
    const read = due.map(({ externalId }) => externalId)
    await database.query(`update ticket_hints set done_at = to_timestamp($2::float8 / 1000), claimed_until = null where external_id = any($1::text[]) and done_at is null`, [read, clock.now()])
    await database.query(`update tickets set last_synced_at = to_timestamp($2::float8 / 1000) where external_id = any($1::text[])`, [read, clock.now()])
  }
  const rows = await database.query<{ id: string; connectionId: string; companyId: string }>('select external_id as id, connection_id as "connectionId", company_id as "companyId" from tickets')
  const gaps = (id: string): number => Math.max(...[...(reads.get(id) ?? []), clock.now()].map((atMs, at, all) => (at === 0 ? 0 : atMs - all[at - 1]!)))
  const longest = (of: readonly { readonly id: string }[]): number => Math.max(...of.map(({ id }) => gaps(id)))
  const [ample, tight] = [rows.filter(({ connectionId }) => connectionId !== TIGHT), rows.filter(({ connectionId }) => connectionId === TIGHT)]

  expect([ample.length + tight.length, reads.size]).toEqual([CONNECTIONS * TICKETS_EACH, expect.any(Number)])
  expect(ample.filter(({ id }) => !reads.has(id))).toEqual([])
  expect(longest(ample)).toBeLessThanOrEqual(HOUR_MS)
  // What it has room for is used; small companies wait for no more of the big one than is listed already, and of that none is read again before all others were.
  const counts = (of: typeof tight): number[] => of.map(({ id }) => reads.get(id)?.length ?? 0)
  const [small, big] = [tight.filter(({ companyId }) => !companyId.endsWith('-0')), tight.filter(({ companyId }) => companyId.endsWith('-0'))]
  expect(longest(small)).toBeLessThanOrEqual(READ_BACK_AFTER_MS + (AHEAD / SCARCE + 1) * STEP_MS)
  expect(Math.max(...counts(big)) - Math.min(...counts(big))).toBeLessThanOrEqual(1)
  expect(counts(tight).reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(SCARCE * Math.floor(HOUR_MS / STEP_MS))
})
