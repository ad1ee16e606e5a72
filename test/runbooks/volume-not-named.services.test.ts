/** An alert such as "Filesystem /data" tells the full volume in its name alone, which no input is bound to: what cleans the system's own volume has to see that it is this one. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { standIn, without } from '../harness/stand-ins.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'

/** blocks, free, free for users, inodes, free inodes */
const figures = (told: string): string => `cp /usr/bin/stat /opt/stat
${standIn('stat', `case "$*" in '-f -c %b %f %a %c %d -- '*) echo '${told}' ;; *) exec /opt/stat "$@" ;; esac`)}`
const OLD = `${without('journalctl', 'apt-get', 'dnf', 'yum', 'zypper', 'apk')}
for file in /tmp/sess_old /tmp/tmp.aBcDeFgHiJ /var/log/app.log.1; do echo old >$file; touch -d '90 days ago' $file; done
`
const left = 'find /tmp /var/log -type f | LC_ALL=C sort'

describe.each([['disk-clean-temp', 'ok'], ['disk-clean-logs', 'ok'], ['inode-exhaustion-clean', 'ok'], ['disk-clean-package-cache', 'no_package_manager']] as const)('%s', (id, code) => {
  test.for([['bytes', '1000 251 251 1000 1000'], ['inodes', '1000 1000 1000 1000 260']])('leaves a volume alone that nobody named and that has enough free: %s', async ([, told], context) => {
    const root = await throwawayRoot(context, { laterDays: 40, setup: `${figures(told!)}${OLD}` })
    const before = await root.sh(left)
    expect(await (await runbookIn(root, id)).step('clean')).toMatchObject({ outcome: 'refused', result: { code: 'volume_not_named', changedCount: 0 } })
    expect(await root.sh(left)).toBe(before)
  })

  test.for([['bytes', '1000 250 250 1000 1000'], ['inodes', '1000 1000 1000 1000 0']])('takes one that is nearly full for the one that is meant: %s', async ([, told], context) => {
    const root = await throwawayRoot(context, { laterDays: 40, setup: `${figures(told!)}${OLD}` })
    const { outcome, result } = await (await runbookIn(root, id)).step('clean')
    expect(outcome === 'ok' ? outcome : result?.code).toBe(code)
  })
})
