/** The runbook agent-restart, run for real; systemd stands in. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'
import { callsIn, RUNNING, STOPPED, withStandIns, type Unit } from './stand-ins.ts'

const machine = (units: Readonly<Record<string, Unit>>, setup = '') => withStandIns({ programs: ['systemctl', 'sleep'], units, setup })

describe('agent-restart', () => {
  test('restarts an agent that runs but went silent, and only it', async (context) => {
    const root = await throwawayRoot(context, machine({ 'zabbix-agent2.service': RUNNING, 'zabbix-agent.service': RUNNING, 'zabbix-server.service': RUNNING }))
    const runbook = await runbookIn(root, 'agent-restart', { agent: 'zabbix2' })
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { isRunning: true } } })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: ['restart zabbix-agent2.service (was active)'] } })
    expect(await callsIn(root)).toEqual(['restart zabbix-agent2.service'])
    expect(await runbook.verify()).toMatchObject({ holds: true })
  })

  test('brings back an agent that failed, under the name it has here', async (context) => {
    const root = await throwawayRoot(context, machine({ 'prometheus-node-exporter.service': {} }))
    const runbook = await runbookIn(root, 'agent-restart', { agent: 'node-exporter' })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: ['restart prometheus-node-exporter.service (was failed)'] } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
  })

  test('restarts both halves of an agent', async (context) => {
    const root = await throwawayRoot(context, machine({ 'cmk-agent-ctl-daemon.service': RUNNING, 'check-mk-agent-async.service': {} }))
    expect(await (await runbookIn(root, 'agent-restart', { agent: 'checkmk' })).step('restart')).toMatchObject({ outcome: 'ok', result: { changedCount: 2 } })
    expect(await callsIn(root)).toEqual(['restart cmk-agent-ctl-daemon.service', 'reset-failed check-mk-agent-async.service', 'restart check-mk-agent-async.service'])
  })

  test.for<readonly [string, string, Readonly<Record<string, Unit>>, string]>([
    ['an agent that is not installed', 'datadog', { 'zabbix-agent.service': RUNNING }, 'agent_missing'],
    ['an agent that is switched off', 'telegraf', { 'telegraf.service': { ...STOPPED, UnitFileState: 'disabled' } }, 'unit_not_enabled'],
    ['an agent that runs though it is switched off', 'telegraf', { 'telegraf.service': { ...RUNNING, UnitFileState: 'disabled' } }, 'unit_not_enabled'],
    ['an agent that somebody stopped', 'atera', { 'AteraAgent.service': STOPPED }, 'stopped_on_purpose'],
    ['an agent in a restart loop', 'datto-rmm', { 'cag.service': { ActiveState: 'activating', SubState: 'auto-restart' } }, 'restart_loop'],
    ['a masked agent', 'ninjaone', { 'ninjarmm-agent.service': { LoadState: 'masked' } }, 'agent_missing'],
    ['both halves where one is switched off', 'checkmk', { 'cmk-agent-ctl-daemon.service': RUNNING, 'check-mk-agent-async.service': { ...RUNNING, UnitFileState: 'disabled' } }, 'unit_not_enabled'],
  ])('refuses %s, and changes nothing', async ([, agent, units, code], context) => {
    const root = await throwawayRoot(context, machine(units))
    expect(await (await runbookIn(root, 'agent-restart', { agent })).step('restart')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test('takes no agent from outside the list, above all not the one that carries the command', async (context) => {
    const root = await throwawayRoot(context, machine({ 'amazon-ssm-agent.service': RUNNING }))
    await expect(runbookIn(root, 'agent-restart', { agent: 'amazon-ssm-agent' })).rejects.toThrow('input_invalid')
  })

  test('fails where the agent does not come up', async (context) => {
    const root = await throwawayRoot(context, machine({ 'datadog-agent.service': RUNNING }, ': >/srv/units/datadog-agent.service.start-fails'))
    expect(await (await runbookIn(root, 'agent-restart', { agent: 'datadog' })).step('restart')).toMatchObject({ outcome: 'failed', result: { code: 'unit_not_steady', changedCount: 1 } })
  })

  test('does not restart the agent that carries the command', async (context) => {
    const root = await throwawayRoot(context, withStandIns({ programs: ['systemctl', 'sleep'], units: { 'cag.service': RUNNING }, files: { '/srv/cgroup': '0::/system.slice/cag.service\n' } }))
    const command = (await runbookIn(root, 'agent-restart', { agent: 'datto-rmm' })).command('restart')
    expect(await root.run(`mount --bind /srv/cgroup "/proc/$$/cgroup"\n${command}`)).toMatchObject({ outcome: 'refused', result: { code: 'carries_command', changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })
})
