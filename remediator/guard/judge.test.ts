import { describe, expect, it } from 'vitest'
import { machineKey } from '../../schemas/guard-facts.ts'
import type { ReasonCode } from '../../schemas/runs.ts'
import { judge } from './judge.ts'
import type { GuardFacts } from './port.ts'
import { NOW_MS, pastRun, someFacts, someIncident, someRunbook, someTarget } from './test-facts.ts'

const MINUTE_MS = 60_000
const tech = { id: 'tech', role: 'technician', hands: [] } as const
const boss = { id: 'boss', role: 'company_admin', hands: [] } as const
const msp = { id: 'msp', role: 'msp_admin', hands: [] } as const
const medium = someRunbook({ risk: 'medium' })
const high = someRunbook({ risk: 'high' })
const draft = someRunbook({ origin: 'draft' })
const byPerson = (requester: GuardFacts['requester'], change: Partial<GuardFacts> = {}): GuardFacts => someFacts({ trigger: 'person', requester, ...change })
const yes = (who: { id: string; role: 'technician' | 'company_admin' | 'msp_admin'; hands: readonly string[] }, minutesAgo = 0) => ({ ...who, atMs: NOW_MS - minutesAgo * MINUTE_MS })
const active = (change: Parameters<typeof pastRun>[1] = {}) => pastRun(1, { status: 'running', endedAtMs: null, assets: ['other'], runbookId: 'x', ...change })

describe('what the guard refuses', () => {
  const frozen = { id: 'f', reason: 'year end', startsAt: new Date(NOW_MS - 1).toISOString(), endsAt: new Date(NOW_MS + 5_000).toISOString() }
  it.each<[string, ReasonCode, Partial<GuardFacts>, number | null]>([
    ['anything while the MSP has stopped all', 'stopped_globally', { msp: { stopped: true }, company: { stopped: true } }, null],
    ['anything while the company has stopped its own', 'stopped_company', { company: { stopped: true } }, null],
    ['a plan while all is stopped, in dry-run too', 'stopped_company', { company: { stopped: true }, mode: 'dry-run' }, null],
    ['a draft that no person asked for', 'draft_only_by_person', { runbook: draft }, null],
    ['a runbook the company switched off', 'runbook_disabled', { company: { runbooks: { 'disk-clean': { enabled: false } } } }, null],
    ['a runbook the MSP switched off though the company has it on', 'runbook_disabled', { msp: { runbooks: { 'disk-clean': { enabled: false } } }, company: { runbooks: { 'disk-clean': { enabled: true } } } }, null],
    ['a runbook that changed since the plan', 'runbook_changed', { currentDigest: 'd2' }, null],
    ['a runbook that is gone', 'runbook_changed', { currentDigest: null }, null],
    ['a run without a machine', 'target_unknown', { targets: [] }, null],
    ['one asset with two machines', 'target_ambiguous', { targets: [someTarget('web-01'), someTarget('WEB-01', { instanceId: 'i-2' })] }, null],
    ['more machines than the runbook takes', 'too_many_targets', { runbook: someRunbook({ limits: { maxRunsPerHour: 9, cooldownMs: 0, maxTargets: 1, maxFailures: 3 } }), targets: [someTarget('a'), someTarget('b')] }, null],
    ['more machines than the company allows', 'too_many_targets', { company: { maxTargets: 1 }, targets: [someTarget('a'), someTarget('b')] }, null],
    ['a machine of another system', 'system_unsupported', { runbook: someRunbook({ systems: ['windows'] }) }, null],
    ['an account that is not known', 'no_cloud_account', { accounts: [] }, null],
    ['an account of another company', 'target_foreign', { accounts: [{ id: 'acc-1', companyId: 'c2', environment: 'production', enabled: true }] }, null],
    ['an account that is off', 'cloud_account_off', { accounts: [{ id: 'acc-1', companyId: 'c1', environment: 'production', enabled: false }] }, null],
    ['a production account in mode sandbox', 'no_cloud_account', { mode: 'sandbox' }, null],
    ['a sandbox account in mode production', 'no_cloud_account', { targets: [someTarget('web-01', { cloudAccountId: 'acc-box' })] }, null],
    ['everything in a freeze, approved or not', 'freeze', { ...byPerson(msp), company: { freezes: [frozen] }, approvals: [yes(msp)] }, NOW_MS + 5_000],
    ['an automatic run while a maintenance window is open', 'maintenance', { maintenance: ['patch-day'] }, null],
    ['a run for an incident that was merged', 'incident_merged', { ...byPerson(msp), incident: someIncident({ mergedInto: 'i2' }) }, null],
    ['a run for a closed incident', 'incident_over', { ...byPerson(msp), incident: someIncident({ status: 'closed' }) }, null],
    ['an automatic run for a resolved incident', 'incident_over', { incident: someIncident({ status: 'resolved' }) }, null],
    ['an automatic run for a problem that cleared', 'incident_over', { incident: someIncident({ problem: { status: 'resolved', isSuppressed: false, suppression: null, flapping: false } }) }, null],
    ['an automatic run for a quiet problem', 'problem_quiet', { incident: someIncident({ problem: { status: 'firing', isSuppressed: true, suppression: 'silence', flapping: false } }) }, null],
    ['an automatic run for a flapping problem', 'problem_flapping', { incident: someIncident({ problem: { status: 'firing', isSuppressed: false, suppression: null, flapping: true } }) }, null],
    ['an automatic run in a flapping incident', 'problem_flapping', { incident: someIncident({ findings: ['flapping'] }) }, null],
    ['an automatic run in a storm', 'storm', { incident: someIncident({ findings: ['cascade', 'storm'] }) }, null],
    ['what somebody said no to', 'approval_refused', { question: { status: 'refused', expiresAtMs: NOW_MS + 1 } }, null],
    ['what nobody answered in time', 'approval_expired', { runbook: medium, question: { status: 'pending', expiresAtMs: NOW_MS } }, null],
    ['what nobody chose a machine for in time', 'approval_expired', { targets: [], candidates: 2, question: { status: 'expired', expiresAtMs: NOW_MS } }, null],
    ['what was approved long ago', 'approval_expired', { runbook: medium, question: { status: 'approved', expiresAtMs: NOW_MS }, approvals: [yes(boss, 60)] }, null],
    ['what a person asked for long ago', 'approval_expired', byPerson(tech, { requestedAtMs: NOW_MS - 60 * MINUTE_MS }), null],
    ['a third try after three failures', 'repeated_failures', { runbook: someRunbook({ limits: { maxRunsPerHour: 9, cooldownMs: 0, maxTargets: 1, maxFailures: 2 } }), past: [pastRun(30, { status: 'failed' }), pastRun(20, { status: 'cancelled' }), pastRun(10, { status: 'rolled_back' })] }, null],
    ['a second run on one asset', 'asset_busy', { ...byPerson(msp), past: [active({ assets: ['Web-01'] })] }, NOW_MS + 30_000],
    ['a second run on one machine that an alert calls by another name', 'asset_busy', { ...byPerson(msp), past: [active({ assets: ['web-01.example.com'], machines: [machineKey(someTarget())] })] }, NOW_MS + 30_000],
    ['one machine named twice', 'target_ambiguous', { targets: [someTarget('web-01'), someTarget('web-one', { instanceId: 'i-web-01' })] }, null],
    ['a fifth run on a machine within a day, whatever it was called', 'asset_limit', { past: [600, 500, 400, 1].map((minutes) => pastRun(minutes, { runbookId: 'x', assets: [`name-${minutes}`], machines: [machineKey(someTarget())] })) }, NOW_MS + (24 * 60 - 600) * MINUTE_MS],
    ['a run within the cool-down', 'cooldown', { runbook: someRunbook({ limits: { maxRunsPerHour: 9, cooldownMs: 20 * MINUTE_MS, maxTargets: 1, maxFailures: 3 } }), past: [pastRun(10)] }, NOW_MS + 10 * MINUTE_MS + 30_000],
    ['a fifth run on an asset within a day', 'asset_limit', { past: [600, 500, 400, 1].map((minutes) => pastRun(minutes, { runbookId: 'x' })) }, NOW_MS + (24 * 60 - 600) * MINUTE_MS],
    ['more runs of the runbook than it allows an hour', 'runbook_limit', { runbook: someRunbook({ limits: { maxRunsPerHour: 1, cooldownMs: 0, maxTargets: 1, maxFailures: 3 } }), past: [pastRun(10, { assets: ['other'] })] }, NOW_MS + 50 * MINUTE_MS],
    ['more runs than the company allows an hour', 'company_limit', { company: { maxRunsPerHour: 1 }, past: [pastRun(10, { assets: ['other'], runbookId: 'x' })] }, NOW_MS + 50 * MINUTE_MS],
    ['more runs than the company allows at once', 'company_limit', { msp: { maxConcurrent: 1 }, past: [active()] }, NOW_MS + 30_000],
    ['too large a share of the company', 'blast_radius', { knownAssets: 9, past: [active()] }, NOW_MS + 30_000],
    ['too large a share in one run', 'blast_radius', { knownAssets: 9, targets: [someTarget('a'), someTarget('b')] }, null],
    ['a person whose role may not run anything', 'role_insufficient', byPerson({ id: 'v', role: 'viewer', hands: [] }), null],
  ])('refuses %s', (_, code, change, untilMs) => {
    expect(judge(someFacts(change))).toMatchObject({ kind: 'refuse', code, untilMs })
  })
})

describe('what the guard lets run', () => {
  it.each<[string, Partial<GuardFacts>]>([
    ['low risk by itself in mode production', {}],
    ['low risk by itself against a sandbox account in mode sandbox', { mode: 'sandbox', targets: [someTarget('web-01', { cloudAccountId: 'acc-box' })] }],
    ['low risk for a technician in a storm, a maintenance window, with the switch off', byPerson(tech, { incident: someIncident({ findings: ['storm', 'flapping'] }), maintenance: ['m'], company: { automaticLowRisk: false } })],
    ['low risk for a technician after repeated failures', byPerson(tech, { past: [1, 2, 3].map((minutes) => pastRun(minutes, { status: 'failed' })) })],
    ['automatically again after a success', { past: [pastRun(40, { status: 'failed' }), pastRun(30, { status: 'failed' }), pastRun(20)] }],
    ['medium risk for a company admin', byPerson(boss, { runbook: medium })],
    ['medium risk with the yes of a company admin', { runbook: medium, approvals: [yes(boss)] }],
    ['high risk with the yes of an MSP Admin who did not ask', byPerson(boss, { runbook: high, approvals: [yes(msp)] })],
    ['high risk for an MSP Admin where the MSP gave up four eyes', byPerson(msp, { runbook: high, msp: { fourEyes: false } })],
    ['high risk with the yes of an account of its own beside one that is not', byPerson({ ...tech, hands: ['eve'] }, { runbook: high, approvals: [yes({ ...msp, hands: ['eve'] }), yes({ ...msp, id: 'bob' })] })],
    ['high risk where different people set the two accounts', byPerson({ ...tech, hands: ['eve'] }, { runbook: high, approvals: [yes({ ...msp, hands: ['bob'] })] })],
    ['medium risk, which needs no second person, whoever set the account', byPerson(tech, { runbook: medium, approvals: [yes({ ...boss, hands: ['tech'] })] })],
    ['on one asset, however small the company', { knownAssets: 1 }],
    ['what the switch leaves to people, with their yes', { company: { automaticLowRisk: false }, approvals: [yes(tech)] }],
    ['without an incident', { ...byPerson(tech), incident: null }],
  ])('runs %s', (_, change) => {
    expect(judge(someFacts(change))).toMatchObject({ kind: 'run' })
  })
})

describe('whom the guard asks', () => {
  it.each<[string, ReasonCode, string, Partial<GuardFacts>]>([
    ['a company admin for medium risk', 'risk_needs_approval', 'company_admin', { runbook: medium }],
    ['an MSP Admin for high risk', 'risk_needs_approval', 'msp_admin', { runbook: high }],
    ['an MSP Admin where the company raised the risk', 'risk_needs_approval', 'msp_admin', { company: { runbooks: { 'disk-clean': { risk: 'high' } } } }],
    ['an MSP Admin though the company lowered the risk', 'risk_needs_approval', 'msp_admin', { runbook: high, company: { runbooks: { 'disk-clean': { risk: 'low' } } } }],
    ['a company admin where the MSP lowered a high risk', 'risk_needs_approval', 'company_admin', { runbook: high, risk: 'medium', msp: { runbooks: { 'disk-clean': { risk: 'medium' } } } }],
    ['whoever the runbook wants, though its risk is low', 'risk_needs_approval', 'company_admin', { runbook: someRunbook({ approval: { role: 'company_admin', timeoutMs: MINUTE_MS, fourEyes: false } }) }],
    ['an MSP Admin where a runbook of high risk wants less', 'risk_needs_approval', 'msp_admin', { runbook: { ...high, approval: { role: 'company_admin', timeoutMs: MINUTE_MS, fourEyes: false } } }],
    ['a technician where low risk does not run by itself', 'automatic_off', 'technician', { company: { automaticLowRisk: false } }],
    ['a technician where the MSP switched it off and the company on', 'automatic_off', 'technician', { msp: { automaticLowRisk: false }, company: { automaticLowRisk: true } }],
    ['a technician about what the analyst named', 'risk_needs_approval', 'technician', { trigger: 'analyst' }],
    ['a technician where somebody works on the incident', 'person_at_work', 'technician', { incident: someIncident({ status: 'in_progress' }) }],
    ['somebody else where an MSP Admin asks for high risk', 'four_eyes', 'msp_admin', byPerson(msp, { runbook: high })],
    ['somebody else where an MSP Admin approved their own run', 'four_eyes', 'msp_admin', byPerson(msp, { runbook: high, question: { status: 'approved', expiresAtMs: NOW_MS + 1 }, approvals: [yes(msp)] })],
    ['somebody whose account is their own where who asked set that of who approved', 'same_hands', 'msp_admin', byPerson(boss, { runbook: high, approvals: [yes({ ...msp, hands: ['boss'] })] })],
    ['somebody whose account is their own where who approved set that of who asked', 'same_hands', 'msp_admin', byPerson({ ...tech, hands: ['msp'] }, { runbook: high, approvals: [yes(msp)] })],
    ['somebody whose account is their own where a third set both', 'same_hands', 'msp_admin', byPerson({ ...tech, hands: ['eve'] }, { runbook: high, approvals: [yes({ ...msp, hands: ['eve'] })] })],
    ['somebody else for a draft, whatever the settings', 'four_eyes', 'msp_admin', byPerson(msp, { runbook: draft, risk: 'low', msp: { fourEyes: false, runbooks: { 'disk-clean': { risk: 'low' } } } })],
    ['which machine is meant where several fit', 'target_ambiguous', 'technician', { targets: [], candidates: 2 }],
    ['an MSP Admin which machine is meant where the risk is high', 'target_ambiguous', 'msp_admin', byPerson(msp, { runbook: high, targets: [], candidates: 2 })],
    ['somebody higher where a technician said yes to medium risk', 'role_insufficient', 'company_admin', { runbook: medium, approvals: [yes(tech)] }],
    ['a company admin where a technician asks for medium risk', 'risk_needs_approval', 'company_admin', byPerson(tech, { runbook: medium })],
  ])('asks %s', (_, code, role, change) => {
    expect(judge(someFacts(change))).toMatchObject({ kind: 'ask', code, role })
  })

  it('gives the shorter of the two times to answer', () => {
    const runbook = someRunbook({ approval: { role: 'msp_admin', timeoutMs: 5 * MINUTE_MS, fourEyes: true } })
    expect(judge(someFacts({ runbook }))).toMatchObject({ kind: 'ask', timeoutMs: 5 * MINUTE_MS, fourEyes: true })
    expect(judge(someFacts({ runbook: high, company: { approvalMinutes: 10 } }))).toMatchObject({ kind: 'ask', timeoutMs: 10 * MINUTE_MS, fourEyes: true })
  })
})

describe('modes', () => {
  it.each<[string, ReasonCode, Partial<GuardFacts>, RegExp]>([
    ['demo', 'mode_demo', { mode: 'demo' }, /simulated/],
    ['dry-run, with what production would do', 'mode_dry_run', { mode: 'dry-run' }, /it would run/],
    ['dry-run, with whom production would ask', 'mode_dry_run', { mode: 'dry-run', runbook: high }, /asked of people \(risk_needs_approval\)/],
    ['dry-run, with why production would refuse', 'mode_dry_run', { mode: 'dry-run', maintenance: ['m'] }, /refused \(maintenance\)/],
    ['a replay, whatever the mode', 'mode_dry_run', { trigger: 'replay' }, /replay/],
  ])('only shows in %s', (_, code, change, why) => {
    const verdict = judge(someFacts(change))
    expect(verdict).toMatchObject({ kind: 'show', code })
    expect(verdict.why).toMatch(why)
  })
})
