/** The runbook inode-exhaustion-clean, run for real on a volume with few inodes. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

/** 400 inodes on /var/lib/php, nearly all of them old sessions; the rest has to stay. */
const FULL = `
mkdir -p /var/lib/php /etc/secret; mount -t tmpfs -o nr_inodes=400,size=8m,mode=755 tmpfs /var/lib/php
mkdir -p -m 1733 /var/lib/php/sessions; mkdir /var/lib/php/sessions/deep /var/lib/php/modules
n=0; while [ $n -lt 370 ]; do : >/var/lib/php/sessions/sess_$n; n=$((n + 1)); done
echo keep >/var/lib/php/sessions/deep/sess_x; echo keep >/var/lib/php/sessions/notes; echo keep >/var/lib/php/modules/sess_y; echo keep >/etc/secret/sess_z
: >/tmp/sess_other; : >/tmp/phpAbC123; : >/tmp/tmp.aBcDeFgHiJ; : >/tmp/important.txt; : >/tmp/phpinfo.php
ln -s /etc/secret/sess_z /var/lib/php/sessions/sess_link; ln -s /etc/secret /var/lib/php/sessions/sess_dir
find /var/lib/php /etc/secret /tmp -type f -exec touch -d '30 days ago' {} +
: >/var/lib/php/sessions/sess_young
`

describe('inode-exhaustion-clean', () => {
  test('tells where the files are, removes old sessions of the full volume only, and nothing the second time', async (context) => {
    const root = await throwawayRoot(context, { setup: FULL })
    const runbook = await runbookIn(root, 'inode-exhaustion-clean', { volume: '/var/lib/php' })
    expect(await runbook.step('find')).toMatchObject({ outcome: 'ok', result: { facts: { directory1: '375 /var/lib/php/sessions' }, changedCount: 0 } })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', exitCode: 0, stderr: '', result: { changedCount: 1, changed: ['deleted 370 session and temporary files older than 168 hours in /var/lib/php/sessions'], facts: { deletedFiles: 370 } } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await root.sh('cd /var/lib/php; find . ! -type d | LC_ALL=C sort; cat /etc/secret/sess_z; ls /tmp')).toBe('./modules/sess_y\n./sessions/deep/sess_x\n./sessions/notes\n./sessions/sess_dir\n./sessions/sess_link\n./sessions/sess_young\nkeep\nimportant.txt\nphpAbC123\nphpinfo.php\nsess_other\ntmp.aBcDeFgHiJ\n')
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0, facts: { deletedFiles: 0 } } })
  })

  test('knows what programs leave behind in /tmp by its name, and leaves everything else', async (context) => {
    const root = await throwawayRoot(context, { setup: `${FULL}for n in magick-a1 RackMultipart2024-x rpm-tmp.aB12cd tmp.short mysql.sock.lock; do : >/tmp/$n; touch -d '30 days ago' /tmp/$n; done` })
    const runbook = await runbookIn(root, 'inode-exhaustion-clean', { volume: '/tmp' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { facts: { deletedFiles: 6 } } })
    expect(await root.sh('LC_ALL=C ls /tmp; ls /var/lib/php/sessions | wc -l')).toBe('important.txt\nmysql.sock.lock\nphpinfo.php\ntmp.short\n375\n')
  })

  test('removes the oldest first and no more than it may', async (context) => {
    const root = await throwawayRoot(context, { setup: `${FULL}touch -d '60 days ago' /var/lib/php/sessions/sess_7 /var/lib/php/sessions/sess_8` })
    const runbook = await runbookIn(root, 'inode-exhaustion-clean', { volume: '/var/lib/php', maxFiles: 2 })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { facts: { deletedFiles: 2 } } })
    expect(await root.sh('cd /var/lib/php/sessions; ls sess_7 sess_8 2>/dev/null || true; ls | wc -l')).toBe('373\n')
  })

  test('removes no more than it may where all were written at the same moment', async (context) => {
    const root = await throwawayRoot(context, { setup: `${FULL}find /var/lib/php/sessions -name 'sess_*' -exec touch -d '2020-01-01 00:00:00.123456789' {} +; touch -d '2019-01-01' /var/lib/php/sessions/sess_7` })
    const runbook = await runbookIn(root, 'inode-exhaustion-clean', { volume: '/var/lib/php', maxFiles: 20 })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { facts: { deletedFiles: 20 } } })
    expect(await root.sh('cd /var/lib/php/sessions; ls sess_7 2>/dev/null || true; ls | wc -l')).toBe('355\n')
    const one = await runbookIn(root, 'inode-exhaustion-clean', { volume: '/var/lib/php', maxFiles: 1 })
    expect(await one.step('clean')).toMatchObject({ outcome: 'ok', result: { facts: { deletedFiles: 1 } } })
    expect(await root.sh('ls /var/lib/php/sessions | wc -l')).toBe('354\n')
  })

  test('leaves a session that a program has open', async (context) => {
    const root = await throwawayRoot(context, { setup: FULL })
    await root.sh(`sh -c 'exec 7</var/lib/php/sessions/sess_9; exec sleep 600' </dev/null >/dev/null 2>&1 &
until ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q 'sess_9'; do :; done`)
    const runbook = await runbookIn(root, 'inode-exhaustion-clean', { volume: '/var/lib/php' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { facts: { deletedFiles: 369 } } })
    expect(await root.sh('ls /var/lib/php/sessions | LC_ALL=C sort | tr "\\n" " "')).toBe('deep notes sess_9 sess_dir sess_link sess_young ')
  })

  test.for([
    ['a volume that is not there', { volume: '/nowhere' }, '', 'refused', 'no_such_volume'],
    ['a volume behind a link', { volume: '/srv/link' }, 'ln -s /var/lib/php /srv/link', 'refused', 'place_is_elsewhere'],
    ['sessions behind a link', { volume: '/' }, 'mv /var/lib/php/sessions /srv/; rm -rf /var/lib/php/sessions; ln -s /srv/sessions /var/lib/php/sessions', 'refused', 'place_is_elsewhere'],
  ] as const)('refuses %s, and changes nothing', async ([, inputs, setup, outcome, code], context) => {
    const root = await throwawayRoot(context, { setup: `${FULL}${setup}` })
    const runbook = await runbookIn(root, 'inode-exhaustion-clean', inputs)
    const before = await root.sh('find /var/lib/php /srv /tmp | sort')
    expect(await runbook.step('clean')).toMatchObject({ outcome, result: { code, changedCount: 0 } })
    expect(await root.sh('find /var/lib/php /srv /tmp | sort')).toBe(before)
  })
})
