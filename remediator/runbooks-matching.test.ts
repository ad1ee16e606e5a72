import { describe, expect, test } from 'vitest'
import type { Runbook } from '../schemas/runbooks.ts'
import { matchOf, type MatchSubject } from './library/matcher.ts'
import { shippedRunbooks } from './library/shipped.ts'

const runbooks = await shippedRunbooks()
const asked = runbooks.map((runbook) => ({ runbook, failing: matchOf(runbook.match) }))
const DISK = ['disk-clean-component-store', 'disk-clean-logs', 'disk-clean-package-cache', 'disk-clean-temp']
const isChanging = ({ steps }: Runbook): boolean => steps.some(({ changes }) => changes)

function fitting(alert: Partial<MatchSubject>): Runbook[] {
  const subject: MatchSubject = { asset: 'srv-1', signature: null, source: 'custom', integrationId: 'i-1', severity: 'high', status: 'firing', title: alert.signature ?? '', message: '', labels: {}, category: null, count: 1, ...alert }
  return asked.filter(({ failing }) => failing(subject).length === 0).map(({ runbook }) => runbook)
}

const ids = (found: readonly Runbook[]): string[] => found.map(({ id }) => id).sort()

/** What a tool may say, and every runbook that changes something and fits; `reports` are those that only look and have to be among those that fit. */
interface Row {
  readonly alert: Partial<MatchSubject>
  readonly changing: readonly string[]
  readonly reports?: readonly string[]
}

const ROWS: readonly Row[] = [
  // A volume that is full, in the words of many tools.
  { alert: { source: 'alertmanager', signature: 'NodeFilesystemAlmostOutOfSpace', labels: { mountpoint: '/var' } }, changing: DISK },
  { alert: { source: 'alertmanager', signature: 'HostOutOfDiskSpace' }, changing: DISK },
  { alert: { source: 'zabbix', signature: 'Linux: FS [/]: Space is low (used > 80%, total 40GB)' }, changing: DISK },
  { alert: { source: 'checkmk', signature: 'Filesystem /srv' }, changing: DISK },
  { alert: { source: 'prtg', signature: 'Free Disk Space (Multi Disk)' }, changing: DISK },
  { alert: { source: 'logicmonitor', signature: 'WinVolumeUsage-D:\\ PercentUsed' }, changing: DISK },
  { alert: { source: 'n-able-ncentral', signature: 'Disk', title: 'SRV-9 - Disk - Failed' }, changing: DISK },
  { alert: { signature: null, title: 'DISK at 97% on machine web-1' }, changing: DISK },
  { alert: { signature: 'app', title: 'write failed', message: 'ENOSPC: no space left on device' }, changing: DISK },
  // What has to do with disks and is no full volume.
  { alert: { signature: 'NodeFilesystemAlmostOutOfFiles' }, changing: ['inode-exhaustion-clean'] },
  { alert: { signature: 'HostFilesystemDeviceError' }, changing: [], reports: ['filesystem-read-only-report'] },
  { alert: { signature: 'FilesystemReadOnly', title: 'The filesystem on / is read-only' }, changing: [], reports: ['filesystem-read-only-report'] },
  { alert: { signature: 'HostUnusualDiskReadRate' }, changing: [] },
  { alert: { signature: 'Disk I/O usage', title: 'Disk I/O usage is high' }, changing: [] },
  { alert: { signature: 'Disk health', title: 'SMART failure predicted', labels: { check: 'disk' } }, changing: [] },
  { alert: { signature: 'Tablespace USERS', title: 'Tablespace USERS: disk space low' }, changing: [] },
  { alert: { signature: 'Datastore usage on disk', title: 'Datastore disk usage' }, changing: [] },
  { alert: { signature: 'KubePersistentVolumeFillingUp' }, changing: [] },
  { alert: { signature: 'comp_script Disk Cleanup', title: 'Component script completed with a non-zero exit code' }, changing: [] },
  { alert: { signature: 'EXT4-fs error: deleted inode referenced' }, changing: [] },
  // Words of one matter in the message about another.
  { alert: { signature: 'High CPU usage', message: 'CPU 97 %. Disk usage 40 %, memory usage 51 %, docker disk usage 3 %, free inodes 90 %.' }, changing: [], reports: ['cpu-runaway-report'] },
  { alert: { signature: 'Service desk', message: 'We could not resolve the matter; the host is slow.' }, changing: [] },
  { alert: { signature: 'username lookup failed' }, changing: [] },
  // Docker.
  { alert: { signature: 'NodeFilesystemSpaceFillingUp', labels: { mountpoint: '/var/lib/docker' } }, changing: [...DISK, 'disk-clean-docker'] },
  { alert: { signature: 'HostUnusualDiskWriteLatency', labels: { mountpoint: '/var/lib/docker' } }, changing: [] },
  { alert: { signature: 'DockerImagePullFailed', title: 'docker image pull failed' }, changing: [] },
  { alert: { signature: 'Docker image has a vulnerability' }, changing: [] },
  // Logs.
  { alert: { signature: 'LogFileTooLarge' }, changing: ['log-rotate'] },
  { alert: { signature: 'BacklogSizeHigh' }, changing: [] },
  { alert: { signature: 'Transaction log size', title: 'Transaction log of the database is growing' }, changing: [] },
  // Memory.
  { alert: { signature: 'Linux: High memory utilization (>90% for 5m)' }, changing: ['memory-cache-drop'] },
  { alert: { signature: 'High RAM', title: 'High memory usage' }, changing: ['memory-cache-drop'] },
  { alert: { signature: 'GPU memory usage high' }, changing: [] },
  { alert: { signature: 'SQL Server memory usage' }, changing: [] },
  { alert: { signature: 'HostOomKillDetected' }, changing: [] },
  { alert: { signature: 'JvmMemoryFillingUp' }, changing: [] },
  { alert: { signature: 'ContainerHighMemoryUsage' }, changing: [] },
  { alert: { signature: 'RedisOutOfConfiguredMaxmemory' }, changing: ['redis-memory'] },
  // Others that run by themselves.
  { alert: { signature: 'Too many zombie processes' }, changing: ['zombie-processes'] },
  { alert: { signature: 'ZombieLoad vulnerability' }, changing: [] },
  { alert: { signature: null, title: 'Job failed', message: 'Temporary failure in name resolution' }, changing: ['dns-flush'] },
  // With somebody's yes.
  { alert: { signature: 'Zabbix agent is not available (for 3m)' }, changing: ['agent-restart'] },
  { alert: { signature: '"Spooler" (Print Spooler) is not running (startup type automatic)' }, changing: ['service-restart', 'windows-print-spooler'] },
  { alert: { signature: 'HostClockNotSynchronising' }, changing: ['time-synchronise'] },
  { alert: { signature: 'HostSwapIsFillingUp' }, changing: ['swap-usage-relieve'] },
  { alert: { signature: 'KubernetesPodCrashLooping' }, changing: ['kubernetes-pod-restart'] },
  { alert: { signature: 'PostgresqlDown' }, changing: ['database-service-restart'], reports: ['postgresql-health'] },
  { alert: { signature: 'MysqlTooManyConnections' }, changing: ['database-connections-relieve'], reports: ['mysql-health'] },
  { alert: { signature: 'nginx', title: 'nginx: too many connections' }, changing: [] },
  { alert: { signature: 'BlackboxSslCertificateWillExpireSoon' }, changing: ['certificate-renew'], reports: ['certificate-expiry-check'] },
  // Nothing of it can be repaired by a script.
  ...['InstanceDown', 'Motion detected', 'SSHBruteForce', 'High CPU Temperature', 'https://shop.example/ is down', 'Settings changed', 'Response time degradation'].map((signature): Row => ({ alert: { signature }, changing: [] })),
]

describe('criteria of the runbooks', () => {
  test.each(ROWS.map((row) => [JSON.stringify(row.alert), row] as const))('%s', (_, { alert, changing, reports = [] }) => {
    const found = fitting(alert)
    expect(ids(found.filter(isChanging))).toEqual([...changing].sort())
    expect(ids(found.filter((runbook) => !isChanging(runbook)))).toEqual(expect.arrayContaining([...reports]))
  })
})
