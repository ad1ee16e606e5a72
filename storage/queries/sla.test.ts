import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { incidentAt, recordFacts, SAMPLE_MS } from '../../test/samples/facts.ts'
import { openAnalytics, type Analytics } from '../clickhouse/analytics.ts'
import type { FactScope } from './analytics-scope.ts'
import { sla } from './sla.ts'

const HOUR_MS = 3_600_000
const ALL: FactScope = { companyIds: null, fromMs: SAMPLE_MS - 1, toMs: SAMPLE_MS + 10_000_000 }
const NOW_MS = SAMPLE_MS + 10 * HOUR_MS
const TARGETS = [{ companyId: 'acme', severity: 'high', resolveMinutes: 60 }]

let dataDir: string
let analytics: Analytics

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sla-'))
  analytics = await openAnalytics({ dataDir })
})
afterAll(async () => {
  await analytics.close()
  await rm(dataDir, { recursive: true })
})
beforeEach(() => analytics.command('truncate table incidents_v1'))

const resolvedAfter = (id: string, hours: number, change: object = {}) =>
  incidentAt(1, { incidentId: id, status: 'resolved', resolvedAtMs: SAMPLE_MS + hours * HOUR_MS, acknowledgedAtMs: SAMPLE_MS + 60_000, ...change })

describe('service levels', () => {
  it('say nothing where nothing happened', async () => {
    expect(await sla(analytics, ALL, TARGETS, NOW_MS)).toEqual({
      incidents: 0, resolved: 0, reopened: 0, meanHoursToResolve: null, medianHoursToResolve: null, meanMinutesToAcknowledge: null, kept: 0, breached: 0, keptShare: null, bySeverity: [], byPriority: [],
    })
  })

  it('take mean and median over what is resolved, and do not count what was merged away', async () => {
    await recordFacts(analytics, 'incidents.v1', [resolvedAfter('a', 1), resolvedAfter('b', 2, { reopenCount: 3 }), resolvedAfter('c', 9), resolvedAfter('d', 0, { mergedInto: 'a' }), incidentAt(2, { incidentId: 'e' })])
    expect(await sla(analytics, ALL, [], NOW_MS)).toMatchObject({ incidents: 4, resolved: 3, reopened: 1, meanHoursToResolve: 4, medianHoursToResolve: 2, meanMinutesToAcknowledge: 1, kept: 0, breached: 0, keptShare: null })
  })

  it('hold an incident to the target of its company and severity, an open one from the moment it is late', async () => {
    await recordFacts(analytics, 'incidents.v1', [resolvedAfter('in time', 1), resolvedAfter('late', 1.1), incidentAt(2, { incidentId: 'open' }), resolvedAfter('no target', 9, { severity: 'low' }), resolvedAfter('other', 9, { companyId: 'globex' })])
    expect(await sla(analytics, ALL, TARGETS, NOW_MS)).toMatchObject({ kept: 1, breached: 2, keptShare: 1 / 3, bySeverity: [{ severity: 'high', kept: 1, breached: 2 }, { severity: 'low', kept: 0, breached: 0, keptShare: null }] })
    expect(await sla(analytics, ALL, TARGETS, SAMPLE_MS + 1)).toMatchObject({ kept: 1, breached: 1 })
  })

  it('show a company nothing of another', async () => {
    await recordFacts(analytics, 'incidents.v1', [resolvedAfter('a', 1), resolvedAfter('b', 1, { companyId: 'globex' })])
    expect(await sla(analytics, { ...ALL, companyIds: ['globex'] }, [], NOW_MS)).toMatchObject({ incidents: 1 })
    expect(await sla(analytics, { ...ALL, companyIds: [] }, [], NOW_MS)).toMatchObject({ incidents: 0 })
  })
})
