/** The runbook permissions-repair, run for real: the known paths, a Debian package built for it, and rpm as a stand-in. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SHIPPED_FOLDER } from '../../remediator/library/shipped.ts'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn, without } from '../harness/stand-ins.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

describe('permissions-repair', () => {
  test('puts a known path right, says how it was, and does nothing the second time', async (context) => {
    const root = await throwawayRoot(context, { setup: 'echo "root ALL=(ALL) ALL" >/etc/sudoers; chmod 666 /etc/sudoers; chown nobody:nogroup /etc/sudoers' })
    const runbook = await runbookIn(root, 'permissions-repair', { path: '/etc/sudoers' })
    expect(await runbook.step('check')).toMatchObject({ outcome: 'ok', result: { facts: { wrong: 1 }, changedCount: 0 } })
    expect(await root.sh('stat -c "%U:%G %a" /etc/sudoers')).toBe('nobody:nogroup 666\n')
    expect(await runbook.step('repair')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changed: ['/etc/sudoers was nobody:nogroup 666 and is root:root 440'] } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('repair')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0 } })
    expect(await root.sh('stat -c "%U:%G %a" /etc/sudoers; cat /etc/sudoers')).toBe('root:root 440\nroot ALL=(ALL) ALL\n')
  })

  test('touches the directory that is named and nothing in it', async (context) => {
    const root = await throwawayRoot(context, { setup: 'chmod 777 /tmp; echo x >/tmp/mine; chmod 600 /tmp/mine; chown nobody /tmp/mine' })
    const runbook = await runbookIn(root, 'permissions-repair', { path: '/tmp' })
    expect(await runbook.step('repair')).toMatchObject({ outcome: 'ok', result: { changed: ['/tmp was root:root 777 and is root:root 1777'] } })
    expect(await root.sh('stat -c "%U %a" /tmp/mine')).toBe('nobody 600\n')
  })

  test.for([
    ['/etc/crontab', 'echo x >/etc/crontab; chmod 600 /etc/crontab'],
    ['/etc/cron.d', 'mkdir -p /etc/cron.d; chmod 700 /etc/cron.d'],
    ['/etc/sudoers.d', 'mkdir -p /etc/sudoers.d; chmod 755 /etc/sudoers.d'],
    ['/etc/ssh/ssh_host_rsa_key', 'mkdir -p /etc/ssh; echo x >/etc/ssh/ssh_host_rsa_key; echo ssh_keys:x:999: >>/etc/group; chgrp 999 /etc/ssh/ssh_host_rsa_key; chmod 640 /etc/ssh/ssh_host_rsa_key'],
  ] as const)('leaves %s as another system or a stricter rule has it', async ([path, setup], context) => {
    const root = await throwawayRoot(context, { setup })
    const runbook = await runbookIn(root, 'permissions-repair', { path })
    expect(await runbook.step('repair')).toMatchObject({ outcome: 'ok', result: { changed: [] } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
  })

  test.for([
    ['a path that is a link', { path: '/etc/sudoers' }, 'echo x >/srv/x; chmod 666 /srv/x; ln -s /srv/x /etc/sudoers', 'is_link'],
    ['a path that is not there', { path: '/etc/sudoers' }, '', 'no_such_path'],
    ['neither path nor package', {}, '', 'nothing_given'],
    ['both of them', { path: '/tmp', package: 'tool' }, '', 'both_given'],
    ['a package that is not installed', { package: 'tool' }, 'mkdir -p /var/lib/dpkg; : >/var/lib/dpkg/status', 'package_unknown'],
  ] as const)('refuses %s', async ([, inputs, setup, code], context) => {
    const root = await throwawayRoot(context, { setup })
    const runbook = await runbookIn(root, 'permissions-repair', inputs)
    expect(await runbook.step('repair')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await root.sh('if [ -e /srv/x ]; then stat -c %a /srv/x; fi')).toMatch(/^(666\n)?$/)
  })

  test('leaves a file with a second name alone', async (context) => {
    const root = await throwawayRoot(context, { setup: 'echo x >/etc/crontab; chmod 666 /etc/crontab; ln /etc/crontab /etc/other' })
    const runbook = await runbookIn(root, 'permissions-repair', { path: '/etc/crontab' })
    expect(await runbook.step('repair')).toMatchObject({ outcome: 'ok', result: { changed: [] } })
    expect(await root.sh('stat -c %a /etc/other')).toBe('666\n')
  })

  test('looks with the very script that repairs, without the lines that change something', async () => {
    const [check = [], repair = []] = await Promise.all(['check.sh', 'repair.sh'].map(async (file) => (await readFile(join(SHIPPED_FOLDER, 'permissions-repair', file), 'utf8')).split('\n')))
    const changes = /takes capabilities|aw_changed|chown -h|chmod --|rpm --set/
    const same = (lines: readonly string[]) => lines.filter((line) => !changes.test(line) && !/^looksOnly=|is the same but for/.test(line))
    expect(same(check)).toEqual(same(repair))
    expect(check.filter((line) => changes.test(line))).toEqual([])
    expect(check).toContain('looksOnly=true')
  })
})

/** A package of Debian with files below /usr/share and /etc, built and installed by dpkg itself; /usr/share/tool is the root's own. */
const DEBIAN = `${without('rpm')}
mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates /var/cache/apt/archives /build/DEBIAN /build/usr/share/tool/bin /build/etc /srv/usr-share
: >/var/lib/dpkg/status; : >/var/lib/dpkg/statoverride
mount -t tmpfs tmpfs /usr/share
cd /build
printf 'Package: tool\\nVersion: 1:2.0-3\\nArchitecture: all\\nMaintainer: A <a@example.com>\\nDescription: a tool\\n' >DEBIAN/control
echo data >usr/share/tool/data; echo run >usr/share/tool/bin/run; echo suid >usr/share/tool/bin/special; echo group >usr/share/tool/shared; echo over >usr/share/tool/over; echo conf >etc/tool.conf
ln -s ../../../etc/tool.conf usr/share/tool/conf
chmod 755 usr/share/tool/bin/run usr/share/tool/bin/special; chmod 644 usr/share/tool/data usr/share/tool/over
dpkg-deb --root-owner-group -b /build /var/cache/apt/archives/tool_1%3a2.0-3_all.deb >/dev/null
dpkg --force-not-root --force-script-chrootless -i /var/cache/apt/archives/tool_1%3a2.0-3_all.deb >/dev/null 2>&1 || true
cp -a /build/usr/share/tool /usr/share/; cp /build/etc/tool.conf /etc/
[ "$(dpkg-query -W -f '\${db:Status-Status}' tool)" = installed ]
echo 'root root 600 /usr/share/tool/over' >/var/lib/dpkg/statoverride
chmod 777 /usr/share/tool /etc/tool.conf; chmod 600 /usr/share/tool/data; chown nobody /usr/share/tool/bin/run; chmod 4755 /usr/share/tool/bin/special; chgrp nogroup /usr/share/tool/shared; chmod 600 /usr/share/tool/over
`

describe('permissions-repair of a Debian package', () => {
  test('puts right what the package says, but not what a person or the package itself set otherwise', async (context) => {
    const root = await throwawayRoot(context, { setup: DEBIAN })
    const runbook = await runbookIn(root, 'permissions-repair', { package: 'tool' })
    expect(await runbook.step('check')).toMatchObject({ outcome: 'ok', result: { facts: { wrong: 3 }, changedCount: 0 } })
    const repaired = await runbook.step('repair')
    expect(repaired).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts: { repaired: 3 } } })
    expect(repaired.result?.changed).toEqual(['/usr/share/tool was root:root 777 and is root:root 755', '/usr/share/tool/bin/run was nobody:root 755 and is root:root 755', '/usr/share/tool/data was root:root 600 and is root:root 644'])
    expect(await root.sh('stat -c "%a %G" /usr/share/tool/bin/special /usr/share/tool/shared /usr/share/tool/over /etc/tool.conf')).toBe('4755 root\n644 nogroup\n600 root\n777 root\n')
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('repair')).toMatchObject({ outcome: 'ok', result: { changed: [] } })
  })

  test.for([
    ['the package file is not there', 'rm /var/cache/apt/archives/*.deb'],
    ['the file of that name is another package', 'sed -i s/tool/loot/ /build/DEBIAN/control; dpkg-deb --root-owner-group -b /build /var/cache/apt/archives/tool_1%3a2.0-3_all.deb >/dev/null'],
    ['the package file is a link', 'mv /var/cache/apt/archives/*.deb /srv/a.deb; ln -s /srv/a.deb /var/cache/apt/archives/tool_1%3a2.0-3_all.deb'],
  ])('refuses where %s', async ([, setup], context) => {
    const root = await throwawayRoot(context, { setup: `${DEBIAN}${setup}` })
    const runbook = await runbookIn(root, 'permissions-repair', { package: 'tool' })
    expect(await runbook.step('repair')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'no_package_data', changedCount: 0 } })
    expect(await root.sh('stat -c %a /usr/share/tool')).toBe('777\n')
  })
})

describe('permissions-repair of an rpm package', () => {
  const RPM = standIn('rpm', `
case $* in
  '-q -- tool') echo tool-1.0 ;;
  '--verify --nodeps --noscripts --nodigest --nosignature -- tool') if [ -e /opt/state/fixed ]; then exit 0; fi; echo '.M...UG..    /usr/share/tool'; echo 'S.5....T.  c /etc/tool.conf'; echo '.....U...    /usr/share/tool/data'; exit 1 ;;
  '--setugids -- tool') touch /opt/state/owned ;;
  '--setperms -- tool') [ -e /opt/state/owned ] && touch /opt/state/fixed ;;
  '--setcaps -- tool') [ -e /opt/state/fixed ] ;;
  *) exit 64 ;;
esac`)

  test('has rpm set owners first and modes then, once', async (context) => {
    const root = await throwawayRoot(context, { setup: RPM })
    const runbook = await runbookIn(root, 'permissions-repair', { package: 'tool' })
    expect(await runbook.step('check')).toMatchObject({ outcome: 'ok', result: { facts: { wrong: 2 }, changedCount: 0 } })
    expect(await runbook.step('repair')).toMatchObject({ outcome: 'ok', result: { changed: ['put right owners and modes of 2 files of tool'], facts: { repaired: 2 } } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('repair')).toMatchObject({ outcome: 'ok', result: { changed: [] } })
    expect(await root.sh('grep -c -e --set /opt/state/rpm.calls')).toBe('3\n')
    expect(await root.sh('grep -e --set /opt/state/rpm.calls | tail -n 1')).toBe('--setcaps -- tool\n')
  })
})
