import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { remediationMistakes, wideningMistakes } from './remediation-mistakes.ts'
import { effectiveRisk, isRunbookEnabled, mspLayer, REMEDIATION_NUMBER_NAMES, REMEDIATION_NUMBERS, remediationLimits, runMode } from './remediation-settings.ts'
import { RISKS, riskRank, type Risk } from './runbooks.ts'
import type { RemediationSettings } from './runs.ts'
import { MODES } from './settings.ts'

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })
const settings: fc.Arbitrary<RemediationSettings> = fc.record({
  ...Object.fromEntries(REMEDIATION_NUMBER_NAMES.map((name) => [name, maybe(fc.integer({ min: REMEDIATION_NUMBERS[name].min, max: REMEDIATION_NUMBERS[name].max }))])),
  stopped: maybe(fc.boolean()), automaticLowRisk: maybe(fc.boolean()), fourEyes: maybe(fc.boolean()),
  runbooks: maybe(fc.dictionary(fc.constantFrom('a', 'b'), fc.record({ enabled: maybe(fc.boolean()), risk: maybe(fc.constantFrom<Risk>(...RISKS)) }).map((policy) => Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined))))),
}).map((one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)))

describe('what the MSP and a company allow together', () => {
  it('is never more than the MSP allows alone', () => {
    fc.assert(fc.property(settings, settings, fc.constantFrom<Risk>(...RISKS), (msp, company, risk) => {
      const [most, both] = [remediationLimits(msp, {}), remediationLimits(msp, company)]
      for (const name of REMEDIATION_NUMBER_NAMES) expect(both[name]).toBeLessThanOrEqual(most[name])
      expect(both.automaticLowRisk && !most.automaticLowRisk).toBe(false)
      expect(most.fourEyes && !both.fourEyes).toBe(false)
      expect(most.stoppedBy !== null && both.stoppedBy === null).toBe(false)
      const book = { id: 'a', risk, origin: 'library' as const }
      expect(riskRank(effectiveRisk(book, msp, company))).toBeGreaterThanOrEqual(riskRank(effectiveRisk(book, msp, {})))
      expect(isRunbookEnabled('a', msp, company) && !isRunbookEnabled('a', msp, {})).toBe(false)
    }))
  })

  it('is what the company says as long as nothing was refused when it was set', () => {
    fc.assert(fc.property(settings, settings, (msp, company) => {
      fc.pre(wideningMistakes(msp, company).length === 0)
      const both = remediationLimits(msp, company)
      for (const name of REMEDIATION_NUMBER_NAMES) if (company[name] !== undefined) expect(both[name]).toBe(company[name])
      if (company.automaticLowRisk !== undefined) expect(both.automaticLowRisk).toBe(company.automaticLowRisk && (msp.automaticLowRisk ?? true))
      if (company.fourEyes !== undefined) expect(both.fourEyes).toBe(company.fourEyes)
    }))
  })

  it('has the defaults where nobody says anything, and what is granted over what holds for all', () => {
    expect(remediationLimits({}, {})).toEqual({ stoppedBy: null, stoppedReason: null, automaticLowRisk: true, fourEyes: true, freezes: [], maxRunsPerHour: 20, maxRunsPerAssetPerDay: 4, maxConcurrent: 5, maxBlastShare: 0.2, maxTargets: 5, approvalMinutes: 60 })
    const layer = mspLayer({ stopped: true, maxRunsPerHour: 5, maxTargets: 2, runbooks: { a: { enabled: false }, b: { risk: 'high' } } }, { maxRunsPerHour: 50, runbooks: { a: { enabled: true }, b: { enabled: true } } })
    expect(layer).toEqual({ stopped: true, maxRunsPerHour: 50, maxTargets: 2, runbooks: { a: { enabled: true }, b: { risk: 'high', enabled: true } } })
  })

  it('lets the MSP raise the risk of a company’s own runbook and not lower it, because the company may write another script under its name', () => {
    const own = { id: 'a', risk: 'medium' as const, origin: 'company' as const }
    const said = (risk: Risk) => effectiveRisk(own, { runbooks: { a: { risk } } }, {})
    expect([said('low'), said('medium'), said('high')]).toEqual(['medium', 'medium', 'high'])
    expect(effectiveRisk({ ...own, origin: 'msp' }, { runbooks: { a: { risk: 'low' } } }, {})).toBe('low')
  })

  it('lets the MSP alone lower a risk, and nobody that of a draft', () => {
    const book = { id: 'a', risk: 'high' as const, origin: 'library' as const }
    const low: RemediationSettings = { runbooks: { a: { risk: 'low' } } }
    expect([effectiveRisk(book, low, {}), effectiveRisk(book, {}, low), effectiveRisk({ ...book, risk: 'low' }, low, { runbooks: { a: { risk: 'medium' } } }), effectiveRisk({ ...book, risk: 'low', origin: 'draft' }, low, low)]).toEqual(['low', 'high', 'medium', 'high'])
  })
})

it('runs in the lowest mode of program, company and request, and a company that nobody switched stays in dry-run', () => {
  for (const ceiling of MODES) for (const company of [null, ...MODES]) for (const asked of [null, ...MODES]) {
    const mode = MODES.indexOf(runMode(ceiling, company, asked))
    expect(mode).toBe(Math.min(MODES.indexOf(ceiling), MODES.indexOf(company ?? 'dry-run'), MODES.indexOf(asked ?? 'production')))
  }
  expect([runMode('production', null, null), runMode('production', 'production', null)]).toEqual(['dry-run', 'production'])
})

describe('mistakes', () => {
  const freeze = { id: 'f', reason: 'year end', startsAt: '2026-12-24T00:00:00Z', endsAt: '2027-01-02T00:00:00+01:00' }
  it.each<[string, unknown, RegExp]>([
    ['no object', [], /must be an object/],
    ['an unknown setting', { maxRuns: 1 }, /"maxRuns" is no setting; use stopped/],
    ['a switch that is none', { automaticLowRisk: 'no' }, /automaticLowRisk must be true or false/],
    ['a number out of its limits', { maxRunsPerHour: 0 }, /maxRunsPerHour must be a whole number from 1 to 10000/],
    ['a number that is not whole', { maxTargets: 1.5 }, /maxTargets must be a whole number/],
    ['no number at all', { maxBlastShare: Number.NaN }, /maxBlastShare must be a number from 0 to 1/],
    ['a reason without words', { stoppedReason: ' ' }, /stoppedReason must be a text/],
    ['freezes that are no list', { freezes: {} }, /freezes must be a list/],
    ['a freeze that is none', { freezes: [1] }, /freezes\[0\] must be an object/],
    ['a freeze without offset', { freezes: [{ ...freeze, startsAt: '2026-12-24T00:00:00' }] }, /freezes\[0\].startsAt must be an instant with its offset/],
    ['a freeze that ends before it starts', { freezes: [{ ...freeze, endsAt: freeze.startsAt }] }, /must end after it starts/],
    ['two freezes of one id', { freezes: [freeze, freeze] }, /freezes\[1\].id is used twice/],
    ['a field no freeze has', { freezes: [{ ...freeze, by: 'me' }] }, /has no "by"/],
    ['policies that are none', { runbooks: [] }, /runbooks must be an object/],
    ['an id no runbook has', { runbooks: { 'a b': {} } }, /a runbook id has letters/],
    ['a risk that is none', { runbooks: { a: { risk: 'none' } } }, /runbooks.a.risk must be low, medium, high/],
    ['a policy of something else', { runbooks: { a: { approval: 'none' } } }, /runbooks.a has no "approval"/],
  ])('are told in a sentence: %s', (_, given, sentence) => {
    expect(remediationMistakes(given).join('; ')).toMatch(sentence)
  })

  it('are told all at once, and none where there is none', () => {
    expect(remediationMistakes({ maxTargets: 0, fourEyes: 1, x: 1 })).toHaveLength(3)
    expect(remediationMistakes({ stopped: true, stoppedReason: 'x', freezes: [freeze], maxBlastShare: 0, runbooks: { a: { enabled: false, risk: 'high' } } })).toEqual([])
    expect(remediationMistakes({ stopped: false, freezes: [] }, 'grant')).toEqual([expect.stringContaining('can be granted'), expect.stringContaining('can be granted')])
  })

  it('never throw, whatever is given', () => {
    fc.assert(fc.property(fc.anything(), fc.constantFrom('settings' as const, 'grant' as const), (given, kind) => void remediationMistakes(given, kind)))
    fc.assert(fc.property(fc.dictionary(fc.constantFrom('freezes', 'runbooks', 'maxTargets', 'stopped', 'x'), fc.anything()), (given) => void remediationMistakes(given)))
  })
})
