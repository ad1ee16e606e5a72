import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RemediationSettings } from '../../schemas/runs.ts'
import { NOW_MS, someRunbook, someTarget } from '../guard/test-facts.ts'
import type { PlannedRun } from './planner.ts'
import { replayCases, type ReplayCase, type ReplayGround } from './replay.ts'
import { someProblem } from './test-plans.ts'

const MINUTE_MS = 60_000
const planned = (asset: string): PlannedRun => ({ kind: 'planned', problemKey: 'p1', plan: { targets: [someTarget(asset)], inputs: {}, commands: [], risk: 'low', costMicroUsd: 0, remarks: [], candidates: [] } })
const past = (id: string, minute: number, change: Partial<NonNullable<ReplayCase['best']>> | null = {}, findings: readonly string[] = []): ReplayCase => ({
  incidentId: id, openedAtMs: NOW_MS + minute * MINUTE_MS, findings, best: change === null ? null : { runbook: someRunbook(), problem: someProblem(), planned: planned('web-01'), maintenance: [], ...change },
})
const ground = (company: RemediationSettings = {}): ReplayGround => ({ companyId: 'c1', msp: {}, company, accounts: [{ id: 'acc-1', companyId: 'c1', environment: 'production', enabled: true }], knownAssets: 100 })
const told = (cases: readonly ReplayCase[], company?: RemediationSettings): string[] => replayCases(cases, ground(company)).map(({ incidentId, verdict }) => `${incidentId} ${verdict === null ? 'none' : verdict.kind === 'run' ? 'run' : verdict.code}`)

describe('a replay', () => {
  it('says for each incident what would have run, in the order in which they are given', () => {
    const refused: PlannedRun = { ...planned('web-01'), kind: 'refused', code: 'target_unknown', why: 'Nobody knows it.' }
    const open: PlannedRun = { kind: 'refused', code: 'target_ambiguous', why: 'Two.', problemKey: 'p1', plan: { ...planned('web-01').plan, targets: [], candidates: [someTarget('a'), someTarget('b')] } }
    expect(told([
      past('late', 600), past('none', 0, null), past('first', 1), past('busy', 3), past('unknown', 60, { planned: refused }), past('open', 61, { planned: open }), past('high', 70, { runbook: someRunbook({ id: 'h', risk: 'high' }) }), past('storm', 80, {}, ['storm']), past('window', 90, { maintenance: ['w'] }),
    ])).toEqual(['late run', 'none none', 'first run', 'busy asset_busy', 'unknown target_unknown', 'open target_ambiguous', 'high risk_needs_approval', 'storm storm', 'window maintenance'])
  })

  it('leaves the stop switch out of account, and freezes of that time in it', () => {
    const freeze = { id: 'f', reason: 'x', startsAt: new Date(NOW_MS).toISOString(), endsAt: new Date(NOW_MS + 10 * MINUTE_MS).toISOString() }
    expect(told([past('a', 5), past('b', 15)], { stopped: true, freezes: [freeze] })).toEqual(['a freeze', 'b run'])
  })

  it('never has more run than the limits allow, and does not depend on the order in which incidents are given', () => {
    const incident = fc.tuple(fc.integer({ min: 0, max: 600 }), fc.constantFrom('web-01', 'web-02', 'db-01'))
    fc.assert(fc.property(fc.array(incident, { maxLength: 40, size: 'max' }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), (incidents, maxRunsPerHour, maxRunsPerAssetPerDay) => {
      const cases = incidents.map(([minute, asset], n) => past(`i${n}`, minute, { planned: planned(asset) }))
      const settings = { maxRunsPerHour, maxRunsPerAssetPerDay }
      const outcomes = told(cases, settings)
      expect(told(cases.toReversed(), settings).toReversed()).toEqual(outcomes)
      const ran = cases.filter((_, n) => outcomes[n]?.endsWith(' run') === true)
      for (const { openedAtMs } of ran) expect(ran.filter((other) => other.openedAtMs <= openedAtMs && other.openedAtMs > openedAtMs - 60 * MINUTE_MS).length).toBeLessThanOrEqual(maxRunsPerHour)
      for (const asset of ['web-01', 'web-02', 'db-01']) expect(ran.filter(({ best }) => best?.planned.plan.targets[0]?.asset === asset).length).toBeLessThanOrEqual(maxRunsPerAssetPerDay)
    }))
  })
})
