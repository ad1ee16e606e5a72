/** The runbook disk-clean-logs, run for real on a /var/log of its own. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn, without } from '../harness/stand-ins.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

/** 8 MB for logs, 7.7 MB of which are old and rotated, beside everything that must stay. */
const LOGS = `${without('journalctl')}
mount -t tmpfs -o size=8m,mode=755 tmpfs /var/log
mkdir -p /var/log/nginx /var/log/audit /var/log/vault /var/log/mysql /var/log/postgresql /var/log/backup /etc/keep
for n in 2 3 4 5 6 7 8; do head -c 1100000 /dev/zero >"/var/log/nginx/access.log.$n.gz"; done
echo now >/var/log/nginx/access.log; echo now >/var/log/syslog
for name in syslog.1 'messages-20200101' 'with space.log.3.gz'; do echo old >"/var/log/$name"; done
for name in auth.log.2.gz secure-20200101 wtmp.1 btmp.1 sudo.log.1 kube-apiserver-audit-20200101.log.gz server_audit.log.1 vault/Audit.log.2.gz audit/audit.log.1 mysql/mysql-bin.000009 mysql/binlog.000001 backup/shop.sql.gz backup/home.tar.gz current.log notes.txt 2020.gz; do echo keep >"/var/log/$name"; done
echo young >/var/log/young.log.1
echo keep >/etc/keep/app.log.1; ln -s /etc/keep /var/log/linked; ln -s /etc/keep/app.log.1 /var/log/pointer.log.1
echo shared >/var/log/shared.log.1; ln /var/log/shared.log.1 /var/log/shared-too
find /var/log /etc/keep -type f ! -name 'young*' -exec touch -d '60 days ago' {} +
touch -h -d '60 days ago' /var/log/linked /var/log/pointer.log.1
`
const STAYS = ['/etc/keep/app.log.1', '/var/log/2020.gz', '/var/log/audit/audit.log.1', '/var/log/auth.log.2.gz', '/var/log/backup/home.tar.gz', '/var/log/backup/shop.sql.gz', '/var/log/btmp.1', '/var/log/current.log', '/var/log/kube-apiserver-audit-20200101.log.gz', '/var/log/mysql/binlog.000001', '/var/log/mysql/mysql-bin.000009', '/var/log/nginx/access.log', '/var/log/notes.txt', '/var/log/secure-20200101', '/var/log/server_audit.log.1', '/var/log/shared-too', '/var/log/shared.log.1', '/var/log/sudo.log.1', '/var/log/syslog', '/var/log/vault/Audit.log.2.gz', '/var/log/wtmp.1', '/var/log/young.log.1']
const FILES = 'find /var/log /etc/keep -type f | LC_ALL=C sort'

describe('disk-clean-logs', () => {
  test('removes old rotated logs and nothing else, says how many, and finds nothing the second time', async (context) => {
    const root = await throwawayRoot(context, { setup: LOGS })
    const runbook = await runbookIn(root, 'disk-clean-logs', { volume: '/var/log' })
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    const cleaned = await runbook.step('clean')
    expect(cleaned).toMatchObject({ outcome: 'ok', exitCode: 0, stderr: '', result: { changedCount: 1, facts: { deletedFiles: 10, freedMegabytes: 7, usedPercent: 1, freeMegabytes: 7 } } })
    expect(cleaned.result?.changed[0]).toMatch(/^deleted 10 rotated logs older than 14 days below \/var\/log \(75\d\d KB\)$/)
    expect((await root.sh(FILES)).trim().split('\n')).toEqual(STAYS)
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0, facts: { deletedFiles: 0 } } })
    expect(await root.sh('readlink /var/log/linked /var/log/pointer.log.1')).toBe('/etc/keep\n/etc/keep/app.log.1\n')
  })

  test('leaves a log that a program has open, and takes it when it is closed', async (context) => {
    const root = await throwawayRoot(context, { setup: `${LOGS}\nrm /var/log/nginx/access.log.*` })
    await root.sh(`mkfifo /tmp/hold; sh -c 'exec 7</var/log/syslog.1; read -r _ </tmp/hold' </dev/null >/dev/null 2>&1 &
until ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q 'syslog.1'; do :; done`)
    const runbook = await runbookIn(root, 'disk-clean-logs', { volume: '/var/log' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { facts: { deletedFiles: 2 } } })
    expect(await root.sh('cat /var/log/syslog.1; echo go >/tmp/hold; while ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q "syslog.1"; do :; done')).toBe('old\n')
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { facts: { deletedFiles: 1 } } })
  })

  test('goes into no mount below /var/log, not even one of the same file system', async (context) => {
    const root = await throwawayRoot(context, { setup: `${without('journalctl')}
mkdir -p /srv/other /var/log/bound /var/log/own; mount --bind /srv/other /var/log/bound; mount -t tmpfs tmpfs /var/log/own
for place in /srv/other /var/log/own /var/log; do echo old >$place/a.log.1; touch -d '60 days ago' $place/a.log.1; done` })
    const runbook = await runbookIn(root, 'disk-clean-logs', { volume: '/var/log' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { facts: { deletedFiles: 1 } } })
    expect(await root.sh('ls /srv/other /var/log/own; ls /var/log')).toBe('/srv/other:\na.log.1\n\n/var/log/own:\na.log.1\nbound\nown\n')
  })

  test('refuses logs on a volume that other machines may share, whose open files cannot be seen here', async (context) => {
    const root = await throwawayRoot(context, { setup: `${LOGS}cp /usr/bin/stat /opt/stat
${standIn('stat', `case "$*" in '-f -c %T -- /var/log') echo nfs ;; *) exec /opt/stat "$@" ;; esac`)}` })
    const before = await root.sh(FILES)
    const runbook = await runbookIn(root, 'disk-clean-logs', { volume: '/var/log' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'refused', result: { code: 'place_is_shared', changedCount: 0 } })
    expect(await root.sh(FILES)).toBe(before)
  })

  test('takes names with line ends, leading hyphens and quotes for what they are', async (context) => {
    const root = await throwawayRoot(context, { setup: `${without('journalctl')}
cd /var/log; for name in '-rf.log.1' "it's \\"\\$(reboot)\\".log.2" "two
lines.log.3" '*.log.4'; do echo old >"./$name"; touch -d '60 days ago' "./$name"; done; echo keep >x.log; touch -d '60 days ago' x.log` })
    const runbook = await runbookIn(root, 'disk-clean-logs', { volume: '/var/log' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { facts: { deletedFiles: 4 } } })
    expect(await root.sh('ls -A /var/log')).toBe('x.log\n')
  })

  test('leaves the directory that a link was put in place of', async (context) => {
    // Somebody exchanges a directory for a link while files are being listed: again and again, as fast as it can be done.
    const root = await throwawayRoot(context, { setup: `${without('journalctl')}
mkdir -p /var/log/app /etc/target; for n in 1 2 3 4 5 6 7 8 9; do echo keep >/etc/target/a.log.$n; echo old >/var/log/app/a.log.$n; done
touch -d '60 days ago' /etc/target/* /var/log/app/*` })
    await root.start('while :; do mv /var/log/app /var/log/was; ln -s /etc/target /var/log/app; rm /var/log/app; mv /var/log/was /var/log/app; done')
    const runbook = await runbookIn(root, 'disk-clean-logs', { volume: '/var/log' })
    for (let round = 0; round < 3; round++) expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok' })
    expect((await root.sh('ls /etc/target')).trim().split('\n')).toHaveLength(9)
  })

  test('has the journal removed by its own program, and only tells what that changed', async (context) => {
    const journalctl = standIn('journalctl', `
[ "$*" = '--quiet --vacuum-time=14d' ] || exit 64
rm -f /var/log/journal/m1/archived*`)
    const root = await throwawayRoot(context, { setup: `${journalctl}
mkdir -p /var/log/journal; mount -t tmpfs tmpfs /var/log/journal; mkdir /var/log/journal/m1; head -c 3000000 /dev/zero >/var/log/journal/m1/archived@1.journal; echo now >/var/log/journal/m1/system.journal; echo odd >/var/log/journal/m1/x.log.1; touch -d '60 days ago' /var/log/journal/m1/*` })
    const runbook = await runbookIn(root, 'disk-clean-logs', { volume: '/var/log' })
    const first = await runbook.step('clean')
    expect(first).toMatchObject({ outcome: 'ok', result: { changedCount: 1, facts: { deletedFiles: 0, freedMegabytes: 2 } } })
    expect(first.result?.changed[0]).toMatch(/^removed archived journals older than 14 days \(29\d\d KB\)$/)
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await root.sh('ls /var/log/journal/m1')).toBe('system.journal\nx.log.1\n')
  })

  test.for([
    ['a volume the logs do not lie on', { volume: '/srv' }, 'mount -t tmpfs tmpfs /srv', 'other_volume'],
    ['a volume that is not there', { volume: '/nowhere' }, '', 'no_such_volume'],
    ['logs that lie somewhere else, behind a link', {}, 'mv /var/log /srv/log; ln -s /srv/log /var/log', 'place_is_elsewhere'],
    ['a machine without logs', {}, 'rm -rf /var/log', 'no_log_directory'],
    ['a mount below /var/log with an odd name', { volume: '/var/log' }, "mkdir '/var/log/a*b'; mount -t tmpfs tmpfs '/var/log/a*b'", 'odd_mount'],
  ] as const)('refuses %s, and changes nothing', async ([, inputs, setup, code], context) => {
    const root = await throwawayRoot(context, { files: { 'var/log/a.log.1': { text: 'old', ageDays: 60 } }, setup })
    const runbook = await runbookIn(root, 'disk-clean-logs', inputs)
    const before = await root.sh('find / -xdev -name "a.log.1" | sort')
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await root.sh('find / -xdev -name "a.log.1" | sort')).toBe(before)
  })
})
