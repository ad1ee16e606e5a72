/** The runbook security-updates-apply, run for real: real apt and dpkg over two small archives, one of which is a pocket for security. The danger is to install more than that. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'
import { withStandIns } from './stand-ins.ts'

/** Three packages are installed. The pocket for security has a newer demo and tool; the plain archive has newer ones of all, and one whose name only sounds like security. */
const ARCHIVES = `
mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates /var/lib/dpkg/triggers /var/lib/apt/lists/partial /var/cache/apt/archives/partial /etc/apt/apt.conf.d /etc/apt/preferences.d /srv/plain /srv/security
: >/var/lib/dpkg/status
build() {
  rm -rf /srv/build; mkdir -p /srv/build/DEBIAN "/srv/build/opt/$2"
  echo "$3" >"/srv/build/opt/$2/version"
  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: Nobody <nobody@example.test>\\nDescription: test\\n%s' "$2" "$3" "\${4-}" >/srv/build/DEBIAN/control
  dpkg-deb --root-owner-group -Znone --build /srv/build "/srv/$1/$2_$3.deb" >/dev/null
}
for name in demo tool lib-security-core; do build plain "$name" 1.0; done
dpkg --install /srv/plain/*_1.0.deb >/dev/null 2>&1
build security demo 1.1; build security tool 1.1
build plain demo 1.2; build plain lib-security-core 2.0; build plain other 1.0
extra_packages
index() {
  cd "/srv/$1"
  : >Packages
  for file in *.deb; do { dpkg-deb --field "$file"; echo "Filename: ./$file"; echo "Size: $(wc -c <"$file")"; echo "SHA256: $(sha256sum "$file" | cut -d ' ' -f 1)"; echo; } >>Packages; done
  printf 'Origin: Debian\\nLabel: %s\\nSuite: %s\\nVersion: 12\\nCodename: bookworm\\nDate: Thu, 01 Jan 2026 00:00:00 UTC\\nSHA256:\\n %s %s Packages\\n' "$2" "$3" "$(sha256sum Packages | cut -d ' ' -f 1)" "$(wc -c <Packages)" >Release
}
index plain Debian stable
index security Debian-Security stable-security
printf 'deb [trusted=yes] file:/srv/security ./\\ndeb [trusted=yes] file:/srv/plain ./\\n' >/etc/apt/sources.list
# The pocket goes before the archive, as a machine has it that follows security alone.
printf 'Package: *\\nPin: release l=Debian-Security\\nPin-Priority: 990\\n' >/etc/apt/preferences.d/security
apt-get -q update >/dev/null 2>&1
`
const machine = (setup = '', extra = '') => withStandIns({ programs: ['sleep'], hidden: ['needs-restarting'], setup: `extra_packages() { :; ${extra}\n}\n${ARCHIVES}\n${setup}` })
const VERSIONS = 'dpkg-query -W -f "\\${Package} \\${Version}\\n" | sort; cat /opt/demo/version'
const BEFORE = 'demo 1.0\nlib-security-core 1.0\ntool 1.0\n1.0\n'

describe('security-updates-apply', () => {
  test('installs what is newer in the pocket for security and nothing else, once', async (context) => {
    const root = await throwawayRoot(context, machine())
    const runbook = await runbookIn(root, 'security-updates-apply')
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { manager: 'apt', pendingSecurityUpdates: 2, isRebootPending: false }, changedCount: 0 } })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await root.sh(VERSIONS)).toBe(BEFORE)
    const run = await runbook.step('apply')
    expect(run).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changedCount: 2, facts: { installed: 2 } } })
    expect([...(run.result?.changed ?? [])].sort()).toEqual(['installed demo=1.1', 'installed tool=1.1'])
    expect(await root.sh(VERSIONS)).toBe('demo 1.1\nlib-security-core 1.0\ntool 1.1\n1.1\n')
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('apply')).toMatchObject({ outcome: 'ok', result: { changedCount: 0, message: 'no security update is pending; nothing was changed' } })
  })

  test('installs no more than it may', async (context) => {
    const root = await throwawayRoot(context, machine())
    expect(await (await runbookIn(root, 'security-updates-apply', { maxPackages: 1 })).step('apply')).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
  })

  test('keeps a configuration file that somebody changed', async (context) => {
    const root = await throwawayRoot(context, machine(`
mkdir -p /srv/c/DEBIAN /srv/c/etc; echo shipped >/srv/c/etc/conf.conf; echo /etc/conf.conf >/srv/c/DEBIAN/conffiles
for version in 1.0 1.1; do printf "Package: conf\\nVersion: $version\\nArchitecture: all\\nMaintainer: Nobody <nobody@example.test>\\nDescription: test\\n" >/srv/c/DEBIAN/control; echo "shipped $version" >/srv/c/etc/conf.conf; dpkg-deb --root-owner-group -Znone --build /srv/c "/srv/conf_$version.deb" >/dev/null; done
dpkg --install /srv/conf_1.0.deb >/dev/null 2>&1; echo 'changed by hand' >/etc/conf.conf
mv /srv/conf_1.1.deb /srv/security/; index security Debian-Security stable-security; apt-get -q update >/dev/null 2>&1`))
    expect(await (await runbookIn(root, 'security-updates-apply')).step('apply')).toMatchObject({ outcome: 'ok', result: { changedCount: 3 } })
    expect(await root.read('/etc/conf.conf')).toBe('changed by hand\n')
  })

  test('fails where a package cannot be set up, and tells what was installed all the same', async (context) => {
    const root = await throwawayRoot(context, machine('', `
mkdir -p /srv/bad/DEBIAN; printf 'Package: tool\\nVersion: 1.1\\nArchitecture: all\\nMaintainer: Nobody <nobody@example.test>\\nDescription: test\\n' >/srv/bad/DEBIAN/control
printf '#!/bin/sh\\nexit 1\\n' >/srv/bad/DEBIAN/postinst; chmod 755 /srv/bad/DEBIAN/postinst; dpkg-deb --root-owner-group -Znone --build /srv/bad /srv/security/tool_1.1.deb >/dev/null`))
    const runbook = await runbookIn(root, 'security-updates-apply')
    const run = await runbook.step('apply')
    expect(run).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'install_failed' } })
    expect(run.result?.changed).toEqual(['installed demo=1.1'])
    expect(await runbook.step('apply')).toMatchObject({ outcome: 'refused', result: { code: 'packages_broken', changedCount: 0 } })
  })

  test('tells that a reboot is pending, and does none', async (context) => {
    const root = await throwawayRoot(context, machine(': >/var/run/reboot-required'))
    expect(await (await runbookIn(root, 'security-updates-apply')).step('apply')).toMatchObject({ outcome: 'ok', result: { facts: { isRebootPending: true } } })
  })

  test.for<readonly [string, string, string, string]>([
    ['updates that would remove a package', '', 'rm -f /srv/security/tool_1.1.deb; build security tool 1.1 "Conflicts: lib-security-core\n"', 'conflict'],
    ['a machine with packages that are half installed', 'sed -i "0,/install ok installed/s//install ok half-installed/" /var/lib/dpkg/status', '', 'packages_broken'],
    ['lists that cannot be fetched', 'rm -rf /srv/security', '', 'lists_failed'],
    ['a disk that is nearly full', 'mkdir -p /boot; mount -t tmpfs -o size=8m tmpfs /boot', '', 'disk_full'],
  ])('refuses %s, and changes nothing', async ([, setup, extra, code], context) => {
    const root = await throwawayRoot(context, machine(setup, extra))
    expect(await (await runbookIn(root, 'security-updates-apply')).step('apply')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await root.sh(VERSIONS)).toBe(BEFORE)
  })

  test.for(['apt-get', 'dpkg', 'unattended-upgrade', 'dnf', 'yum', 'packagekitd'])('refuses while %s works', async (name, context) => {
    const root = await throwawayRoot(context, machine(`cp /usr/bin/tail /opt/${name}`))
    await root.start(`exec /opt/${name} -f /dev/null`)
    await root.sh(`for n in $(seq 600); do if grep -sq ^${name.slice(0, 15)} /proc/[0-9]*/comm; then break; fi; perl -e "select undef,undef,undef,0.05"; done; grep -sq ^${name.slice(0, 15)} /proc/[0-9]*/comm`)
    expect(await (await runbookIn(root, 'security-updates-apply')).step('apply')).toMatchObject({ outcome: 'refused', result: { code: 'manager_busy', changedCount: 0 } })
    expect(await root.sh(VERSIONS)).toBe(BEFORE)
  })

  test('is not held up by what waits on every Ubuntu for the machine to shut down', async (context) => {
    const root = await throwawayRoot(context, machine('cp /usr/bin/perl /opt/unattended-upgrade-shutdown'))
    await root.start(`exec /opt/unattended-upgrade-shutdown -e 'sleep 600' -- --wait-for-signal`)
    await root.sh('for n in $(seq 600); do if grep -sq ^unattended-upgr /proc/[0-9]*/comm; then exit 0; fi; perl -e "select undef,undef,undef,0.05"; done; exit 1')
    expect(await (await runbookIn(root, 'security-updates-apply')).step('apply')).toMatchObject({ outcome: 'ok' })
  })

  test('refuses a machine without a package manager it knows', async (context) => {
    const root = await throwawayRoot(context, withStandIns({ programs: ['sleep'], hidden: ['apt-get', 'dnf'] }))
    expect(await (await runbookIn(root, 'security-updates-apply')).step('apply')).toMatchObject({ outcome: 'refused', result: { code: 'no_package_manager' } })
  })

  test('asks dnf for security alone, and tells what rpm has afterwards', async (context) => {
    const root = await throwawayRoot(context, withStandIns({
      programs: ['sleep'],
      hidden: ['apt-get', 'dnf', 'rpm', 'needs-restarting'],
      files: {
        '/opt/stand-ins/dnf': { mode: 0o755, text: `#!/bin/sh
case "$*" in
  '-q --cacheonly updateinfo list --security') if [ ! -e /srv/done ]; then echo 'RHSA-2026:1 Important/Sec. demo-1.1-1.x86_64'; if [ -e /srv/more ]; then echo 'RHSA-2026:2 Low/Sec. tool-1.1-1.x86_64'; fi; fi ;;
  '-y -q --security --setopt=clean_requirements_on_remove=False upgrade-minimal') echo "dnf $*" >>/srv/calls; : >/srv/done ;;
  *) echo "unexpected: dnf $*" >>/srv/calls; exit 64 ;;
esac
` },
        '/opt/stand-ins/rpm': { mode: 0o755, text: '#!/bin/sh\nif [ -e /srv/done ]; then echo demo-1.1-1.x86_64; else echo demo-1.0-1.x86_64; fi\necho tool-1.0-1.x86_64\n' },
      },
      // Debian's own go before those of /usr/local, so they are mounted over where this machine has them.
      setup: 'for name in dnf rpm; do for place in /usr/bin /usr/sbin; do if [ -e $place/$name ]; then mount --bind /opt/stand-ins/$name $place/$name; fi; done; done',
    }))
    await root.sh(': >/srv/more')
    expect(await (await runbookIn(root, 'security-updates-apply', { maxPackages: 1 })).step('apply')).toMatchObject({ outcome: 'refused', result: { code: 'too_many', changedCount: 0 } })
    await root.sh('rm /srv/more')
    const runbook = await runbookIn(root, 'security-updates-apply')
    expect(await runbook.verify()).toMatchObject({ holds: false, result: { facts: { manager: 'dnf', pendingSecurityUpdates: 1 } } })
    expect(await runbook.step('apply')).toMatchObject({ outcome: 'ok', result: { changed: ['installed demo-1.1-1.x86_64'], facts: { installed: 1 } } })
    expect(await runbook.verify()).toMatchObject({ holds: true })
  })
})
