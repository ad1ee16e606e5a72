import { expect, it } from 'vitest'
import { windowsOf } from './remediation-windows.ts'

const AT = Date.parse('2026-03-02T22:30:00Z')
const nightly = (id: string, when: readonly string[], from = '22:00') => ({ id, when, schedule: { kind: 'daily' as const, from, minutes: 60 }, timeZone: 'UTC', reason: 'patching' })
const problem = { asset: 'web-01', signature: 'disk full', source: 'zabbix', integrationId: 'i', severity: 'high', status: 'firing', title: '', message: '', labels: { site: 'Leeds' } }

it('names the windows that are open for one of the machines, by its name or by the problem it is repaired for', () => {
  const windowsAt = windowsOf([nightly('all', []), nightly('web', ['asset=~"web-.*"']), nightly('leeds', ['site=Leeds']), nightly('db', ['asset=db-01']), nightly('later', [], '23:00'), { ...nightly('off', []), enabled: false }])
  expect(windowsAt({ targets: [{ asset: 'web-01' }], problem }, AT)).toEqual(['all', 'web', 'leeds'])
  expect(windowsAt({ targets: [{ asset: 'mx-01' }, { asset: 'db-01' }], problem: null }, AT)).toEqual(['all', 'db'])
  expect(windowsAt({ targets: [{ asset: 'web-01' }], problem }, AT + 3_600_000)).toEqual(['later'])
  expect(windowsAt({ targets: [], problem }, AT)).toEqual(['all', 'web', 'leeds'])
})
