import { expect, test } from 'vitest'
import type { CloudAccountView, RunView } from '../../schemas/runs.ts'
import { approvalFindings, companyFindings, runFindings, stopOfAll } from '../../cli/remediation-doctor.ts'

const NOW = Date.UTC(2026, 0, 10)
const SETTINGS = { companyId: 'c', settings: {}, granted: {}, effective: {}, revision: 0, updatedAt: null, updatedBy: null }
const ACCOUNT: CloudAccountView = { id: 'a', companyId: 'c', cloud: 'aws', name: 'prod', environment: 'production', enabled: true, fields: {}, hasSecret: false, createdAt: '', updatedAt: '', checkedAt: '2026-01-09T00:00:00.000Z', check: { ok: true, findings: [] }, lastUsedAt: null }

test('says which clouds work, fail, were never checked or are not in use', () => {
  const of = (change: Partial<CloudAccountView>) => companyFindings({ name: 'Acme', settings: SETTINGS, clouds: [{ ...ACCOUNT, ...change }] }, NOW).map(({ what, state, detail }) => [what, state, detail])
  expect(of({})).toEqual([['cloud: Acme', 'ok', 'prod (aws) works']])
  expect(of({ check: null, checkedAt: null })[0]).toEqual(['cloud: Acme', 'notice', expect.stringContaining('never checked')])
  expect(of({ checkedAt: '2025-01-01T00:00:00.000Z' })[0]?.[2]).toContain('checked 374 days ago')
  expect(of({ enabled: false })[0]?.slice(1)).toEqual(['notice', expect.stringContaining('not in use')])
  const failing = { ok: false, findings: [{ name: 'role', ok: false, message: 'it may not be assumed' }, { name: 'region', ok: true, message: 'known' }] }
  expect(of({ check: failing })[0]).toEqual(['cloud: Acme', 'failed', expect.stringMatching(/role: it may not be assumed; mend it/)])
  expect(of({ check: failing, enabled: false })[0]?.[1]).toBe('notice')
})

test('says which stop switches are on, with the reason', () => {
  expect(stopOfAll({ settings: {} })).toEqual([])
  expect(stopOfAll({ settings: { stopped: true, stoppedReason: 'a fire' } })[0]?.detail).toContain('a fire')
  expect(companyFindings({ name: 'Acme', settings: { ...SETTINGS, settings: { stopped: true } }, clouds: [] }, NOW)).toMatchObject([{ what: 'stop switch: Acme', state: 'notice' }])
})

test('fails for runs that nobody touched for a quarter of an hour, and counts those under way', () => {
  const run = (status: RunView['status'], minutes: number): RunView => ({ id: `r-${status}-${minutes}`, runbookId: 'b', status, updatedAt: new Date(NOW - minutes * 60_000).toISOString() }) as RunView
  expect(runFindings([], NOW)[0]).toMatchObject({ state: 'ok', detail: 'none under way' })
  expect(runFindings([run('running', 1), run('awaiting_approval', 60)], NOW)[0]).toMatchObject({ state: 'ok', detail: '1 under way' })
  expect(runFindings([run('running', 14), run('running', 15), run('planned', 30)], NOW).map(({ state, detail }) => [state, detail.split(' ')[0]])).toEqual([['failed', 'r-running-15'], ['failed', 'r-planned-30']])
})

test('names the request that is void first', () => {
  const ask = (expiresAt: string) => ({ id: 'x', runId: 'r', companyId: 'c', incidentId: null, question: 'run', role: 'msp_admin', fourEyes: true, status: 'pending', reason: '', requestedAt: '', expiresAt, decidedAt: null, decidedBy: null, via: null, comment: null }) as const
  expect(approvalFindings([ask('2026-02-02'), ask('2026-01-11')])[0]?.detail).toContain('2 wait for a yes, the first until 2026-01-11')
})
