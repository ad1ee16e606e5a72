/** The runbook service-restart, run for real against a systemd that stands in: the danger is to start what somebody wants stopped, or what carries the machine. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'
import { callsIn, ENDED, RUNNING, STOPPED, withStandIns, type Unit } from './stand-ins.ts'

const machine = (units: Readonly<Record<string, Unit>>, setup = '') => withStandIns({ programs: ['systemctl', 'sleep'], units, setup })

describe('service-restart', () => {
  test('starts a service that failed, says so, and is judged by whether it runs', async (context) => {
    const root = await throwawayRoot(context, machine({ 'app.service': {} }))
    const runbook = await runbookIn(root, 'service-restart', { unit: 'app' })

    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts: { unit: 'app.service', activeState: 'failed', isRunning: false }, changedCount: 0 } })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changed: ['start app.service (was failed)'], facts: { activeState: 'active' } } })
    expect(await callsIn(root)).toEqual(['reset-failed app.service', 'start app.service'])
    expect(await runbook.verify()).toMatchObject({ holds: true })
  })

  test('leaves a service alone that runs, so twice is once', async (context) => {
    const root = await throwawayRoot(context, machine({ 'app.service': {} }))
    const runbook = await runbookIn(root, 'service-restart', { unit: 'app.service' })
    await runbook.step('restart')
    const before = await callsIn(root)
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0, message: 'app.service runs already; nothing was changed' } })
    expect(await callsIn(root)).toEqual(before)
  })

  test('starts a service that is enabled and ended by itself', async (context) => {
    const root = await throwawayRoot(context, machine({ 'app.service': ENDED }))
    expect(await (await runbookIn(root, 'service-restart', { unit: 'app' })).step('restart')).toMatchObject({ outcome: 'ok', result: { changed: ['start app.service (was inactive)'] } })
    expect(await callsIn(root)).toEqual(['start app.service'])
  })

  test('starts what was stopped on purpose only when a person says so', async (context) => {
    const root = await throwawayRoot(context, machine({ 'app.service': STOPPED }))
    expect(await (await runbookIn(root, 'service-restart', { unit: 'app' })).step('restart')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'stopped_on_purpose', changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
    expect(await (await runbookIn(root, 'service-restart', { unit: 'app', stoppedToo: true })).step('restart')).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
  })

  test('starts what failed because it was told to stop only when a person says so', async (context) => {
    const stopped = { ExecMainStatus: '143', InactiveExitTimestampMonotonic: '90', ActiveExitTimestampMonotonic: '900', ExecMainExitTimestampMonotonic: '950' }
    const root = await throwawayRoot(context, machine({ 'app.service': stopped, 'late.service': { ...stopped, InactiveExitTimestampMonotonic: '940' }, 'hung.service': { ...stopped, Result: 'watchdog' } }))
    expect(await (await runbookIn(root, 'service-restart', { unit: 'app' })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'stopped_on_purpose', changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
    expect(await (await runbookIn(root, 'service-restart', { unit: 'app', stoppedToo: true })).step('restart')).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
    // One whose last start came to nothing, and one that systemd ended because it hung.
    for (const unit of ['late', 'hung']) expect(await (await runbookIn(root, 'service-restart', { unit })).step('restart')).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
  })

  test.for<readonly [string, string, Unit, string]>([
    ['a unit there is not, though another begins so', 'ngin', {}, 'unit_unknown'],
    ['a masked unit', 'nginx', { LoadState: 'masked' }, 'unit_masked'],
    ['a unit that cannot be loaded', 'nginx', { LoadState: 'bad-setting' }, 'unit_broken'],
    ['a template', 'getty@', {}, 'unit_is_template'],
    ['a unit systemd cannot find', 'nginx', { LoadState: 'not-found' }, 'unit_unknown'],
    ['a name with blanks, which only Windows has', 'nginx x', {}, 'unit_name_invalid'],
    ['a job that ends', 'nginx', { Type: 'oneshot' }, 'unit_is_job'],
    ['a unit that is stopped and not enabled', 'nginx', { ...ENDED, UnitFileState: 'disabled' }, 'unit_not_enabled'],
    ['a unit that a socket starts', 'nginx', { ...ENDED, TriggeredBy: 'nginx.socket' }, 'unit_triggered'],
    ['a unit in a restart loop', 'nginx', { ActiveState: 'activating', SubState: 'auto-restart', NRestarts: '71' }, 'restart_loop'],
    ['a unit that is being started', 'nginx', { ActiveState: 'activating', SubState: 'start' }, 'unit_starting'],
    ['a unit that is being stopped', 'nginx', { ActiveState: 'deactivating', SubState: 'stop-sigterm' }, 'unit_busy'],
    ['a unit whose file was changed', 'nginx', { NeedDaemonReload: 'yes' }, 'unit_changed'],
    ['a unit that takes no start by hand', 'nginx', { CanStart: 'no' }, 'unit_not_startable'],
    ['a unit whose condition does not hold here', 'nginx', { ...ENDED, ConditionResult: 'no', ActiveEnterTimestampMonotonic: '0', ActiveExitTimestampMonotonic: '0', ExecMainExitTimestampMonotonic: '0' }, 'unit_condition'],
  ])('refuses %s, and changes nothing', async ([, unit, state, code], context) => {
    const root = await throwawayRoot(context, machine({ 'nginx.service': state }))
    expect(await (await runbookIn(root, 'service-restart', { unit })).step('restart')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test.for(['amazon-ssm-agent', 'walinuxagent', 'google-osconfig-agent', 'systemd-networkd', 'NetworkManager', 'firewalld', 'nftables', 'pacemaker', 'dbus', 'user@1000'])('refuses %s, which carries the machine, its network or its cluster', async (unit, context) => {
    const root = await throwawayRoot(context, machine({ [`${unit}.service`]: {} }))
    expect(await (await runbookIn(root, 'service-restart', { unit })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'unit_protected' } })
    expect(await callsIn(root)).toEqual([])
  })

  test('refuses a protected unit under its other name', async (context) => {
    const root = await throwawayRoot(context, machine({ 'net.service': { Id: 'NetworkManager.service', Names: 'NetworkManager.service net.service' } }))
    expect(await (await runbookIn(root, 'service-restart', { unit: 'net' })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'unit_protected' } })
  })

  test('refuses a database, which has a runbook of its own', async (context) => {
    const root = await throwawayRoot(context, machine({ 'postgresql@15-main.service': {} }))
    expect(await (await runbookIn(root, 'service-restart', { unit: 'postgresql@15-main' })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'holds_data' } })
  })

  test('fails where the service does not start, and tells its state', async (context) => {
    const root = await throwawayRoot(context, machine({ 'app.service': {} }, ': >/srv/units/app.service.start-fails'))
    expect(await (await runbookIn(root, 'service-restart', { unit: 'app' })).step('restart')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'unit_not_steady', changedCount: 1, facts: { activeState: 'failed', exitStatus: 1 } } })
    expect(await callsIn(root)).toEqual(['reset-failed app.service', 'start app.service'])
  })

  test('fails where the service ends again and again after its start, and ends its own waiting', async (context) => {
    const root = await throwawayRoot(context, machine({ 'app.service': {} }, ': >/srv/units/app.service.flaps'))
    expect(await (await runbookIn(root, 'service-restart', { unit: 'app' })).step('restart')).toMatchObject({ outcome: 'failed', result: { code: 'unit_not_steady' } })
  })

  test('refuses a machine without systemd', async (context) => {
    const root = await throwawayRoot(context, withStandIns({ programs: ['sleep'], hidden: ['systemctl'] }))
    expect(await (await runbookIn(root, 'service-restart', { unit: 'app' })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'no_systemd' } })
  })

  test('does nothing when the same command arrives again', async (context) => {
    const root = await throwawayRoot(context, machine({ 'app.service': { ...RUNNING, ActiveState: 'failed' } }))
    const command = (await runbookIn(root, 'service-restart', { unit: 'app' })).command('restart')
    expect(await root.run(command)).toMatchObject({ outcome: 'ok' })
    await root.sh('printf "ActiveState=failed\\n" >>/srv/units/app.service')
    expect(await root.run(command)).toMatchObject({ outcome: 'repeated', exitCode: 4 })
    expect(await callsIn(root)).toHaveLength(2)
  })
})
