/** The runbook backup-job-retry, run for real; systemd stands in, a backup that works is a process of that name. */
import { describe, expect, test } from 'vitest'
import { runbookIn } from '../harness/runbook-in-root.ts'
import { throwawayRoot } from '../harness/throwaway-root.ts'
import { callsIn, withStandIns, type Unit } from './stand-ins.ts'

const JOB = 'restic-backup@home.service'
const machine = (units: Readonly<Record<string, Unit>>, setup = '') => withStandIns({ programs: ['systemctl', 'sleep'], units, setup })

describe('backup-job-retry', () => {
  test('starts a failed job again, and waits for its end in the verification', async (context) => {
    const root = await throwawayRoot(context, machine({ [JOB]: { Type: 'oneshot' } }, `printf 'ActiveState=activating\\nSubState=start\\nResult=success\\n' >/srv/units/${JOB}.start`))
    const runbook = await runbookIn(root, 'backup-job-retry', { job: JOB })
    expect(await runbook.step('measure')).toMatchObject({ outcome: 'ok', result: { facts: { jobState: 'failed' } } })
    expect(await runbook.step('retry')).toMatchObject({ outcome: 'ok', result: { changed: [`started ${JOB} again`] } })
    expect(await runbook.verify()).toMatchObject({ holds: false, result: { facts: { jobState: 'running' } } })
    expect(await runbook.step('retry')).toMatchObject({ outcome: 'refused', result: { code: 'job_running', changedCount: 0 } })
    await root.sh(`printf 'ActiveState=inactive\\nSubState=dead\\nResult=success\\n' >>/srv/units/${JOB}`)
    expect(await runbook.verify()).toMatchObject({ holds: true, result: { facts: { jobState: 'succeeded' } } })
    expect(await runbook.step('retry')).toMatchObject({ outcome: 'ok', result: { changedCount: 0 } })
    expect(await callsIn(root)).toEqual([`start ${JOB}`])
  })

  test.for<readonly [string, string, Unit, string]>([
    ['a unit that is no backup', 'mailer.service', { Type: 'oneshot' }, 'no_backup_job'],
    ['a job that prunes', 'restic-prune.service', { Type: 'oneshot' }, 'no_backup_job'],
    ['a job that removes old backups', 'backup-cleanup.service', { Type: 'oneshot' }, 'no_backup_job'],
    ['a job that restores', 'borg-restore.service', { Type: 'oneshot' }, 'no_backup_job'],
    ['a server of backups', 'backup-server.service', { Type: 'notify' }, 'unit_not_job'],
    ['a masked job', 'borg-backup.service', { Type: 'oneshot', LoadState: 'masked' }, 'unit_masked'],
    ['a template', 'borg-backup@.service', { Type: 'oneshot' }, 'unit_is_template'],
    ['a job whose file was changed', 'borg-backup.service', { Type: 'oneshot', NeedDaemonReload: 'yes' }, 'unit_changed'],
    ['a job there is not', 'kopia.service', { Type: 'oneshot', LoadState: 'not-found' }, 'unit_unknown'],
  ])('refuses %s, and changes nothing', async ([, job, state, code], context) => {
    const root = await throwawayRoot(context, machine({ [job]: state }))
    expect(await (await runbookIn(root, 'backup-job-retry', { job })).step('retry')).toMatchObject({ outcome: 'refused', exitCode: 3, result: { code, changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test('refuses while another backup works on the machine', async (context) => {
    const root = await throwawayRoot(context, machine({ [JOB]: { Type: 'oneshot' } }, 'cp /usr/bin/tail /opt/restic'))
    await root.start('exec /opt/restic -f /dev/null')
    await root.sh('for n in $(seq 600); do if pgrep -x restic >/dev/null; then break; fi; perl -e "select undef,undef,undef,0.1"; done; pgrep -x restic')
    expect(await (await runbookIn(root, 'backup-job-retry', { job: JOB })).step('retry')).toMatchObject({ outcome: 'refused', result: { code: 'backup_running', changedCount: 0 } })
    expect(await callsIn(root)).toEqual([])
  })

  test('does not take a job for done that waits for its turn', async (context) => {
    const root = await throwawayRoot(context, machine({ [JOB]: { Type: 'oneshot' } }, `: >/srv/units/${JOB}.start`))
    const runbook = await runbookIn(root, 'backup-job-retry', { job: JOB })
    expect(await runbook.step('retry')).toMatchObject({ outcome: 'ok', result: { changedCount: 1 } })
    expect(await runbook.verify()).toMatchObject({ holds: false })
  })

  test('fails where the job cannot be started', async (context) => {
    const root = await throwawayRoot(context, machine({ [JOB]: { Type: 'oneshot' } }, `: >/srv/units/${JOB}.start-fails`))
    expect(await (await runbookIn(root, 'backup-job-retry', { job: JOB })).step('retry')).toMatchObject({ outcome: 'failed', exitCode: 1, result: { code: 'start_failed' } })
  })
})
