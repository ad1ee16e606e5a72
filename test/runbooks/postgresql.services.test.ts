/** The runbooks postgresql-health and postgresql-long-queries, run against a real PostgreSQL in a throw-away root. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { postgresqlInRoot } from '../harness/databases-in-root.ts'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { without } from '../harness/stand-ins.ts'
import { throwawayRoot, type RootRun, type ThrowawayRoot } from '../harness/throwaway-root.ts'

let root: ThrowawayRoot
beforeAll(async () => {
  root = await throwawayRoot(undefined, { setup: postgresqlInRoot() })
})
afterEach(async () => {
  await sql('select pg_terminate_backend(pid) from pg_stat_activity where backend_type = $$client backend$$ and pid <> pg_backend_pid()')
  await waitFor(0)
})
afterAll(async () => root.stop())

const sql = (text: string): Promise<string> => root.sh(`runuser -u postgres -- psql -XAtq -c '${text}'`)
/** Waits until so many sessions of others work. */
const waitFor = (sessions: number): Promise<string> => root.sh(`until [ "$(runuser -u postgres -- psql -XAtqc "select count(*) from pg_stat_activity where backend_type = 'client backend' and state = 'active' and pid <> pg_backend_pid()")" = ${sessions} ]; do n=$((\${n:-0} + 1)); [ $n -lt 600 ] || exit 1; sleep 0.05; done`)
/** Starts a query that stays. */
const query = (user: string, text: string, application = 'shop'): Promise<void> => root.start(`PGAPPNAME=${application} psql -XAtq -U ${user} -d shop -c "${text}" >>/opt/told 2>&1`)
const running = (): Promise<string> => sql('select usename || $$ $$ || application_name || $$ $$ || left(query, 12) from pg_stat_activity where state = $$active$$ and backend_type = $$client backend$$ and pid <> pg_backend_pid() order by 1')

/** Runs a step with inputs that a plan would refuse, such as zero minutes: nobody waits five minutes for a test. */
async function raw(step: string, inputs: Readonly<Record<string, string | number | boolean>>, where = root): Promise<RootRun> {
  const { runbook } = await runbookIn(where, 'postgresql-long-queries')
  const text = runbook.steps.find(({ id }) => id === step)?.shell?.linux?.text
  if (text === undefined) throw new Error(`no step ${step}`)
  return where.script(text, { port: 5432, minutes: 0, maxQueries: 5, terminate: false, ...inputs })
}

describe('postgresql-long-queries', () => {
  test('cancels the long queries of ordinary users and leaves superusers, replication, backups, maintenance and idle sessions alone', async () => {
    await query('shop', 'select pg_sleep(600)')
    await query('shop', 'with a as (select pg_sleep(600)) select * from a')
    await query('boss', 'select pg_sleep(601)')
    await query('copier', 'select pg_sleep(602)')
    await query('shop', 'select pg_sleep(603)', 'pg_dump')
    await query('shop', 'do \\$\\$ begin perform pg_sleep(604); end \\$\\$')
    await root.start('mkfifo /opt/idle; PGAPPNAME=idle psql -XAtq -U shop -d shop <>/opt/idle')
    await waitFor(6)
    await root.sh(`until [ "$(runuser -u postgres -- psql -XAtqc "select count(*) from pg_stat_activity where application_name = 'idle'")" = 1 ]; do n=$((\${n:-0} + 1)); [ $n -lt 600 ] || exit 1; sleep 0.05; done`)
    const before = await raw('measure', {})
    expect(before).toMatchObject({ outcome: 'ok', result: { facts: { longQueries: 2 }, changedCount: 0 } })
    const cancelled = await raw('cancel', {})
    expect(cancelled).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts: { cancelled: 2, terminated: 0 } } })
    for (const line of cancelled.result?.changed ?? []) expect(line).toMatch(/^cancelled the query of session \d+ of shop@shop after 0 minutes$/)
    await waitFor(4)
    expect(await running()).toBe('boss shop select pg_sl\ncopier shop select pg_sl\nshop pg_dump select pg_sl\nshop shop do $$ begin \n')
    expect(await raw('cancel', {})).toMatchObject({ outcome: 'ok', result: { changed: [], facts: { cancelled: 0 } } })
    expect(await root.sh('grep -c "canceling statement due to user request" /opt/told')).toBe('2\n')
    expect(await sql('select count(*) from pg_stat_activity where application_name = $$idle$$')).toBe('1\n')
  })

  test('leaves queries alone that do not run for so long, and cancels no more than it may', async () => {
    for (let n = 0; n < 3; n++) await query('shop', 'select pg_sleep(600)')
    await waitFor(3)
    const runbook = await runbookIn(root, 'postgresql-long-queries', { minutes: 5 })
    expect(await runbook.step('cancel')).toMatchObject({ outcome: 'ok', result: { changed: [] } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await raw('cancel', { maxQueries: 1 })).toMatchObject({ outcome: 'ok', result: { facts: { cancelled: 1 } } })
    await waitFor(2)
  })

  test('ends a session that does not heed it only when a person asked for it', async () => {
    // Each time it is cancelled it goes on.
    const stubborn = 'select * from stubborn()'
    await root.sh(`psql -XAtq -U boss -d shop <<'END'
create or replace function stubborn() returns void language plpgsql as $$ begin loop begin perform pg_sleep(600); exception when query_canceled then null; end; end loop; end $$;
END`)
    await query('shop', stubborn)
    await waitFor(1)
    expect(await raw('cancel', {})).toMatchObject({ outcome: 'ok', result: { facts: { cancelled: 1, terminated: 0 } } })
    expect((await running()).trim()).toBe('shop shop select * fro')
    const ended = await raw('cancel', { terminate: true })
    expect(ended).toMatchObject({ outcome: 'ok', result: { facts: { cancelled: 1, terminated: 1 }, changedCount: 2 } })
    expect(ended.result?.changed[1]).toMatch(/^ended session \d+ of shop@shop after 0 minutes$/)
    await waitFor(0)
  })

  test('refuses a port where nobody listens, a machine without psql, and a number that is none', async (context) => {
    expect(await (await runbookIn(root, 'postgresql-long-queries', { port: 5433 })).step('cancel')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'not_reachable', changedCount: 0 } })
    expect(await raw('cancel', { minutes: "0'; drop table x; --" })).toMatchObject({ outcome: 'refused', result: { code: 'no_number' } })
    const bare = await throwawayRoot(context, { setup: without('psql') })
    expect(await raw('cancel', {}, bare)).toMatchObject({ outcome: 'refused', result: { code: 'missing_command' } })
  })
})

describe('postgresql-health', () => {
  test('tells how the server is, twice, and no text of a query', async () => {
    await root.sh(`psql -XAtq -U shop -d shop <<'END'
create table if not exists stock (n int); delete from stock; insert into stock select generate_series(1, 100); delete from stock where n <= 50;
END`)
    await query('shop', "select pg_sleep(600), 'secret-word'")
    await root.start(`mkfifo /opt/held; printf 'begin; lock table stock;\\n' >/opt/begin; psql -XAtq -U shop -d shop -f /opt/begin -f /opt/held`)
    await root.sh(`until [ "$(runuser -u postgres -- psql -XAtqc "select count(*) from pg_stat_activity where state = 'idle in transaction'")" = 1 ]; do n=$((\${n:-0} + 1)); [ $n -lt 600 ] || exit 1; sleep 0.05; done`)
    await waitFor(1)
    const runbook = await runbookIn(root, 'postgresql-health')
    const told = await runbook.step('report')
    expect(told).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changedCount: 0, facts: { isReplica: false, maxConnections: 40, activeSessions: 1, idleInTransaction: 1, waitingLocks: 0, replicas: 0, autovacuum: 'on', replicationLagSeconds: 0, blockedSessions: 0 } } })
    expect(told.result?.facts['connections']).toBeGreaterThanOrEqual(2)
    expect(told.result?.facts['databasesMegabytes']).toBeGreaterThan(5)
    expect(told.stdout).not.toContain('secret-word')
    expect(await runbook.step('report')).toMatchObject({ outcome: 'ok', result: { facts: { activeSessions: 1 } } })
  })

  test('refuses a server that does not answer', async () => {
    expect(await (await runbookIn(root, 'postgresql-health', { port: 5433 })).step('report')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'not_reachable' } })
  })
})
