/** The runbook disk-clean-package-cache, run for real: apt itself; the other package managers as stand-ins. */
import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn, without } from '../harness/stand-ins.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

const NO_MANAGER = without('apt-get', 'dpkg', 'dnf', 'yum', 'zypper', 'apk')
const APT = `
mkdir -p /etc/apt/apt.conf.d /var/lib/apt/lists/partial /var/lib/dpkg; : >/var/lib/dpkg/status
mount -t tmpfs -o size=8m,mode=755 tmpfs /var/cache
mkdir -p /var/cache/apt/archives/partial; : >/var/cache/apt/archives/lock
for n in 1 2 3 4 5 6 7; do head -c 1100000 /dev/zero >/var/cache/apt/archives/tool_$n.0_amd64.deb; done
mkdir /var/cache/man; echo keep >/var/cache/man/index.db
`
/** What a manager does when it cleans its cache in \`place\`; any other word ends in failure. */
const cleaner = (name: string, words: string, place: string) => `${NO_MANAGER}
mount -t tmpfs tmpfs /var/cache; mkdir -p ${place}/repo; head -c 3000000 /dev/zero >${place}/repo/tool.rpm; echo meta >${place}/meta.xml
${standIn(name, `[ "$*" = '${words}' ] || exit 64\nrm -f ${place}/repo/*.rpm`)}`

describe('disk-clean-package-cache', () => {
  test('has apt empty its cache, is judged by what is free then, and finds nothing the second time', async (context) => {
    const root = await throwawayRoot(context, { setup: APT })
    const runbook = await runbookIn(root, 'disk-clean-package-cache', { volume: '/var/cache' })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changedCount: 1, facts: { manager: 'apt-get', freedMegabytes: 7 } } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await root.sh('find /var/cache -type f | LC_ALL=C sort')).toBe('/var/cache/apt/archives/lock\n/var/cache/man/index.db\n')
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changed: [], facts: { freedMegabytes: 0 } } })
  })

  test.for([
    ['dnf', '-q clean packages', '/var/cache/dnf'],
    ['yum', '-q clean packages', '/var/cache/yum'],
    ['zypper', '--quiet --non-interactive clean', '/var/cache/zypp/packages'],
    ['apk', '--quiet cache clean', '/var/cache/apk'],
  ] as const)('asks %s with %s, once more without effect', async ([name, words, place], context) => {
    const root = await throwawayRoot(context, { setup: cleaner(name, words, place) })
    const runbook = await runbookIn(root, 'disk-clean-package-cache', { volume: '/var/cache' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changedCount: 1, facts: { manager: name, freedMegabytes: 2 } } })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await root.sh(`cat ${place}/meta.xml`)).toBe('meta\n')
  })

  test('tells its refusal where sh is bash too, which keeps a redirection to its very end', async (context) => {
    const root = await throwawayRoot(context, { setup: `${APT}echo mine >/var/cache/apt/archives/notes.txt` })
    await writeFile(root.hostPath('/opt/command.sh'), (await runbookIn(root, 'disk-clean-package-cache', { volume: '/var/cache' })).command('clean'))
    expect(await root.sh('bash --posix /opt/command.sh || true')).toContain('"code":"foreign_files"')
  })

  test('tells a failure of the package manager with its own words', async (context) => {
    const root = await throwawayRoot(context, { setup: `${NO_MANAGER}mkdir -p /var/cache/dnf\n${standIn('dnf', 'echo "another process holds the \\"lock\\"" >&2; exit 1')}` })
    const runbook = await runbookIn(root, 'disk-clean-package-cache', { volume: '/var/cache' })
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'clean_failed', message: 'dnf could not clean its cache: another process holds the "lock"', changedCount: 0 } })
  })

  test.for([
    ['a cache that was set to be elsewhere', `${APT}mkdir -p /srv/repository; echo 'Dir::Cache::archives "/srv/repository";' >/etc/apt/apt.conf.d/repo; echo mine >/srv/repository/mine.deb`, 'cache_elsewhere'],
    ['a cache with files that are no packages', `${APT}echo mine >/var/cache/apt/archives/notes.txt`, 'foreign_files'],
    ['a cache behind a link', `${APT}mv /var/cache/apt/archives /srv/archives; ln -s /srv/archives /var/cache/apt/archives`, 'place_is_elsewhere'],
    ['a cache that is mounted from somewhere', `${APT}mkdir /srv/shared; echo shared >/srv/shared/a.deb; mount --bind /srv/shared /var/cache/apt/archives`, 'cache_is_mounted'],
    ['a system without a package manager', NO_MANAGER, 'no_package_manager'],
  ] as const)('refuses %s, and removes nothing', async ([, setup, code], context) => {
    const root = await throwawayRoot(context, { setup })
    const runbook = await runbookIn(root, 'disk-clean-package-cache', { volume: '/var/cache' })
    const before = await root.sh('find /var/cache /srv -type f | sort')
    expect(await runbook.step('clean')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await root.sh('find /var/cache /srv -type f | sort')).toBe(before)
  })
})
