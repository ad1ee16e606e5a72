/** The runbooks mysql-health and mysql-long-queries, run against a real MariaDB in a throw-away root. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mariadbInRoot } from '../harness/databases-in-root.ts'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn, without } from '../harness/stand-ins.ts'
import { throwawayRoot, type RootRun, type ThrowawayRoot } from '../harness/throwaway-root.ts'

let root: ThrowawayRoot
beforeAll(async () => {
  root = await throwawayRoot(undefined, { setup: `${mariadbInRoot()}\nmariadb shop -e 'create table stock (n int) engine=MyISAM; insert into stock values (1), (2)'` })
})
afterAll(async () => root.stop())

const sql = (text: string): Promise<string> => root.sh(`mariadb --batch --skip-column-names -e "${text}"`)
const WORKING = "from information_schema.processlist where command = 'Query' and id <> connection_id()"
const waitFor = (sessions: number): Promise<string> => root.sh(`until [ "$(mariadb --batch --skip-column-names -e "select count(*) ${WORKING}")" = ${sessions} ]; do n=$((\${n:-0} + 1)); [ $n -lt 600 ] || exit 1; sleep 0.05; done`)
const query = (user: string, text: string): Promise<void> => root.start(`mariadb -u ${user} ${user === 'root' ? '' : '-px'} shop -e "${text}" >>/opt/told 2>&1`)
const endAll = async (): Promise<void> => {
  await root.sh(`for id in $(mariadb --batch --skip-column-names -e "select id ${WORKING}"); do mariadb -e "kill $id" || true; done`)
  await waitFor(0)
}

/** Runs a step with inputs that a plan would refuse, such as zero minutes: nobody waits five minutes for a test. */
async function raw(step: string, inputs: Readonly<Record<string, string | number | boolean>> = {}, where = root): Promise<RootRun> {
  const { runbook } = await runbookIn(where, 'mysql-long-queries')
  const text = runbook.steps.find(({ id }) => id === step)?.shell?.linux?.text
  if (text === undefined) throw new Error(`no step ${step}`)
  return where.script(text, { minutes: 0, maxQueries: 5, ...inputs })
}

describe('mysql-long-queries', () => {
  test('cancels what ordinary users read for too long, and leaves writes, root, replication and backups alone', async () => {
    await query('shop', 'select sleep(600)')
    await query('shop', '(select sleep(601))')
    await query('shop', 'update stock set n = sleep(602)')
    await query('root', 'select sleep(603)')
    await query('repl', 'select sleep(604)')
    await query('shop', 'select /*!40001 SQL_NO_CACHE */ sleep(605) from stock')
    // As MySQL 8 writes: `with` before a delete. MariaDB has no such statement, so the word stands in one that only reads.
    await query('shop', "with a as (select sleep(606) as n)\n select n, ' delete ' from a")
    await waitFor(7)
    expect(await raw('measure')).toMatchObject({ outcome: 'ok', result: { facts: { longQueries: 2 }, changedCount: 0 } })
    const cancelled = await raw('cancel')
    expect(cancelled).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts: { cancelled: 2 }, changedCount: 2 } })
    for (const line of cancelled.result?.changed ?? []) expect(line).toMatch(/^cancelled the query of session \d+ of shop after 0 minutes$/)
    await waitFor(5)
    expect(await sql(`select info ${WORKING} order by info`)).toBe('select /*!40001 SQL_NO_CACHE */ sleep(605) from stock\nselect sleep(603)\nselect sleep(604)\nupdate stock set n = sleep(602)\nwith a as (select sleep(606) as n)\\n select n, \' delete \' from a\n')
    expect(await raw('cancel')).toMatchObject({ outcome: 'ok', result: { changed: [], facts: { cancelled: 0 } } })
    await endAll()
  })

  test('looks again right before it cancels on a server that numbers no queries', async (context) => {
    // MySQL's answers: the second session has begun another query when it is looked at once more.
    const client = standIn('mysql', `
ask=$(cat); echo "$ask" >>/opt/state/asked
case $ask in
  'select 1') echo 1 ;;
  *mariadb%*) echo 0 ;;
  'select id, id, '*) printf '7\\t7\\t40\\tshop\\n8\\t8\\t35\\tshop\\n' ;;
  *'and id = 7') echo 1 ;;
  *'and id = 8') echo 0 ;;
  'kill query 7') ;;
  *) exit 64 ;;
esac`)
    const other = await throwawayRoot(context, { setup: `${without('mariadb')}${client}` })
    expect(await raw('cancel', {}, other)).toMatchObject({ outcome: 'ok', result: { changed: ['cancelled the query of session 7 of shop after 40 minutes'] } })
    expect(await other.sh('grep kill /opt/state/asked')).toBe('kill query 7\n')
  })

  test('leaves queries alone that do not run for so long, and cancels no more than it may', async () => {
    for (let n = 0; n < 3; n++) await query('shop', 'select sleep(600)')
    await waitFor(3)
    const runbook = await runbookIn(root, 'mysql-long-queries', { minutes: 5 })
    expect(await runbook.step('cancel')).toMatchObject({ outcome: 'ok', result: { changed: [] } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await raw('cancel', { maxQueries: 1 })).toMatchObject({ outcome: 'ok', result: { facts: { cancelled: 1 } } })
    await waitFor(2)
    await endAll()
  })

  test('refuses a machine without a server, without a client, and a number that is none', async (context) => {
    const bare = await throwawayRoot(context)
    expect(await raw('cancel', {}, bare)).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'not_reachable', changedCount: 0 } })
    const none = await throwawayRoot(context, { setup: without('mariadb', 'mysql') })
    expect(await raw('cancel', {}, none)).toMatchObject({ outcome: 'refused', result: { code: 'missing_command' } })
    expect(await raw('cancel', { minutes: '0 or 1=1' })).toMatchObject({ outcome: 'refused', result: { code: 'no_number' } })
  })
})

describe('mysql-health', () => {
  test('tells how the server is, twice, and no text of a query', async () => {
    await query('shop', "select sleep(600), 'secret-word'")
    await waitFor(1)
    const runbook = await runbookIn(root, 'mysql-health')
    const told = await runbook.step('report')
    expect(told).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changedCount: 0, facts: { maxConnections: 40, isReadOnly: false, isReplica: false, transactionsOverAMinute: 0, rowLockWaits: 0 } } })
    expect(told.result?.facts['serverVersion']).toMatch(/MariaDB/)
    expect(told.result?.facts['connections']).toBeGreaterThanOrEqual(2)
    expect(told.result?.facts['connectionsUsedPercent']).toBeGreaterThanOrEqual(5)
    expect(told.stdout).not.toContain('secret-word')
    expect(await runbook.step('report')).toMatchObject({ outcome: 'ok', result: { facts: { maxConnections: 40 } } })
    await endAll()
  })

  test('tells of a replica that stands', async (context) => {
    const client = standIn('mariadb', `
ask=$(cat)
case $ask in
  'select 1') echo 1 ;;
  'select version()') echo 8.0.36 ;;
  'show global status') printf 'Threads_connected\\t5\\nUptime\\t1000\\n' ;;
  'show global variables') printf 'max_connections\\t100\\nread_only\\tON\\n' ;;
  'show slave status'*) printf '*** 1. row ***\\n  Slave_IO_Running: Yes\\n  Slave_SQL_Running: No\\n  Seconds_Behind_Master: 4711\\n' ;;
  select*) echo 0 ;;
  *) exit 64 ;;
esac`)
    const replica = await throwawayRoot(context, { setup: client })
    expect(await (await runbookIn(replica, 'mysql-health')).step('report')).toMatchObject({ outcome: 'ok', result: { facts: { isReplica: true, replicationRuns: false, replicationLagSeconds: 4711, isReadOnly: true, connectionsUsedPercent: 5 } } })
  })

  test('refuses where nobody answers', async (context) => {
    const bare = await throwawayRoot(context)
    expect(await (await runbookIn(bare, 'mysql-health')).step('report')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'not_reachable' } })
  })
})
