/**
 * The guard over random histories: requests, answers, ends, failures, changed settings and time, in a small company where everything meets everything. What it lets
 * run is checked against rules written anew here, not by its own.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { machineKey } from '../../schemas/guard-facts.ts'
import { remediationLimits } from '../../schemas/remediation-settings.ts'
import { RISKS, riskRank, type Risk, type Runbook } from '../../schemas/runbooks.ts'
import { ACTIVE_STATUSES, REASON_CODES, type RemediationSettings, type RunStatus } from '../../schemas/runs.ts'
import { ROLES, type Role } from '../../schemas/settings.ts'
import { judge } from './judge.ts'
import type { GuardFacts, GuardIncident, PastRun, Verdict } from './port.ts'
import { NOW_MS, someFacts, someIncident, someRunbook, someTarget } from './test-facts.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const ASSETS = ['web-01', 'web-02', 'db-01', 'db-02', 'nas-01', 'nas-02', 'dc-01', 'dc-02', 'mx-01', 'mx-02']
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined, freq: 2 })
const given = <T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }

const risk = fc.constantFrom<Risk>(...RISKS)
const settings: fc.Arbitrary<RemediationSettings> = fc.record({
  stopped: maybe(fc.boolean().map((stopped) => stopped && true)), automaticLowRisk: maybe(fc.boolean()), maxRunsPerHour: maybe(fc.integer({ min: 1, max: 6 })), maxRunsPerAssetPerDay: maybe(fc.integer({ min: 1, max: 5 })),
  maxConcurrent: maybe(fc.integer({ min: 1, max: 5 })), maxBlastShare: maybe(fc.constantFrom(0, 0.1, 0.2, 0.5, 1)), maxTargets: maybe(fc.integer({ min: 1, max: 4 })), approvalMinutes: maybe(fc.integer({ min: 5, max: 120 })), fourEyes: maybe(fc.boolean()),
  freezes: maybe(fc.array(fc.tuple(fc.integer({ min: -120, max: 600 }), fc.integer({ min: 1, max: 60 })), { maxLength: 1 }).map((spans) => spans.map(([from, minutes]) => ({
    id: 'f', reason: 'x', startsAt: new Date(NOW_MS + from * MINUTE_MS).toISOString(), endsAt: new Date(NOW_MS + (from + minutes) * MINUTE_MS).toISOString(),
  })))),
  runbooks: maybe(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.record({ enabled: maybe(fc.boolean()), risk: maybe(risk) }).map(given), { maxKeys: 3 })),
}).map(given)
/** Mostly not stopped, else nothing would be tried. */
const calm = settings.map((one) => ({ ...one, stopped: false }))

const runbook = (id: string): fc.Arbitrary<Runbook> => fc.record({
  risk: fc.constantFrom<Risk>('low', 'low', 'medium', 'high'), origin: fc.constantFrom<Runbook['origin']>('library', 'library', 'company', 'draft'), maxRunsPerHour: fc.integer({ min: 1, max: 5 }), cooldownMs: fc.constantFrom(0, 5 * MINUTE_MS, 30 * MINUTE_MS), maxTargets: fc.integer({ min: 1, max: 4 }),
  maxFailures: fc.integer({ min: 1, max: 3 }), approval: fc.option(fc.record({ role: fc.constantFrom('company_admin' as const, 'msp_admin' as const), timeoutMs: fc.constantFrom(10 * MINUTE_MS, HOUR_MS), fourEyes: fc.boolean() }), { nil: null, freq: 2 }),
}).map(({ risk: own, origin, approval, ...limits }) => someRunbook({ id, risk: own, origin, approval, limits, digest: id }))

interface Person { readonly id: string; readonly role: Role; readonly hands: readonly string[] }
const PEOPLE = ROLES.flatMap((role) => [{ id: `${role}-1`, role }, { id: `${role}-2`, role }])
/** Somebody, and who could act in their name at that moment. */
const person: fc.Arbitrary<Person> = fc.tuple(fc.constantFrom(...PEOPLE), fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.subarray(PEOPLE.map(({ id }) => id), { minLength: 1, maxLength: 2 }) })).map(([one, hands]) => ({ ...one, hands }))
const incident: fc.Arbitrary<GuardIncident | null> = fc.option(fc.record({
  status: fc.constantFrom<GuardIncident['status']>('open', 'open', 'open', 'in_progress', 'resolved', 'closed'), findings: fc.constantFrom<readonly string[]>([], [], [], ['storm'], ['flapping'], ['cascade']),
  problem: fc.constantFrom<GuardIncident['problem']>(someIncident().problem, someIncident().problem, { status: 'resolved', isSuppressed: false, suppression: null, flapping: false }, { status: 'firing', isSuppressed: true, suppression: null, flapping: false }),
}).map((change) => someIncident(change)), { nil: null, freq: 5 })

type Step =
  | { readonly kind: 'request'; readonly runbookId: string; readonly assets: readonly string[]; readonly by: Person | null; readonly trigger: 'automatic' | 'analyst'; readonly incident: GuardIncident | null; readonly maintenance: boolean }
  | { readonly kind: 'answer'; readonly pick: number; readonly by: Person; readonly yes: boolean }
  | { readonly kind: 'end'; readonly pick: number; readonly status: RunStatus }
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'settings'; readonly msp: RemediationSettings; readonly company: RemediationSettings }

const assets = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...ASSETS).map((asset) => [asset]) }, { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...ASSETS), { minLength: 1, maxLength: 4 }) })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('request' as const), runbookId: fc.constantFrom('a', 'b', 'c'), assets, by: fc.option(person, { nil: null, freq: 2 }), trigger: fc.constantFrom('automatic' as const, 'automatic' as const, 'analyst' as const), incident, maintenance: fc.nat(9).map((n) => n === 0) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer' as const), pick: fc.nat(9), by: person, yes: fc.nat(5).map((n) => n > 0) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('end' as const), pick: fc.nat(9), status: fc.constantFrom<RunStatus>('succeeded', 'failed', 'rolled_back', 'cancelled') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.constantFrom(1, 7, 31, 61, 1_500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('settings' as const), msp: fc.oneof({ weight: 4, arbitrary: calm }, { weight: 1, arbitrary: settings }), company: fc.oneof({ weight: 4, arbitrary: calm }, { weight: 1, arbitrary: settings }) }) },
)
const history = fc.record({ msp: calm, company: calm, runbooks: fc.tuple(runbook('a'), runbook('b'), runbook('c')), steps: fc.array(step, { minLength: 40, maxLength: 80, size: 'max' }) })

interface Run { readonly facts: GuardFacts; status: RunStatus; admittedAtMs: number | null; endedAtMs: number | null; question: GuardFacts['question']; approvals: GuardFacts['approvals'] }
interface World { nowMs: number; msp: RemediationSettings; company: RemediationSettings; readonly runs: Run[] }

/** Plays a history; every admission is shown to `admitted` with the facts it was judged by. */
function play({ msp, company, runbooks, steps }: typeof history extends fc.Arbitrary<infer H> ? H : never, admitted: (facts: GuardFacts, verdict: Verdict) => void, judged: (facts: GuardFacts, verdict: Verdict) => void = () => undefined): World {
  const world: World = { nowMs: NOW_MS, msp, company, runs: [] }
  const factsOf = (run: Run): GuardFacts => ({
    ...run.facts, nowMs: world.nowMs, msp: world.msp, company: world.company, question: run.question, approvals: run.approvals,
    past: world.runs.filter((other) => other !== run && other.admittedAtMs !== null).map((other): PastRun => ({ runId: String(world.runs.indexOf(other)), runbookId: other.facts.runbook.id, status: other.status, assets: other.facts.targets.map(({ asset }) => asset), machines: other.facts.targets.map(machineKey), startedAtMs: other.admittedAtMs ?? 0, endedAtMs: other.endedAtMs, trigger: other.facts.trigger })),
  })
  const look = (run: Run): void => {
    if (run.status !== 'planned' && run.status !== 'awaiting_approval') return
    if (run.question?.status === 'pending' && run.question.expiresAtMs <= world.nowMs) run.question = { ...run.question, status: 'expired' }
    const facts = factsOf(run)
    const verdict = judge(facts)
    judged(facts, verdict)
    if (verdict.kind === 'run') {
      admitted(facts, verdict)
      run.status = 'running'
      run.admittedAtMs = world.nowMs
    } else if (verdict.kind === 'ask') {
      run.status = 'awaiting_approval'
      if (run.question?.status !== 'pending') run.question = { status: 'pending', expiresAtMs: world.nowMs + verdict.timeoutMs }
    } else if (verdict.kind === 'refuse' && verdict.untilMs === null) run.status = 'refused'
  }
  for (const one of steps) {
    const waiting = world.runs.filter(({ status }) => status === 'awaiting_approval')
    const active = world.runs.filter(({ status }) => status === 'running')
    if (one.kind === 'wait') world.nowMs += one.minutes * MINUTE_MS
    if (one.kind === 'settings') Object.assign(world, { msp: one.msp, company: one.company })
    if (one.kind === 'end' && active.length > 0) Object.assign(active[one.pick % active.length]!, { status: one.status, endedAtMs: world.nowMs })
    if (one.kind === 'answer' && waiting.length > 0) {
      const run = waiting[one.pick % waiting.length]!
      if (one.yes) run.approvals = [...run.approvals, { ...one.by, atMs: world.nowMs }]
      if (run.question !== null) run.question = { ...run.question, status: one.yes ? 'approved' : 'refused' }
    }
    if (one.kind === 'request') {
      const book = runbooks.find(({ id }) => id === one.runbookId)!
      world.runs.push({
        status: 'planned', admittedAtMs: null, endedAtMs: null, question: null, approvals: [],
        facts: someFacts({ runbook: book, risk: book.risk, targets: one.assets.map((asset) => someTarget(asset)), trigger: one.by === null ? one.trigger : 'person', requester: one.by ?? { id: 'remediator', role: null, hands: [] }, requestedAtMs: world.nowMs, incident: one.incident, maintenance: one.maintenance ? ['w'] : [], knownAssets: ASSETS.length }),
      })
    }
    for (const run of world.runs) look(run)
  }
  return world
}

const overlap = (a: readonly string[], b: readonly string[]): boolean => a.some((asset) => b.includes(asset))
const names = ({ targets }: GuardFacts): string[] => targets.map(({ asset }) => asset)

describe('the guard over random histories', () => {
  it('never exceeds a limit, and never runs two on one asset', () => {
    let ran = 0
    fc.assert(fc.property(history, (one) => {
      play(one, (facts) => {
        ran += 1
        const { nowMs, past, company, msp, runbook: book } = facts
        const number = (name: 'maxRunsPerHour' | 'maxRunsPerAssetPerDay' | 'maxConcurrent' | 'maxTargets', unset: number): number => Math.min(msp[name] ?? unset, company[name] ?? Infinity)
        const active = past.filter(({ status }) => ACTIVE_STATUSES.includes(status))
        const since = (spanMs: number): PastRun[] => past.filter(({ startedAtMs }) => nowMs - startedAtMs < spanMs)
        expect(active.some((run) => overlap(run.assets, names(facts)))).toBe(false)
        expect(active.length + 1).toBeLessThanOrEqual(number('maxConcurrent', 5))
        expect(since(HOUR_MS).length + 1).toBeLessThanOrEqual(number('maxRunsPerHour', 20))
        expect(since(HOUR_MS).filter(({ runbookId }) => runbookId === book.id).length + 1).toBeLessThanOrEqual(book.limits.maxRunsPerHour)
        for (const asset of names(facts)) {
          const on = past.filter((run) => run.assets.includes(asset))
          expect(on.filter(({ startedAtMs }) => nowMs - startedAtMs < 24 * HOUR_MS).length + 1).toBeLessThanOrEqual(number('maxRunsPerAssetPerDay', 4))
          const same = on.filter(({ runbookId }) => runbookId === book.id)
          for (const { endedAtMs } of same) if (endedAtMs !== null) expect(nowMs - endedAtMs).toBeGreaterThanOrEqual(book.limits.cooldownMs)
          if (facts.trigger !== 'person') {
            const ends = same.filter(({ status }) => status === 'succeeded' || status === 'failed' || status === 'rolled_back').sort((a, b) => b.endedAtMs! - a.endedAtMs!)
            expect(ends.length >= book.limits.maxFailures && ends.slice(0, book.limits.maxFailures).every(({ status, endedAtMs }) => status !== 'succeeded' && !ends.some((end) => end.status === 'succeeded' && end.endedAtMs === endedAtMs))).toBe(false)
          }
        }
        expect(names(facts).length).toBeLessThanOrEqual(Math.min(number('maxTargets', 5), book.limits.maxTargets))
        const held = new Set([...active.flatMap((run) => run.assets), ...names(facts)]).size
        expect(held).toBeLessThanOrEqual(Math.max(1, Math.floor(Math.min(msp.maxBlastShare ?? 0.2, company.maxBlastShare ?? 1) * ASSETS.length)))
      })
    }), { numRuns: 400 })
    expect(ran).toBeGreaterThan(400)
  })

  it('never lets high risk run without an MSP Admin, who did not ask for it and is nobody who could have where four eyes are set', () => {
    let [high, barred] = [0, 0]
    fc.assert(fc.property(history, (one) => {
      play(one, (facts) => {
        const { runbook: book, msp, company, requester, approvals } = facts
        const base = msp.runbooks?.[book.id]?.risk ?? book.risk
        const counts = book.origin === 'draft' ? 'high' : riskRank(company.runbooks?.[book.id]?.risk ?? 'low') > riskRank(base) ? company.runbooks![book.id]!.risk! : base
        if (counts !== 'high') return
        high += 1
        const fourEyes = book.origin === 'draft' || book.approval?.fourEyes === true || (msp.fourEyes ?? true) || company.fourEyes === true
        const asked = facts.trigger === 'person' && requester.role === 'msp_admin' && !fourEyes
        // Whoever there is: nobody may be behind the request and behind the yes that lets it run.
        const isBehind = (somebody: string, account: { readonly id: string; readonly hands: readonly string[] }): boolean => account.id === somebody || account.hands.includes(somebody)
        const alone = (account: { readonly id: string; readonly hands: readonly string[] }): boolean => ['remediator', ...PEOPLE.map(({ id }) => id)].some((somebody) => isBehind(somebody, requester) && isBehind(somebody, account))
        expect(asked || approvals.some((one) => one.role === 'msp_admin' && (!fourEyes || !alone(one)))).toBe(true)
      }, (_, verdict) => {
        if (verdict.kind === 'ask' && verdict.code === 'same_hands') barred += 1
      })
    }), { numRuns: 400 })
    expect(high).toBeGreaterThan(20)
    expect(barred).toBeGreaterThan(20)
  })

  it('never lets a company lower a risk', () => {
    fc.assert(fc.property(runbook('a'), calm, calm, fc.boolean(), (book, msp, company, isByPerson) => {
      const facts = someFacts({ runbook: book, risk: 'low', msp, company, ...(isByPerson ? { trigger: 'person', requester: { id: 't', role: 'technician', hands: [] } } : {}) })
      const own = book.origin === 'draft' ? 'high' : msp.runbooks?.['a']?.risk ?? book.risk
      if (riskRank(own) > 0) expect(judge(facts).kind).not.toBe('run')
    }), { numRuns: 500 })
  })

  it('lets nothing run by itself but low risk in mode production or sandbox that was not switched off, and nothing of the analyst’s', () => {
    let alone = 0
    fc.assert(fc.property(history, (one) => {
      play(one, (facts, verdict) => {
        if (facts.trigger === 'person' || facts.approvals.length > 0) return
        alone += 1
        expect([facts.trigger, verdict.kind, facts.maintenance, facts.incident?.findings.includes('storm') ?? false, remediationLimits(facts.msp, facts.company).automaticLowRisk]).toEqual(['automatic', 'run', [], false, true])
      })
    }), { numRuns: 400 })
    expect(alone).toBeGreaterThan(20)
  })

  it('stops everything by either stop switch', () => {
    fc.assert(fc.property(history, fc.boolean(), (one, isMsp) => {
      play({ ...one, steps: one.steps.filter(({ kind }) => kind !== 'settings'), ...(isMsp ? { msp: { ...one.msp, stopped: true } } : { company: { ...one.company, stopped: true } }) }, () => expect.unreachable('ran though stopped'))
    }), { numRuns: 100 })
  })

  it('gives the same verdict for the same facts, a sentence that ends, and a code of the list', () => {
    fc.assert(fc.property(history, (one) => {
      play(one, () => undefined, (facts, verdict) => {
        expect(judge(structuredClone(facts))).toEqual(verdict)
        expect(verdict.why).toMatch(/[.]$/)
        if (verdict.kind !== 'run') expect(REASON_CODES).toContain(verdict.code)
        if (verdict.kind === 'refuse' && verdict.untilMs !== null) expect(verdict.untilMs).toBeGreaterThan(facts.nowMs)
      })
    }), { numRuns: 200 })
  })

  it('never allows by narrower settings of the company what the wider ones do not', () => {
    const rank = ({ kind }: Verdict): number => ['refuse', 'show', 'ask', 'run'].indexOf(kind)
    fc.assert(fc.property(history, settings, (one, narrower) => {
      play(one, () => undefined, (facts, verdict) => {
        const least = (name: 'maxRunsPerHour' | 'maxRunsPerAssetPerDay' | 'maxConcurrent' | 'maxBlastShare' | 'maxTargets' | 'approvalMinutes'): number | undefined => (facts.company[name] === undefined ? narrower[name] : Math.min(facts.company[name], narrower[name] ?? Infinity))
        const numbers = Object.fromEntries((['maxRunsPerHour', 'maxRunsPerAssetPerDay', 'maxConcurrent', 'maxBlastShare', 'maxTargets', 'approvalMinutes'] as const).flatMap((name) => (least(name) === undefined ? [] : [[name, least(name)]])))
        const policies = Object.fromEntries(['a', 'b', 'c'].map((id) => {
          const [own, more] = [facts.company.runbooks?.[id], narrower.runbooks?.[id]]
          return [id, { enabled: own?.enabled !== false && more?.enabled !== false, risk: RISKS[Math.max(riskRank(own?.risk ?? 'low'), riskRank(more?.risk ?? 'low'))]! }]
        }))
        const company: RemediationSettings = {
          ...numbers, runbooks: policies, stopped: facts.company.stopped === true || narrower.stopped === true, automaticLowRisk: facts.company.automaticLowRisk !== false && narrower.automaticLowRisk !== false,
          fourEyes: facts.company.fourEyes === true || narrower.fourEyes === true, freezes: [...facts.company.freezes ?? [], ...narrower.freezes ?? []],
        }
        expect(rank(judge({ ...facts, company }))).toBeLessThanOrEqual(rank(verdict))
      })
    }), { numRuns: 200 })
  })

  it('never allows more because more ran', () => {
    const rank = ({ kind }: Verdict): number => ['refuse', 'show', 'ask', 'run'].indexOf(kind)
    fc.assert(fc.property(history, fc.record({ asset: fc.constantFrom(...ASSETS), runbookId: fc.constantFrom('a', 'b', 'c'), minutesAgo: fc.nat(2_000) }), (one, { asset, runbookId, minutesAgo }) => {
      play(one, () => undefined, (facts, verdict) => {
        const startedAtMs = facts.nowMs - minutesAgo * MINUTE_MS
        const more: PastRun = { runId: 'more', runbookId, status: 'running', assets: [asset], machines: [], startedAtMs, endedAtMs: null, trigger: 'automatic' }
        expect(rank(judge({ ...facts, past: [...facts.past, more] }))).toBeLessThanOrEqual(rank(verdict))
      })
    }), { numRuns: 100 })
  })
})
