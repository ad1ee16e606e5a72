/** The runbook log-rotate, run with the real logrotate. */
import { describe, expect, test } from 'vitest'
import { find } from '../services/packages.ts'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { without } from '../harness/stand-ins.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

const CONF = 'weekly\nrotate 3\ncreate\ninclude /etc/logrotate.d\n/var/log/wtmp {\n  monthly\n  rotate 1\n}\n'
const SHOP = '/var/log/shop/*.log {\n  missingok\n  notifempty\n  postrotate\n    echo told >>/var/log/shop/told\n  endscript\n  sharedscripts\n}\n'
const FILES = { 'etc/logrotate.conf': CONF, 'etc/logrotate.d/shop': SHOP, 'etc/logrotate.d/other': '/var/log/other.log {\n  rotate 1\n}\n' }
const SETUP = `
mkdir -p /var/lib/logrotate /var/log/shop; chmod 644 /etc/logrotate.conf /etc/logrotate.d/*
truncate -s 3000000 /var/log/shop/web.log; echo small >/var/log/shop/job.log; : >/var/log/shop/empty.log
truncate -s 3000000 /var/log/other.log /var/log/wtmp
`
const LIST = 'cd /var/log; find . -type f | LC_ALL=C sort | tr "\\n" " "'

describe('log-rotate', () => {
  test('rotates the logs of one configuration by its own rules, and not again while they are small', async (context) => {
    expect(find('logrotate'), 'Debian package logrotate is missing: bash .ci/run packages').toBeDefined()
    const root = await throwawayRoot(context, { files: FILES, setup: SETUP })
    const runbook = await runbookIn(root, 'log-rotate', { config: 'shop', minSizeMb: 1 })
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { logs: 3, tooLarge: 1, largestMegabytes: 2 }, changedCount: 0 } })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    const rotated = await runbook.step('rotate')
    expect(rotated).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts: { rotatedLogs: 1 } } })
    expect([...(rotated.result?.changed ?? [])].sort()).toEqual(['rotated /var/log/shop/web.log'])
    const after = './other.log ./shop/empty.log ./shop/job.log ./shop/told ./shop/web.log ./shop/web.log.1 ./wtmp '
    expect(await root.sh(LIST)).toBe(after)
    expect(await root.sh('stat -c %s /var/log/shop/web.log /var/log/shop/web.log.1; cat /var/log/shop/told')).toBe('0\n3000000\ntold\n')
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('rotate')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0 } })
    expect(await root.sh(LIST)).toBe(after)
  })

  test('keeps as many old logs as /etc/logrotate.conf says for all', async (context) => {
    const root = await throwawayRoot(context, { files: FILES, setup: `${SETUP}for n in 1 2 3; do echo "old $n" >/var/log/shop/web.log.$n; done` })
    const runbook = await runbookIn(root, 'log-rotate', { config: 'shop', minSizeMb: 1 })
    await runbook.step('rotate')
    expect(await root.sh('cd /var/log/shop; cat web.log.2 web.log.3; ls web.log.4 2>/dev/null || true')).toBe('old 1\nold 2\n')
  })

  test('tells a failure of the program that is told of the rotation', async (context) => {
    const root = await throwawayRoot(context, { files: { ...FILES, 'etc/logrotate.d/shop': SHOP.replace('echo told', 'exit 3; echo told') }, setup: SETUP })
    const runbook = await runbookIn(root, 'log-rotate', { config: 'shop', minSizeMb: 1 })
    const rotated = await runbook.step('rotate')
    expect(rotated).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'rotation_failed' } })
  })

  test.for([
    ['a configuration that is not there', 'nginx', '', 'no_configuration'],
    ['a configuration that is a link', 'linked', 'ln -s /etc/logrotate.d/shop /etc/logrotate.d/linked', 'no_configuration'],
    ['a copy that is not in use', 'shop.dpkg-old', 'cp /etc/logrotate.d/shop /etc/logrotate.d/shop.dpkg-old', 'no_configuration'],
    ['a configuration that others may write', 'shop', 'chmod 666 /etc/logrotate.d/shop', 'configuration_unsafe'],
    ['a configuration of another user', 'shop', 'chown nobody /etc/logrotate.d/shop', 'configuration_unsafe'],
    ['a configuration that is wrong', 'shop', 'echo "/var/log/shop/*.log { rotate none" >/etc/logrotate.d/shop', 'configuration_wrong'],
    ['a system without logrotate', 'shop', without('logrotate'), 'missing_command'],
    ['a system where it never ran', 'shop', 'rm -r /var/lib/logrotate', 'no_state'],
  ] as const)('refuses %s, and rotates nothing', async ([, config, setup, code], context) => {
    const root = await throwawayRoot(context, { files: FILES, setup: `${SETUP}${setup}` })
    const runbook = await runbookIn(root, 'log-rotate', { config, minSizeMb: 1 })
    const before = await root.sh(LIST)
    expect(await runbook.step('rotate')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await root.sh(LIST)).toBe(before)
  })
})
