/** The runbook database-connections-relieve, run against a real PostgreSQL and a real MariaDB that allow few connections. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mariadbInRoot, postgresqlInRoot } from '../harness/databases-in-root.ts'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { without } from '../harness/stand-ins.ts'
import { throwawayRoot, type RootRun, type ThrowawayRoot } from '../harness/throwaway-root.ts'

/** Runs a step with inputs that a plan would refuse, such as zero minutes: nobody waits five minutes for a test. */
async function raw(root: ThrowawayRoot, inputs: Readonly<Record<string, string | number>>): Promise<RootRun> {
  const { runbook } = await runbookIn(root, 'database-connections-relieve')
  const text = runbook.steps.find(({ id }) => id === 'relieve')?.shell?.linux?.text
  if (text === undefined) throw new Error('no step relieve')
  return root.script(text, { engine: 'auto', port: 5432, idleMinutes: 0, minUsedPercent: 50, maxSessions: 50, ...inputs })
}

describe('database-connections-relieve on PostgreSQL', () => {
  let root: ThrowawayRoot
  const ALL = "from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
  const sql = (text: string): Promise<string> => root.sh(`runuser -u postgres -- psql -XAtqc "${text}"`)
  const waitFor = (sessions: number): Promise<string> => root.sh(`until [ "$(runuser -u postgres -- psql -XAtqc "select count(*) ${ALL} and (state like 'idle%' or query like '%pg_sleep%')")" = ${sessions} ]; do n=$((\${n:-0} + 1)); [ $n -lt 600 ] || exit 1; sleep 0.05; done`)
  /** A session that does nothing after its first words. */
  const idle = (name: string, user: string, first = 'select 1'): Promise<void> => root.start(`echo "${first};" >/opt/first-${name}; mkfifo /opt/idle-${name}; PGAPPNAME=${name} psql -XAtq -U ${user} -d shop -f /opt/first-${name} -f - <>/opt/idle-${name} >/dev/null 2>&1`)

  beforeAll(async () => {
    root = await throwawayRoot(undefined, { setup: `${without('mariadb', 'mysql')}${postgresqlInRoot(12)}` })
    for (let n = 1; n <= 4; n++) await idle(`pool${n}`, 'shop')
    await idle('held', 'shop', 'begin; select 1')
    // The leader of a parallel pg_dump holds the snapshot of the whole backup in this state.
    await idle('pg_dump', 'shop', 'begin; select 1')
    await idle('boss', 'boss')
    await idle('copier', 'copier')
    await root.start('PGAPPNAME=works psql -XAtq -U shop -d shop -c "select pg_sleep(600)" >/dev/null 2>&1')
    await waitFor(9)
  })
  afterAll(async () => root.stop())

  test('ends idle sessions of ordinary users only, when connections run out, no more than it may, and none the second time', async () => {
    expect(await raw(root, { minUsedPercent: 95 })).toMatchObject({ outcome: 'ok', result: { changed: [], facts: { engine: 'postgresql', ended: 0 } } })
    const runbook = await runbookIn(root, 'database-connections-relieve', { minUsedPercent: 50, idleMinutes: 5 })
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { maxConnections: 12 }, changedCount: 0 } })
    expect(await runbook.step('relieve')).toMatchObject({ outcome: 'ok', result: { changed: [], facts: { ended: 0 } } })
    await waitFor(9)
    const one = await raw(root, { maxSessions: 1 })
    expect(one).toMatchObject({ outcome: 'ok', result: { facts: { ended: 1 } } })
    await waitFor(8)
    const relieved = await raw(root, {})
    expect(relieved).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts: { ended: 4 }, changedCount: 4 } })
    // Which of them was idle first is chance.
    expect([...(one.result?.changed ?? []), ...(relieved.result?.changed ?? [])].filter((line) => line.includes('idle_in_transaction'))).toHaveLength(1)
    await waitFor(4)
    expect(await sql(`select application_name ${ALL} order by 1`)).toBe('boss\ncopier\npg_dump\nworks\n')
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await raw(root, {})).toMatchObject({ outcome: 'ok', result: { changed: [] } })
  })

  test('runs nothing that a user of the database put in the way of its own functions', async () => {
    await root.sh(`psql -XAtq -U boss -d postgres <<'END'
create function public.mine(bigint, bigint) returns text language plpgsql as $$ begin raise exception 'mine was run'; end $$;
create operator public.|| (leftarg = bigint, rightarg = bigint, function = public.mine);
END`)
    expect(await (await runbookIn(root, 'database-connections-relieve', { engine: 'postgresql' })).step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { maxConnections: 12 } } })
    await sql('drop operator public.|| (bigint, bigint); drop function public.mine')
  })

  test('refuses an engine that is not there, and a number that is none', async () => {
    expect(await raw(root, { engine: 'mysql' })).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'missing_command' } })
    expect(await raw(root, { idleMinutes: "0' or true --" })).toMatchObject({ outcome: 'refused', result: { code: 'no_number' } })
    expect(await raw(root, { engine: 'oracle' })).toMatchObject({ outcome: 'refused', result: { code: 'engine_unknown' } })
  })
})

describe('database-connections-relieve on MariaDB', () => {
  test('ends sleeping sessions of ordinary users only, and refuses where both engines answer', async (context) => {
    const root = await throwawayRoot(context, { setup: mariadbInRoot(10) })
    const sessions = (): Promise<string> => root.sh(`mariadb --batch --skip-column-names -e "select concat(user, ' ', command) from information_schema.processlist where id <> connection_id() order by 1"`)
    for (let n = 1; n <= 4; n++) await root.start(`mkfifo /opt/idle-${n}; mariadb -u shop -px shop <>/opt/idle-${n} >/dev/null 2>&1`)
    await root.start('mkfifo /opt/idle-root; mariadb <>/opt/idle-root >/dev/null 2>&1')
    await root.start('mkfifo /opt/idle-repl; mariadb -u repl -px <>/opt/idle-repl >/dev/null 2>&1')
    await root.sh(`mariadb -e "create user backup@localhost identified by 'x'"`)
    await root.start('mkfifo /opt/idle-backup; mariadb -u backup -px <>/opt/idle-backup >/dev/null 2>&1')
    await root.start('mariadb -u shop -px shop -e "select sleep(600)" >/dev/null 2>&1')
    await root.sh(`until [ "$(mariadb --batch --skip-column-names -e "select count(*) from information_schema.processlist where id <> connection_id()")" = 8 ]; do n=$((\${n:-0} + 1)); [ $n -lt 600 ] || exit 1; sleep 0.05; done`)

    expect(await raw(root, { idleMinutes: 5 })).toMatchObject({ outcome: 'ok', result: { changed: [] } })
    const relieved = await raw(root, {})
    expect(relieved).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts: { engine: 'mysql', ended: 4 }, changedCount: 4 } })
    for (const line of relieved.result?.changed ?? []) expect(line).toMatch(/^ended session \d+ of shop, asleep for 0 minutes$/)
    await root.sh(`until [ "$(mariadb --batch --skip-column-names -e "select count(*) from information_schema.processlist where id <> connection_id()")" = 4 ]; do n=$((\${n:-0} + 1)); [ $n -lt 600 ] || exit 1; sleep 0.05; done`)
    expect(await sessions()).toBe('backup Sleep\nrepl Sleep\nroot Sleep\nshop Query\n')
    expect(await raw(root, {})).toMatchObject({ outcome: 'ok', result: { changed: [], facts: { ended: 0 } } })
    expect(await (await runbookIn(root, 'database-connections-relieve', { engine: 'mariadb' })).verify()).toMatchObject({ holds: true })

    await root.sh(postgresqlInRoot())
    expect(await raw(root, {})).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'several_engines', changedCount: 0 } })
  })

  test('refuses a machine where no server answers', async (context) => {
    const root = await throwawayRoot(context)
    expect(await raw(root, {})).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'not_reachable', changedCount: 0 } })
  })
})
