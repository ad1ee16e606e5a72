/** The runbooks memory-cache-drop and swap-usage-relieve, run with figures of the kernel that the test writes: the machine's own cache and swap are not the test's. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn, without } from '../harness/stand-ins.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

/** Megabytes of memory; the files lie below /opt/state and are mounted over those of the kernel. */
const memory = (free: number, available: number, cached: number) => `
mkdir -p /opt/state
printf 'MemTotal: 8192000 kB\\nMemFree: %s kB\\nMemAvailable: %s kB\\nBuffers: 1024 kB\\nCached: %s kB\\nShmem: 1024 kB\\n' ${free * 1024} ${available * 1024} ${cached * 1024} >/opt/state/meminfo
mountpoint -q /proc/meminfo || mount --bind /opt/state/meminfo /proc/meminfo
`
const DROP = ': >/opt/state/drop; mount --bind /opt/state/drop /proc/sys/vm/drop_caches\n'

describe('memory-cache-drop', () => {
  test('drops a large cache once, tells before and after, and leaves a small one alone', async (context) => {
    const root = await throwawayRoot(context, { setup: `${memory(200, 6000, 5000)}${DROP}` })
    const runbook = await runbookIn(root, 'memory-cache-drop')
    expect(await runbook.verify()).toMatchObject({ holds: false, result: { facts: { usedWithCachePercent: 97, availablePercent: 75, cacheMegabytes: 5000 } } })
    expect(await runbook.step('drop')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changedCount: 1, facts: { freeBeforeMegabytes: 200, cacheBeforeMegabytes: 5000 } } })
    expect(await root.sh('cat /opt/state/drop; : >/opt/state/drop')).toBe('1\n')
    await root.sh(memory(5100, 6000, 100))
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('drop')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0 } })
    expect(await root.sh('cat /opt/state/drop')).toBe('')
  })

  test.for([
    ['programs use the memory', `${memory(100, 200, 3000)}${DROP}`, 'programs_need_memory'],
    ['the kernel does not allow it, as in a container', memory(200, 6000, 5000) + 'mount --bind /dev/null /proc/sys/vm/drop_caches; umount /proc/sys/vm/drop_caches; mkdir /opt/state/none; mount --bind /opt/state/none /proc/sys/vm', 'not_allowed'],
    ['the figures of the kernel are not as expected', `mkdir -p /opt/state; echo 'Nothing: 1 kB' >/opt/state/meminfo; mount --bind /opt/state/meminfo /proc/meminfo; ${DROP}`, 'no_memory_figures'],
  ] as const)('refuses where %s, and drops nothing', async ([, setup, code], context) => {
    const root = await throwawayRoot(context, { setup })
    const runbook = await runbookIn(root, 'memory-cache-drop')
    expect(await runbook.step('drop')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await root.sh('if [ -e /opt/state/drop ]; then cat /opt/state/drop; fi')).toBe('')
  })
})

/** Swap as the kernel lists it, and programs that take areas off and on in that list as the real ones do. */
const swap = (rows: string) => `
mkdir -p /opt/state
printf 'Filename Type Size Used Priority\\n${rows}' >/opt/state/swaps
mount --bind /opt/state/swaps /proc/swaps
${standIn('swapoff', `
[ $# -eq 1 ] && grep -q "^$1 " /opt/state/swaps || exit 64
if [ -e /opt/state/swapoff-fails ]; then exit 255; fi
grep "^$1 " /opt/state/swaps >/opt/state/off
grep -v "^$1 " /opt/state/swaps >/opt/state/next; cat /opt/state/next >/opt/state/swaps`)}
${standIn('swapon', `
priority=-2
if [ "$1" = -p ]; then priority=$2; shift 2; fi
if [ -e /opt/state/swapon-fails ]; then rm /opt/state/swapon-fails; exit 255; fi
if [ "$1" = -a ] || grep -q "^$1 " /opt/state/off; then :; else exit 64; fi
awk -v p="$priority" '{ print $1, $2, $3, 0, p }' /opt/state/off >>/opt/state/swaps; : >/opt/state/off`)}
`
const TWO = '/dev/sda2 partition 2048000 1024000 -2\\n/swapfile file 1024000 512000 5\\n'

describe('swap-usage-relieve', () => {
  test('takes each area off and on with its priority, and has nothing to do the second time', async (context) => {
    const root = await throwawayRoot(context, { setup: `${memory(6000, 6500, 1000)}${swap(TWO)}` })
    const runbook = await runbookIn(root, 'swap-usage-relieve')
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { swapAreas: 2, swapMegabytes: 3000, swapUsedPercent: 50 } } })
    expect(await runbook.verify()).toMatchObject({ holds: false })
    expect(await runbook.step('relieve')).toMatchObject({ outcome: 'ok', exitCode: 0, result: { changed: ['took /dev/sda2 off and on again; 1000 MB came back into memory', 'took /swapfile off and on again; 500 MB came back into memory'] } })
    expect(await root.sh('cat /opt/state/swaps /opt/state/swapoff.calls /opt/state/swapon.calls')).toBe('Filename Type Size Used Priority\n/dev/sda2 partition 2048000 0 -2\n/swapfile file 1024000 0 5\n/dev/sda2\n/swapfile\n/dev/sda2\n-p 5 /swapfile\n')
    expect(await runbook.verify()).toMatchObject({ holds: true })
    expect(await runbook.step('relieve')).toMatchObject({ outcome: 'ok', result: { changed: [], changedCount: 0 } })
  })

  test('fails loudly when an area does not come on again, and the roll-back takes it into use', async (context) => {
    const root = await throwawayRoot(context, { setup: `${memory(6000, 6500, 1000)}${swap(TWO)}touch /opt/state/swapon-fails` })
    const runbook = await runbookIn(root, 'swap-usage-relieve')
    expect(await runbook.step('relieve')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'swapon_failed', message: expect.stringContaining('swapon /dev/sda2') as unknown } })
    expect(await runbook.step('swap-on')).toMatchObject({ outcome: 'ok', result: { changed: ['took 1 swap areas into use again'] } })
    expect(await runbook.step('swap-on')).toMatchObject({ outcome: 'ok', result: { changed: [] } })
  })

  test('leaves an area in use that cannot be taken off', async (context) => {
    const root = await throwawayRoot(context, { setup: `${memory(6000, 6500, 1000)}${swap(TWO)}touch /opt/state/swapoff-fails` })
    const runbook = await runbookIn(root, 'swap-usage-relieve')
    expect(await runbook.step('relieve')).toMatchObject({ outcome: 'failed', result: { code: 'swapoff_failed', changedCount: 0 } })
    expect(await root.sh('cat /opt/state/swapon.calls')).toBe('')
  })

  test.for([
    ['memory is short', memory(500, 1500, 800), TWO, 'not_enough_memory'],
    ['swap is compressed memory', memory(6000, 6500, 1000), '/dev/zram0 partition 2048000 1024000 100\\n', 'swap_unknown'],
    ['a name has odd characters', memory(6000, 6500, 1000), '/my\\\\\\\\040swap file 2048000 1024000 100\\n', 'swap_unknown'],
    ['there is no swap', memory(6000, 6500, 1000), '', 'no_swap'],
  ] as const)('refuses where %s, and takes nothing off', async ([, setup, rows, code], context) => {
    const root = await throwawayRoot(context, { setup: `${setup}${swap(rows)}` })
    const runbook = await runbookIn(root, 'swap-usage-relieve')
    expect(await runbook.step('relieve')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await root.sh('cat /opt/state/swapoff.calls')).toBe('')
  })

  test('refuses where the programs for it are missing', async (context) => {
    const root = await throwawayRoot(context, { setup: `${without('swapoff')}${memory(6000, 6500, 1000)}` })
    const runbook = await runbookIn(root, 'swap-usage-relieve')
    expect(await runbook.step('relieve')).toMatchObject({ outcome: 'refused', result: { code: 'missing_command' } })
  })
})
