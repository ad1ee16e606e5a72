/** The runbook database-service-restart, run for real; systemd stands in, the database that was started by hand is a real Redis. The danger is a second database over the same data. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'
import { callsIn, RUNNING, STOPPED, withStandIns, type Unit } from './stand-ins.ts'

const machine = (units: Readonly<Record<string, Unit>>, setup = '') => withStandIns({ programs: ['systemctl', 'sleep'], units, setup })
const PG = 'postgresql@15-main'

describe('database-service-restart', () => {
  test('starts a database that failed, once', async (context) => {
    const root = await throwawayRoot(context, machine({ [`${PG}.service`]: { Type: 'forking' } }, 'mkdir -p /var/lib/postgresql'))
    const runbook = await runbookIn(root, 'database-service-restart', { unit: PG })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: [`start ${PG}.service (was failed)`] } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await callsIn(root)).toEqual([`reset-failed ${PG}.service`, `start ${PG}.service`])
  })

  test('never touches a database that runs', async (context) => {
    const root = await throwawayRoot(context, machine({ 'mariadb.service': RUNNING }))
    expect(await (await runbookIn(root, 'database-service-restart', { unit: 'mariadb', stoppedToo: true })).step('restart')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test.for<readonly [string, string, Readonly<Record<string, Unit>>, string]>([
    ['a database that starts or recovers', 'mariadb', { 'mariadb.service': { ActiveState: 'activating', SubState: 'start' } }, 'recovery_running'],
    ['a database in a restart loop', 'mariadb', { 'mariadb.service': { ActiveState: 'activating', SubState: 'auto-restart' } }, 'restart_loop'],
    ['the unit that only stands for the clusters of PostgreSQL', 'postgresql', { 'postgresql.service': { ...RUNNING, Type: 'oneshot' } }, 'unit_is_job'],
    ['a machine where Pacemaker decides', 'mariadb', { 'mariadb.service': {}, 'pacemaker.service': RUNNING }, 'cluster_manages_it'],
    ['a machine where Patroni decides', PG, { [`${PG}.service`]: {}, 'patroni.service': RUNNING }, 'cluster_manages_it'],
    ['what was stopped on purpose', 'redis-server', { 'redis-server.service': STOPPED }, 'stopped_on_purpose'],
    ['a unit there is not', 'mongod', { 'mariadb.service': {} }, 'unit_unknown'],
  ])('refuses %s, and changes nothing', async ([, unit, units, code], context) => {
    const root = await throwawayRoot(context, machine(units))
    expect(await (await runbookIn(root, 'database-service-restart', { unit })).step('restart')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test('refuses while a database that was started by hand may hold the data', async (context) => {
    const root = await throwawayRoot(context, machine({ 'redis-server.service': {} }))
    await root.start('exec redis-server --port 0 --unixsocket /tmp/redis.sock --dir /tmp --save ""')
    await root.sh('for n in $(seq 600); do if redis-cli -s /tmp/redis.sock ping >/dev/null 2>&1; then break; fi; /usr/bin/env perl -e "select undef,undef,undef,0.1"; done; redis-cli -s /tmp/redis.sock ping')
    expect(await (await runbookIn(root, 'database-service-restart', { unit: 'redis-server' })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'process_by_hand', changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
    const belongsTo = (group: string) => root.sh(`echo '0::${group}' >/srv/group; pid=$(pgrep -x redis-server); umount "/proc/$pid/cgroup" 2>/dev/null || true; mount --bind /srv/group "/proc/$pid/cgroup"`)
    await belongsTo('/system.slice/redis-server.service')
    expect(await (await runbookIn(root, 'database-service-restart', { unit: 'redis-server' })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'process_remains', changedCount: 0 } })
    await belongsTo('/system.slice/redis-exporter.service')
    expect(await (await runbookIn(root, 'database-service-restart', { unit: 'redis' })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'unit_unknown' } })
    expect(await callsIn(root)).toEqual([])
    await root.sh('umount "/proc/$(pgrep -x redis-server)/cgroup"; redis-cli -s /tmp/redis.sock shutdown nosave')
    await root.sh('for n in $(seq 600); do if ! pgrep -x redis-server >/dev/null; then break; fi; perl -e "select undef,undef,undef,0.1"; done')
    expect(await (await runbookIn(root, 'database-service-restart', { unit: 'redis-server' })).step('restart')).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
  })

  test('refuses where the disk of the data is nearly full', async (context) => {
    const root = await throwawayRoot(context, machine({ 'mariadb.service': {} }, 'mkdir -p /var/lib/mysql; mount -t tmpfs -o size=8m tmpfs /var/lib/mysql'))
    expect(await (await runbookIn(root, 'database-service-restart', { unit: 'mariadb' })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'disk_full', changedCount: 0, facts: { freeKb: 8192 } } })
    expect(await callsIn(root)).toEqual([])
  })
})
