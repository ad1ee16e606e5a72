/** The runbook web-server-restart, run for real with a real nginx that tests its configuration; systemd stands in. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'
import { callsIn, RUNNING, STOPPED, withStandIns, type Unit } from './stand-ins.ts'

const GOOD = 'events {}\nhttp { server { listen 127.0.0.1:8088; } }\n'
const machine = (units: Readonly<Record<string, Unit>>, configuration = GOOD, setup = '') =>
  withStandIns({ programs: ['systemctl', 'sleep'], units, files: { '/etc/nginx/nginx.conf': configuration }, setup: `mkdir -p /var/log/nginx /var/lib/nginx /run\n${setup}` })

describe('web-server-restart', () => {
  test('tests the configuration of the web server that is enabled here, and starts it', async (context) => {
    const root = await throwawayRoot(context, machine({ 'nginx.service': {} }))
    const runbook = await runbookIn(root, 'web-server-restart')

    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { unit: 'nginx.service', isRunning: false, listeningSockets: 0 } } })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changed: ['start nginx.service (was failed)'] } })
    expect(await callsIn(root)).toEqual(['reset-failed nginx.service', 'start nginx.service'])
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('restart')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await callsIn(root)).toHaveLength(2)
  })

  test.for([
    ['a word it does not know', 'events {}\nhttp { sever { } }\n', /unknown directive "sever"/],
    ['an end that is missing', 'events {}\nhttp { server { listen 127.0.0.1:8088; }\n', /unexpected end of file/],
    ['a certificate that is not there', 'events {}\nhttp { server { listen 127.0.0.1:8088; root /nowhere; include /etc/nginx/missing.conf; } }\n', /missing\.conf/],
  ] as const)('refuses a configuration with %s, and tells what nginx says of it', async ([, configuration, said], context) => {
    const root = await throwawayRoot(context, machine({ 'nginx.service': {} }, configuration))
    const run = await (await runbookIn(root, 'web-server-restart')).step('restart')
    expect(run).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'configuration_invalid', changedCount: 0 } })
    expect(run.result?.message).toMatch(said)
    expect(await callsIn(root)).toEqual([])
  })

  test('leaves a web server that runs, unless a person says otherwise', async (context) => {
    const root = await throwawayRoot(context, machine({ 'nginx.service': RUNNING }))
    expect(await (await runbookIn(root, 'web-server-restart')).step('restart')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
    expect(await (await runbookIn(root, 'web-server-restart', { runningToo: true })).step('restart')).toMatchObject({ outcome: 'ok', result: { changed: ['restart nginx.service (was active)'] } })
  })

  test('does not end a web server that runs when its configuration would not come up again', async (context) => {
    const root = await throwawayRoot(context, machine({ 'nginx.service': RUNNING }, 'events {\n'))
    expect(await (await runbookIn(root, 'web-server-restart', { runningToo: true })).step('restart')).toMatchObject({ outcome: 'refused', result: { code: 'configuration_invalid' } })
    expect(await callsIn(root)).toEqual([])
  })

  test.for<readonly [string, string, Readonly<Record<string, Unit>>, string]>([
    ['to choose between two that are enabled', 'auto', { 'nginx.service': {}, 'haproxy.service': RUNNING }, 'server_ambiguous'],
    ['a machine without a web server', 'auto', { 'sshd.service': RUNNING }, 'server_unknown'],
    ['a server whose configuration cannot be tested here', 'caddy', { 'caddy.service': {} }, 'configuration_untested'],
    ['the web server of Windows', 'W3SVC', { 'nginx.service': {} }, 'server_unknown'],
    ['a name that stands for something else here', 'httpd', { 'httpd.service': { Id: 'firewalld.service', Names: 'firewalld.service httpd.service' } }, 'server_unknown'],
    ['what was stopped on purpose', 'nginx', { 'nginx.service': STOPPED }, 'stopped_on_purpose'],
    ['a masked unit', 'nginx', { 'nginx.service': { LoadState: 'masked' } }, 'unit_masked'],
  ])('refuses %s, and changes nothing', async ([, server, units, code], context) => {
    const root = await throwawayRoot(context, machine(units))
    expect(await (await runbookIn(root, 'web-server-restart', { server })).step('restart')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })
})
