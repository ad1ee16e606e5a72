/** The runbook disk-clean-temp, run for real. The example for every other: before, after, twice, and on machines that are not as expected. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn } from '../harness/stand-ins.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

/** A small volume of its own, so that it can be filled: 8 MB on /tmp with 7.7 MB of old files, a young one, a link, a socket's folder and a service's private folder. */
const FULL = `
mount -t tmpfs -o size=8m,mode=1777 tmpfs /tmp
mkdir -p /tmp/build/deep /tmp/systemd-private-1-nginx.service/tmp /srv/data
for n in 1 2 3 4 5 6 7; do head -c 1100000 /dev/zero >"/tmp/build/deep/old $n"; done
echo young >/tmp/young; touch -d '+39 days' /tmp/young
echo keep >/srv/data/keep; ln -s /srv/data /tmp/build/link; ln -s /srv/data/keep /tmp/oldlink
echo private >/tmp/systemd-private-1-nginx.service/tmp/state
touch -d '20 days ago' /tmp/build/deep/old* /srv/data/keep /tmp/systemd-private-1-nginx.service/tmp/state
touch -h -d '20 days ago' /tmp/oldlink /tmp/build/link
`

/** Files are 40 days old, but for those that are touched to be younger. */
const laterDays = 40

describe('disk-clean-temp', () => {
  test('frees a full volume, says what it removed, and is judged by what is free afterwards', async (context) => {
    const root = await throwawayRoot(context, { laterDays, setup: FULL })
    const runbook = await runbookIn(root, 'disk-clean-temp', { volume: '/tmp' })

    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts: { volume: '/tmp', totalKb: 8192 }, changedCount: 0 } })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    const cleaned = await runbook.step('clean')
    expect(cleaned).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changedCount: 7, facts: { removedFiles: 7, freedKb: 7532 } } })
    expect(cleaned.result?.changed).toContain('removed /tmp/build/deep/old 3')
    expect(await runbook.verify()).toMatchObject({ holds: true, failing: [] })
    expect(await root.sh('find /tmp -type f -o -type l | sort; cat /srv/data/keep')).toBe('/tmp/build/link\n/tmp/oldlink\n/tmp/systemd-private-1-nginx.service/tmp/state\n/tmp/young\nkeep\n')
  })

  test('finds nothing to do the second time', async (context) => {
    const root = await throwawayRoot(context, { laterDays, setup: FULL })
    const runbook = await runbookIn(root, 'disk-clean-temp', { volume: '/tmp' })
    await runbook.step('clean')
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0, facts: { removedFiles: 0, freedKb: 0 } } })
  })

  test('removes no more than it may', async (context) => {
    const root = await throwawayRoot(context, { laterDays, setup: FULL })
    const runbook = await runbookIn(root, 'disk-clean-temp', { volume: '/tmp', maxFiles: 3 })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changedCount: 3 } })
    expect((await root.sh('ls /tmp/build/deep')).trim().split('\n')).toHaveLength(4)
  })

  test('leaves alone what is mounted below from the same volume, and what a program has open', async (context) => {
    const root = await throwawayRoot(context, { laterDays, setup: `
mount -t tmpfs tmpfs /srv; mkdir -p /srv/tmp/jail /srv/data; echo data >/srv/data/book; echo log >/srv/tmp/held
touch -d '20 days ago' /srv/data/book /srv/tmp/held
mount --bind /srv/tmp /tmp; mount --bind /srv/data /tmp/jail` })
    await root.start('exec 9>>/tmp/held; touch -d "20 days ago" /tmp/held; : >/opt/ready; exec sleep 600')
    await root.sh('until [ -e /opt/ready ]; do perl -e "select undef,undef,undef,0.05"; done')
    const runbook = await runbookIn(root, 'disk-clean-temp', { volume: '/tmp' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changed: [], facts: { removedFiles: 0 } } })
    expect(await root.sh('cat /tmp/jail/book /tmp/held')).toBe('data\nlog\n')
  })

  test('leaves what came there a moment ago with the times it had before, be it unpacked, moved or copied', async (context) => {
    const root = await throwawayRoot(context, { setup: `mkdir -p /srv/archive; echo order >/srv/archive/orders.csv; echo list >/srv/archive/list; touch -d '90 days ago' /srv/archive/*
tar -cf /srv/orders.tar -C /srv/archive orders.csv; tar -xpf /srv/orders.tar -C /tmp; touch -a -d '90 days ago' /tmp/orders.csv; cp -a /srv/archive/list /tmp/copied; mv /srv/archive/list /tmp/moved` })
    const runbook = await runbookIn(root, 'disk-clean-temp', { volume: '/tmp', minAgeDays: 1 })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changed: [], facts: { removedFiles: 0 } } })
    expect(await root.sh('LC_ALL=C ls /tmp')).toBe('copied\nmoved\norders.csv\n')
  })

  test('leaves locks, and what a program has mapped into its memory and closed', async (context) => {
    const root = await throwawayRoot(context, { laterDays, setup: `cp /usr/bin/sleep '/tmp/mapped by'; : >/tmp/.X0-lock; : >/tmp/mysqlx.sock.lock; : >/tmp/old
touch -d '20 days ago' /tmp/mapped* /tmp/.X0-lock /tmp/mysqlx.sock.lock /tmp/old` })
    await root.start(`'/tmp/mapped by' 600`)
    await root.sh('until grep -q "/tmp/mapped by" /proc/[0-9]*/maps 2>/dev/null; do :; done')
    const runbook = await runbookIn(root, 'disk-clean-temp', { volume: '/tmp' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changed: ['removed /tmp/old'] } })
    expect(await root.sh('LC_ALL=C ls -A /tmp')).toBe('.X0-lock\nmapped by\nmysqlx.sock.lock\n')
  })

  test('leaves in /var/tmp, which is meant to outlive a restart, what is younger than 30 days', async (context) => {
    const root = await throwawayRoot(context, { laterDays, setup: `mount -t tmpfs tmpfs /var/tmp; for n in 29 31; do : >/var/tmp/$n; touch -d "$((40 - n)) days" /var/tmp/$n; done` })
    const runbook = await runbookIn(root, 'disk-clean-temp', { volume: '/var/tmp' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changed: ['removed /var/tmp/31'] } })
  })

  test.for(['nfs', 'smb2', 'fuseblk', 'UNKNOWN (0x1234)', ''])('refuses a /tmp on %s, where other machines may have files open', async (type, context) => {
    const root = await throwawayRoot(context, { laterDays, setup: `cp /usr/bin/stat /opt/stat; ${standIn('stat', `case "$*" in '-f -c %T -- /tmp') echo '${type}' ;; *) exec /opt/stat "$@" ;; esac`)}
echo shared >/tmp/old; touch -d '20 days ago' /tmp/old` })
    const runbook = await runbookIn(root, 'disk-clean-temp', { volume: '/' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'refused', result: { code: 'place_is_shared', changedCount: 0 } })
    expect(await root.sh('cat /tmp/old')).toBe('shared\n')
  })

  test.for([
    ['a volume that is not there', { volume: '/nowhere' }, '', 'no_such_volume'],
    ['a volume without temporary files', { volume: '/srv' }, 'mount -t tmpfs tmpfs /srv; mount -t tmpfs tmpfs /tmp; mount -t tmpfs tmpfs /var/tmp; touch -d "20 days ago" /tmp/old', 'nothing_here'],
    ['a place for temporary files that is a link to another place', { volume: '/srv' }, 'mount -t tmpfs tmpfs /srv; rm -rf /tmp /var/tmp; touch -d "20 days ago" /srv/old; ln -s /srv /tmp; ln -s /srv /var/tmp', 'nothing_here'],
  ] as const)('refuses %s, and changes nothing', async ([, inputs, setup, code], context) => {
    const root = await throwawayRoot(context, { laterDays, setup })
    const runbook = await runbookIn(root, 'disk-clean-temp', inputs)
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
  })

  test('does nothing when the same command arrives again', async (context) => {
    const root = await throwawayRoot(context, { laterDays, setup: FULL })
    const runbook = await runbookIn(root, 'disk-clean-temp', { volume: '/tmp', maxFiles: 2 })
    const command = runbook.command('clean')
    expect(await root.run(command)).toMatchObject({ outcome: 'ok', result: { changedCount: 2 } })
    expect(await root.run(command)).toMatchObject({ outcome: 'repeated', exitCode: 4 })
    expect((await root.sh('ls /tmp/build/deep')).trim().split('\n')).toHaveLength(5)
  })
})
