/** The runbooks filesystem-read-only-report and reboot-pending, run for real. They look only, and say so. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn, without } from '../harness/stand-ins.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

const DMESG = standIn('dmesg', `cat <<'END'
[    1.000000] EXT4-fs (sda1): mounted filesystem with ordered data mode
[  100.000000] blk_update_request: I/O error, dev sda, sector 12345
[  101.000000] EXT4-fs error (device sda1): ext4_journal_check_start:83: "Detected" aborted journal
[  101.100000] EXT4-fs (sda1): Remounting filesystem read-only
END`)

describe('filesystem-read-only-report', () => {
  test('tells a file system that became read-only under its mount, and one that fstab wants writable', async (context) => {
    // The file system of /data turns read-only while this mount of it stays writable: what the kernel does on an error.
    const root = await throwawayRoot(context, { setup: `${DMESG}
mkdir -p /data /data2 /srv/other /srv/wanted; mount -t tmpfs tmpfs /data; mount --bind /data /data2; mount -o remount,ro /data; umount /data
mount -t tmpfs -o ro tmpfs /srv/other; mount -t tmpfs -o ro tmpfs /srv/wanted; mount -t tmpfs tmpfs /mnt
printf '# comment\\ntmpfs /srv/other tmpfs ro,noexec 0 0\\ntmpfs /srv/wanted tmpfs defaults 0 0\\n' >/etc/fstab` })
    const runbook = await runbookIn(root, 'filesystem-read-only-report')
    const first = await runbook.step('report')
    expect(first).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changedCount: 0, facts: { readOnlyByKernel: 1, readOnlyAgainstFstab: 1, kernelErrors: 3, mount1: '/data2 tmpfs tmpfs', mount2: '/srv/wanted tmpfs tmpfs', kernelError3: '[  101.100000] EXT4-fs (sda1): Remounting filesystem read-only' } } })
    expect(first.result?.facts['kernelError2']).toContain('"Detected"')
    const second = await runbook.step('report')
    expect(second.result?.facts).toEqual(first.result?.facts)
    expect(await root.sh('touch /data2/x 2>/dev/null || echo still read-only')).toBe('still read-only\n')
  })

  test('tells that all is well on a machine where it is', async (context) => {
    const root = await throwawayRoot(context, { setup: `${standIn('dmesg', 'exit 1')}\n: >/etc/fstab` })
    const runbook = await runbookIn(root, 'filesystem-read-only-report')
    expect(await runbook.step('report')).toMatchObject({ outcome: 'ok', result: { facts: { readOnlyByKernel: 0, readOnlyAgainstFstab: 0, kernelErrors: 0 } } })
  })

  test('reads the mounts where there is no fstab, and refuses where the kernel\'s log cannot be had', async (context) => {
    const root = await throwawayRoot(context, { setup: DMESG })
    expect(await (await runbookIn(root, 'filesystem-read-only-report')).step('report')).toMatchObject({ outcome: 'ok', result: { facts: { fstab: 'missing', readOnlyByKernel: 0 } } })
    const other = await throwawayRoot(context, { setup: without('dmesg') })
    expect(await (await runbookIn(other, 'filesystem-read-only-report')).step('report')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'missing_command' } })
  })
})

describe('reboot-pending', () => {
  const NONE = without('needs-restarting', 'zypper')
  const uname = (release: string) => standIn('uname', `[ "$*" = -r ] || exit 64\necho ${release}`)

  test.for([
    ['Debian says so', `${NONE}${uname('6.1.0-1-amd64')}mkdir -p /etc/apt; : >/run/reboot-required; printf 'linux-image-6\\nlibc6\\nlibc6\\n' >/run/reboot-required.pkgs`, { rebootPending: true, reasons: 'packages ask for it', packages: 'libc6 linux-image-6 ' }],
    ['Debian does not', `${NONE}${uname('6.1.0-1-amd64')}mkdir -p /etc/apt`, { rebootPending: false, kernelRunning: '6.1.0-1-amd64' }],
    ['a newer kernel of the same kind is installed', `${NONE}${uname('6.1.0-9-amd64')}mkdir -p /etc/apt /boot; : >/boot/vmlinuz-6.1.0-9-amd64; : >/boot/vmlinuz-6.1.0-10-amd64; : >/boot/vmlinuz-6.9.0-1-cloud-arm64`, { rebootPending: true, reasons: 'a newer kernel is installed', kernelInstalled: '6.1.0-10-amd64' }],
    ['the running kernel is the newest', `${NONE}${uname('6.1.0-10-amd64')}mkdir -p /etc/apt /boot; : >/boot/vmlinuz-6.1.0-9-amd64; : >/boot/vmlinuz-6.1.0-10-amd64`, { rebootPending: false }],
    ['Red Hat says so', `${without('zypper')}${uname('5.14.0')}${standIn('needs-restarting', '[ "$*" = -r ] || exit 64\nexit 1')}`, { rebootPending: true, reasons: 'core libraries or services were updated' }],
    ['Red Hat does not', `${without('zypper')}${uname('5.14.0')}${standIn('needs-restarting', '[ "$*" = -r ] || exit 64\nexit 0')}`, { rebootPending: false }],
    ['SUSE says so', `${without('needs-restarting')}${uname('6.4.0')}${standIn('zypper', '[ "$*" = "--non-interactive needs-rebooting" ] || exit 64\nexit 102')}`, { rebootPending: true, reasons: 'an update asks for it' }],
  ] as const)('tells it where %s, twice the same', async ([, setup, facts], context) => {
    const root = await throwawayRoot(context, { setup })
    const runbook = await runbookIn(root, 'reboot-pending')
    expect(await runbook.step('report')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { facts, changedCount: 0 } })
    expect(await runbook.step('report')).toMatchObject({ outcome: 'ok', result: { facts } })
  })

  test('refuses a system that does not tell it', async (context) => {
    const root = await throwawayRoot(context, { setup: `${NONE}${uname('5.0.0')}rm -rf /etc/apt` })
    expect(await (await runbookIn(root, 'reboot-pending')).step('report')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code: 'system_unknown' } })
  })
})
