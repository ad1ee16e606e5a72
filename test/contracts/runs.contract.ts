/** What the store of runs must do, on either engine: written down once, in one pair of hands, admitted by what is true in that very moment, and told with every change. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Caller } from '../../schemas/access.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import type { StoredFacts, Verdict } from '../../schemas/guard-facts.ts'
import type { HeldRun } from '../../schemas/run-work.ts'
import type { Role } from '../../schemas/settings.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { projectBatch } from '../../storage/projection/project-batch.ts'
import { getIncident } from '../../storage/queries/incidents.ts'
import { approvalStore } from '../../storage/remediation/approval-store.ts'
import { OUTPUT_BYTES } from '../../storage/remediation/output.ts'
import { LEASE_MS } from '../../storage/remediation/run-save.ts'
import { openRunStore, type RunStore } from '../../storage/remediation/run-store.ts'
import { incident, placed } from '../harness/incident-records.ts'
import { newRun, runbook, target } from '../harness/runs-world.ts'
import type { EmptyDatabase } from './database.contract.ts'

const START_MS = Date.UTC(2026, 2, 1, 12)
const RUN: Verdict = { kind: 'run', why: 'low risk runs by itself' }
const allow = (): Verdict => RUN
const ask = (role: 'technician' | 'company_admin' | 'msp_admin' = 'company_admin', fourEyes = false): Verdict => ({ kind: 'ask', code: 'risk_needs_approval', why: 'medium risk', role, fourEyes, timeoutMs: 600_000 })
const YES = { yes: true, comment: null, instanceId: null }

function person(role: Role, id: string = role, companyIds: readonly string[] = ['c1']): Caller {
  return { kind: 'user', id, name: id, ip: '10.0.0.1', scope: { role, userId: id, companyIds: role === 'msp_admin' ? 'all' : companyIds } }
}

/** Runs the suite over an engine. */
export function runsContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`runs on ${engineName}`, () => {
    let empty: EmptyDatabase
    let database: Database
    /** The audit log is only ever appended to, so each test looks at what came after it began. */
    let auditFrom: number
    let clock: TestClock
    let store: RunStore
    let approvals: ReturnType<typeof approvalStore>
    const admin = person('msp_admin')

    beforeAll(async () => {
      empty = await make()
      database = await openDatabase({ ...empty.options, clock: systemClock })
    })
    afterAll(async () => {
      await database.close()
      await empty.drop()
    })
    beforeEach(async () => {
      await database.query('truncate incidents, problems, incident_timeline, commands, outbox; delete from runs; delete from remediation_settings; delete from cloud_accounts; delete from assets; delete from user_companies; delete from users; delete from companies')
      await database.query(`insert into companies (id, name, created_at, updated_at) values ('c1', 'Acme', now(), now()), ('c2', 'Bolt', now(), now())`)
      await database.query(`insert into users (id, email, name, role, password_hash, created_at, updated_at) select id, id || '@x', initcap(id), role, '', now(), now()
        from (values ('msp_admin', 'msp_admin'), ('ca', 'company_admin'), ('te', 'technician')) as u (id, role)`)
      await database.query(`insert into user_companies values ('ca', 'c1'), ('te', 'c1')`)
      auditFrom = (await database.query<{ id: number }>('select coalesce(max(id), 0)::float8 as id from audit_log'))[0]!.id
      clock = new TestClock(START_MS)
      store = openRunStore(database, { clock, changed: () => undefined, ceiling: 'production' })
      approvals = approvalStore(database, { clock, decided: () => undefined })
    })

    const claimOne = async (worker = 'w1'): Promise<HeldRun> => {
      const [held, ...others] = await store.claim(worker, 1)
      expect(others).toEqual([])
      if (held === undefined) throw new Error('nothing is due')
      return held
    }
    const queued = async (id: string, worker = 'w1'): Promise<HeldRun> => {
      const { run } = await store.admit(await claimOne(worker), allow, null)
      expect(run).toMatchObject({ id, status: 'queued' })
      return run!
    }
    const events = async (): Promise<readonly { event: string; status: string; version: number }[]> => (await database.query<{ record: { event: string; status: string; version: number } }>(`select record from outbox where topic = 'runs.v1' order by id`)).map(({ record }) => record)
    const actions = async (): Promise<string[]> => (await database.query<{ action: string }>('select action from audit_log where id > $1 order by id', [auditFrom])).map(({ action }) => action)

    it('writes a run down once for one key, with its commands, its event and its line of audit', async () => {
      const made = await store.create(admin, newRun('r1'), { key: 'k', request: { a: 1 } })
      expect(made).toEqual({ id: 'r1', isNew: true })
      expect(await store.create(admin, newRun('r2'), { key: 'k', request: { a: 1 } })).toEqual({ id: 'r1', isNew: false })
      await expect(store.create(admin, newRun('r3'), { key: 'k', request: { a: 2 } })).rejects.toMatchObject({ code: 'conflict' })
      expect(await store.create(person('company_admin'), newRun('r4'), { key: 'k', request: { a: 2 } })).toMatchObject({ isNew: true })
      const shown = await store.get(admin.scope, 'r1')
      expect(shown).toMatchObject({ status: 'planned', requestedBy: { kind: 'user', id: 'msp_admin' }, runbookDigest: 'd'.repeat(64), startedAt: null, plan: { targets: [{ asset: 'web-r1' }] } })
      expect(shown.commands.map(({ seq, stepId, phase, status }) => [seq, stepId, phase, status])).toEqual([[0, 'clean', 'step', 'pending'], [1, 'verify', 'verify', 'pending']])
      expect((await events()).map(({ event }) => event)).toEqual(['planned', 'planned'])
      expect(await actions()).toEqual(['run.planned', 'run.planned'])
    })

    it('gives the same run to many who ask at once with one key', async () => {
      const made = await Promise.all(Array.from({ length: 8 }, (_, n) => store.create(admin, newRun(`r${n}`), { key: 'k', request: 1 })))
      expect(new Set(made.map(({ id }) => id)).size).toBe(1)
      expect(made.filter(({ isNew }) => isNew)).toHaveLength(1)
    })

    it('keeps companies apart, and lets readers read only', async () => {
      await database.transaction((sql) => projectBatch(sql, [incident('x', 10, { assignee: 'somebody' }), placed('x', 'k1', 10)]))
      await store.create(null, newRun('r1'), null)
      await store.create(null, newRun('r2', { companyId: 'c2' }), null)
      await store.create(null, newRun('r3', { incidentId: 'x', problemKey: 'k1' }), null)
      const seen = async (caller: Caller): Promise<string[]> => (await store.list(caller.scope, { companyId: null, incidentId: null, runbookId: null, statuses: [], limit: 10, cursor: null })).items.map(({ id }) => id).sort()
      expect(await seen(admin)).toEqual(['r1', 'r2', 'r3'])
      expect(await seen(person('company_admin'))).toEqual(['r1', 'r3'])
      expect(await seen(person('technician'))).toEqual(['r1'])
      expect(await seen(person('technician', 'somebody'))).toEqual(['r1', 'r3'])
      expect(await seen(person('viewer', 'v', ['c2']))).toEqual(['r2'])
      await expect(store.get(person('company_admin').scope, 'r2')).rejects.toMatchObject({ code: 'not_found' })
      await expect(store.output(person('technician').scope, 'r3', null)).rejects.toMatchObject({ code: 'not_found' })
      await expect(store.cancel(person('company_admin'), 'r2')).rejects.toMatchObject({ code: 'not_found' })
      await expect(store.cancel(person('viewer'), 'r1')).rejects.toMatchObject({ code: 'forbidden' })
      await expect(store.create(person('viewer'), newRun('r5'), null)).rejects.toMatchObject({ code: 'forbidden' })
      await expect(store.create(person('company_admin'), newRun('r6', { companyId: 'c2' }), null)).rejects.toMatchObject({ code: 'not_found' })
      await expect(store.create(person('technician'), newRun('r7', { incidentId: 'x' }), null)).rejects.toMatchObject({ code: 'not_found' })
      expect((await getIncident(database, admin.scope, 'x')).runs.map(({ id }) => id)).toEqual(['r3'])
      await expect(store.create(null, newRun('r8', { companyId: 'c2', incidentId: 'x' }), null)).rejects.toMatchObject({ code: 'not_found' })
    })

    it('lists by page, without loss or repeat', async () => {
      for (let n = 0; n < 5; n += 1) await store.create(null, newRun(`r${n}`), null)
      const ids: string[] = []
      let cursor: string | null = null
      do {
        const page: Awaited<ReturnType<RunStore['list']>> = await store.list(admin.scope, { companyId: 'c1', incidentId: null, runbookId: 'disk-clean', statuses: ['planned'], limit: 2, cursor })
        ids.push(...page.items.map(({ id }) => id))
        cursor = page.next
      } while (cursor !== null)
      expect(ids.sort()).toEqual(['r0', 'r1', 'r2', 'r3', 'r4'])
    })

    it('gives a run to one worker at a time, and to another once the lease is over; who lost it writes nothing', async () => {
      await store.create(null, newRun('r1'), null)
      const first = await claimOne('w1')
      expect(await store.claim('w2', 5)).toEqual([])
      clock.tick(LEASE_MS)
      const second = await claimOne('w2')
      expect(second.version).toBeGreaterThan(first.version)
      expect(await store.save(first, { message: 'late', word: { action: 'note', text: 'late', judgedVersion: null }, dueAtMs: null })).toBeNull()
      expect((await store.admit(first, allow, null)).run).toBeNull()
      expect(await store.save(second, { message: 'mine', dueAtMs: null })).toMatchObject({ message: 'mine', version: second.version + 1 })
      expect((await events()).map(({ event }) => event)).toEqual(['planned'])
      expect(await database.query('select 1 from run_locks')).toEqual([])
    })

    it('shares what is due between workers that ask at once, and takes turns between companies', async () => {
      for (let n = 0; n < 6; n += 1) await store.create(null, newRun(`a${n}`), null)
      await store.create(null, newRun('b0', { companyId: 'c2' }), null)
      const first = await store.claim('w0', 2)
      expect(first.map(({ companyId }) => companyId).sort()).toEqual(['c1', 'c2'])
      const rest = await Promise.all(Array.from({ length: 4 }, (_, n) => store.claim(`w${n + 1}`, 3)))
      const ids = rest.flat().map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids).toHaveLength(5)
    })

    it('never lets two runs have one asset or one machine, whatever the judge says', async () => {
      await store.create(null, newRun('r1', { targets: [target('web-1')] }), null)
      await store.create(null, newRun('r2', { targets: [target('WEB-1', { instanceId: 'i-other' })] }), null)
      await store.create(null, newRun('r3', { targets: [target('alias', { instanceId: 'i-web-1' }), target('another', { instanceId: 'i-other' })] }), null)
      await store.create(null, newRun('r4', { companyId: 'c2', targets: [target('web-1', { cloudAccountId: 'acct-2' })] }), null)
      const held = await store.claim('w1', 10)
      const judged = await Promise.all(held.map((run) => store.admit(run, allow, null)))
      const of = (id: string): (typeof judged)[number] => judged[held.findIndex((run) => run.id === id)]!
      expect(['r1', 'r2', 'r3'].filter((id) => of(id).verdict.kind === 'run')).toHaveLength(1)
      expect(of('r4').run?.status).toBe('queued')
      for (const id of ['r1', 'r2', 'r3'].filter((one) => of(one).verdict.kind !== 'run')) expect(of(id).verdict).toMatchObject({ kind: 'refuse', code: 'asset_busy' })
      const locks = await database.query<{ run_id: string }>(`select distinct run_id from run_locks where company_id = 'c1'`)
      expect(locks).toHaveLength(1)
      // It waits, and comes in once the first has ended.
      const winner = of(locks[0]!.run_id).run!
      await store.save(winner, { status: 'failed', outcome: 'failed', code: 'x', message: 'x', isTold: true, dueAtMs: clock.now() })
      expect(await database.query(`select 1 from run_locks where company_id = 'c1'`)).toEqual([])
      clock.tick(5_000)
      const [again] = await store.claim('w1', 1)
      expect((await store.admit(again!, allow, null)).run).toMatchObject({ status: 'queued' })
    })

    it('judges by what is true in the transaction that admits, so that many at once never pass a limit', async () => {
      for (let n = 0; n < 8; n += 1) await store.create(null, newRun(`r${n}`), null)
      const limit = (facts: StoredFacts): Verdict => (facts.past.filter(({ status }) => status === 'queued').length < 3 ? RUN : { kind: 'refuse', code: 'company_limit', why: 'too many', untilMs: null })
      const held = await store.claim('w1', 10)
      const judged = await Promise.all(held.map((run) => store.admit(run, limit, null)))
      expect(judged.filter(({ run }) => run?.status === 'queued')).toHaveLength(3)
      expect(judged.filter(({ run }) => run?.status === 'refused')).toHaveLength(5)
    })

    it('hands the judge the incident, the problem, the settings, the accounts, and the runs of before', async () => {
      await database.transaction((sql) => projectBatch(sql, [incident('x', 10, { assignee: 'u9' }), placed('x', 'k1', 10, { flapping: true })]))
      await database.query(`insert into remediation_settings (company_id, settings, revision, updated_by, updated_at) values ('', '{"maxConcurrent":9}', 1, '{}', now()), ('c1', '{"stopped":true,"stoppedReason":"audit"}', 1, '{}', now())`)
      await database.query(`insert into cloud_accounts (id, company_id, cloud, name, environment, enabled, fields, created_at, updated_at) values ('acct-1', 'c1', 'aws', 'main', 'sandbox', true, '{}', now(), now())`)
      await database.query(`insert into assets (id, company_id, name, created_at, updated_at) values ('a1', 'c1', 'web-1', now(), now())`)
      await store.create(null, newRun('old', { targets: [target('web-1')] }), null)
      await store.save(await queued('old'), { status: 'failed', outcome: 'failed', code: 'x', isTold: true, dueAtMs: clock.now() })
      clock.tick(30 * 86_400_000)
      await store.create(null, newRun('simulated', { mode: 'demo', targets: [target('web-1')] }), null)
      await store.save(await queued('simulated'), { status: 'failed', outcome: 'failed', isTold: true, dueAtMs: clock.now() })
      await store.create(admin, newRun('r1', { incidentId: 'x', problemKey: 'k1', targets: [target('web-1')] }), null)
      const held = await claimOne()
      expect(held.stop).toEqual({ code: 'stopped_company', reason: 'audit' })
      let facts: StoredFacts | null = null
      await store.admit(held, (given) => {
        facts = given
        return RUN
      }, null)
      expect(facts).toMatchObject({
        companyId: 'c1', requester: { id: 'msp_admin', role: 'msp_admin' }, question: null, approvals: [], knownAssets: 1, msp: { maxConcurrent: 9 }, company: { stopped: true },
        accounts: [{ id: 'acct-1', companyId: 'c1', environment: 'sandbox', enabled: true }], past: [{ runId: 'old', status: 'failed', assets: ['web-1'] }],
        incident: { status: 'open', assignee: 'u9', mergedInto: null, problem: { status: 'firing', flapping: true, isSuppressed: false } },
      })
    })

    it('asks once, counts a yes for that plan alone, and says who gave it', async () => {
      await store.create(admin, newRun('r1'), null)
      const asked = (await store.admit(await claimOne(), () => ask(), null)).run!
      expect(asked).toMatchObject({ status: 'awaiting_approval', code: 'risk_needs_approval' })
      const lookAgain = (): Promise<unknown> => database.query(`update runs set due_at = to_timestamp(0)`)
      await lookAgain()
      expect((await store.admit(await claimOne(), () => ask(), null)).run).toMatchObject({ status: 'awaiting_approval' })
      const page = await approvals.list(admin.scope, { companyId: 'c1', incidentId: null, status: 'pending', limit: 10, cursor: null })
      expect(page.items).toHaveLength(1)
      const id = page.items[0]!.id
      await expect(approvals.decide(person('technician'), id, YES, 'api')).rejects.toMatchObject({ code: 'forbidden' })
      await expect(approvals.decide(person('company_admin', 'x', ['c2']), id, YES, 'api')).rejects.toMatchObject({ code: 'not_found' })
      expect(await approvals.decide(person('company_admin', 'ca'), id, { ...YES, comment: 'go' }, 'api')).toMatchObject({ status: 'approved', decidedBy: { id: 'ca' }, comment: 'go', via: 'api' })
      await expect(approvals.decide(admin, id, YES, 'api')).rejects.toMatchObject({ code: 'conflict' })
      const held = await claimOne()
      let seen: StoredFacts | null = null
      await store.admit(held, (facts) => {
        seen = facts
        return RUN
      }, null)
      expect(seen).toMatchObject({ question: { status: 'approved' }, approvals: [{ id: 'ca', role: 'company_admin' }] })
      expect(await actions()).toEqual(['run.planned', 'run.asked', 'run.approve', 'run.admitted'])

      await store.create(admin, newRun('r2'), null)
      const other = (await store.admit((await store.claim('w2', 5)).find((run) => run.id === 'r2')!, () => ask(), null)).run!
      const [question] = (await approvals.list(admin.scope, { companyId: 'c1', incidentId: null, status: 'pending', limit: 10, cursor: null })).items
      await lookAgain()
      const replanned = (await store.save((await store.claim('w2', 5)).find((run) => run.id === 'r2')!, { plan: { ...other.plan, inputs: { volume: '/' } }, dueAtMs: null }))!
      expect(replanned.planDigest).not.toBe(other.planDigest)
      await expect(approvals.decide(admin, question!.id, YES, 'api')).rejects.toMatchObject({ code: 'conflict' })
      await store.admit(replanned, (facts) => {
        seen = facts
        return ask()
      }, null)
      expect(seen).toMatchObject({ question: null, approvals: [] })
    })

    it('takes no answer from who asked where four eyes are needed, nor after its time', async () => {
      await store.create(admin, newRun('r1'), null)
      await store.admit(await claimOne(), () => ask('msp_admin', true), null)
      const [question] = (await approvals.list(admin.scope, { companyId: null, incidentId: null, status: null, limit: 10, cursor: null })).items
      await expect(approvals.decide(admin, question!.id, YES, 'api')).rejects.toMatchObject({ code: 'forbidden' })
      clock.tick(600_000)
      await expect(approvals.decide(person('msp_admin', 'other'), question!.id, YES, 'api')).rejects.toMatchObject({ code: 'conflict' })
      const held = await claimOne()
      await store.expire(held)
      expect((await store.get(admin.scope, 'r1')).approvals).toMatchObject([{ status: 'expired' }])
    })

    it('lets a link decide once, for its own person, and only while they may', async () => {
      await store.create(null, newRun('r1'), null)
      await store.admit(await claimOne(), () => ask(), null)
      const [question] = (await approvals.list(admin.scope, { companyId: null, incidentId: null, status: null, limit: 10, cursor: null })).items
      await expect(approvals.link(person('company_admin', 'ca'), question!.id, 'te')).rejects.toMatchObject({ code: 'forbidden' })
      const token: Caller = { kind: 'token', id: 'admin-token', name: 'token', ip: null, scope: admin.scope }
      await expect(approvals.link(token, question!.id, 'te')).rejects.toMatchObject({ code: 'forbidden' })
      const link = await approvals.link(token, question!.id, 'ca')
      const stored = JSON.stringify(await database.query('select encode(token_hash, \'hex\') as hash, approval_id, user_id from approval_links'))
      expect(stored).not.toContain(link.token)
      expect(await approvals.byLink('nonsense')).toBeNull()
      expect(await approvals.byLink(link.token)).toMatchObject({ name: 'Ca', approval: { status: 'pending' }, run: { id: 'r1' } })
      await database.query(`update users set disabled_at = now() where id = 'ca'`)
      expect(await approvals.byLink(link.token)).toBeNull()
      await expect(approvals.decideByLink(link.token, YES, '10.1.1.1')).rejects.toMatchObject({ code: 'not_found' })
      await database.query(`update users set disabled_at = null where id = 'ca'`)
      const twice = await Promise.allSettled([approvals.decideByLink(link.token, YES, '10.1.1.1'), approvals.decideByLink(link.token, { ...YES, yes: false }, '10.1.1.2')])
      expect(twice.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect((await store.get(admin.scope, 'r1')).approvals).toMatchObject([{ via: 'link', decidedBy: { id: 'ca' } }])
      await expect(approvals.decideByLink(link.token, YES, '10.1.1.1')).rejects.toMatchObject({ code: 'not_found' })
    })

    it('takes the machine that a person chose from the candidates alone', async () => {
      const run = newRun('r1')
      await store.create(null, { ...run, plan: { ...run.plan, targets: [], commands: [], candidates: [target('web-1'), target('web-2')] } }, null)
      await store.admit(await claimOne(), () => ({ kind: 'ask', code: 'target_ambiguous', why: 'which?', role: 'technician', fourEyes: false, timeoutMs: 1_000 }), null)
      const [question] = (await approvals.list(admin.scope, { companyId: null, incidentId: null, status: null, limit: 10, cursor: null })).items
      expect(question).toMatchObject({ question: 'target' })
      await expect(approvals.decide(admin, question!.id, { ...YES, instanceId: 'i-foreign' }, 'api')).rejects.toMatchObject({ code: 'bad_request' })
      await approvals.decide(person('technician'), question!.id, { ...YES, instanceId: 'i-web-2' }, 'chat')
      clock.tick(LEASE_MS)
      expect((await claimOne()).approvals).toMatchObject([{ status: 'approved', target: { asset: 'web-2' } }])
    })

    it('writes intent, sending and end of a command, each with its event and its line of audit, and says what it cut of the output', async () => {
      await store.create(null, newRun('r1'), null)
      const held = await queued('r1')
      const started = (await store.admit(held, allow, { status: 'running', command: { seq: 0, status: 'sending' }, event: { kind: 'step_started', stepId: 'clean', asset: 'web-r1' }, dueAtMs: null })).run!
      expect(started).toMatchObject({ status: 'running', startedAtMs: START_MS, commands: [{ status: 'sending', intentAtMs: START_MS }, { status: 'pending' }] })
      const sent = (await store.save(started, { command: { seq: 0, status: 'sent', ref: { commandId: 'c-1' } }, dueAtMs: null }))!
      const going = (await store.save(sent, { command: { seq: 0, status: 'sent', stdout: 'half\n', stderr: '' }, isDurable: false, dueAtMs: null }))!
      expect(await store.output(admin.scope, 'r1', null)).toMatchObject({ items: [{ seq: 0, stream: 'stdout', offset: 0, text: 'half\n' }] })
      const long = `A\0${'ü'.repeat(OUTPUT_BYTES)}Z`
      const ended = (await store.save(going, {
        command: { seq: 0, status: 'ended', outcome: 'ok', exitCode: 0, stdout: long, stderr: '', result: { outcome: 'ok', code: null, message: 'done', changed: ['/tmp/a'], changedCount: 1, facts: { freed: 3 } } },
        event: { kind: 'step_ended', stepId: 'clean', asset: 'web-r1', durationMs: 5 }, dueAtMs: null,
      }))!
      expect(ended.commands[0]).toMatchObject({ status: 'ended', outcome: 'ok', ref: { commandId: 'c-1' }, result: { facts: { freed: 3 } } })
      const { commands: [shown] } = await store.get(admin.scope, 'r1')
      expect(Buffer.byteLength(shown!.stdout)).toBeLessThanOrEqual(OUTPUT_BYTES)
      expect(shown!.stdout).toMatch(/^A\uFFFDü+\n… \d+ bytes left out here …\nü+Z$/)
      expect(shown).toMatchObject({ isTruncated: true, ref: 'c-1', exitCode: 0 })
      expect((await events()).map(({ event, status }) => [event, status])).toEqual([['planned', 'planned'], ['approved', 'queued'], ['step_started', 'running'], ['step_ended', 'running']])
      expect(await actions()).toEqual(['run.planned', 'run.admitted', 'run.command_sent', 'run.command_ended'])
      const [line] = await database.query<{ after: { script: string; digest: string; instanceId: string } }>(`select after from audit_log where action = 'run.command_sent' and id > $1`, [auditFrom])
      expect(line!.after).toMatchObject({ script: `TOKEN='r1-0'\necho clean\n`, instanceId: 'i-web-r1' })
    })

    it('reads output on from the cursor, of every stream, until the run has ended', async () => {
      await store.create(null, newRun('r1'), null)
      let held = await queued('r1')
      held = (await store.save(held, { status: 'running', command: { seq: 0, status: 'sent', stdout: 'a', stderr: 'e' }, dueAtMs: null }))!
      const first = await store.output(admin.scope, 'r1', null)
      expect(first.items.map(({ stream, text }) => stream + text)).toEqual(['stdouta', 'stderre'])
      held = (await store.save(held, { command: { seq: 0, status: 'sent', stdout: 'a😀b', stderr: 'e' }, dueAtMs: null }))!
      const second = await store.output(admin.scope, 'r1', first.next)
      expect(second.items).toMatchObject([{ offset: 1, text: '😀b' }])
      await store.save(held, { status: 'failed', outcome: 'failed', dueAtMs: null })
      expect(await store.output(admin.scope, 'r1', second.next)).toMatchObject({ items: [], next: null, status: 'failed' })
      await expect(store.output(admin.scope, 'r1', 'x')).rejects.toMatchObject({ code: 'bad_request' })
    })

    it('lets go of machines, questions and commands when a run ends, and keeps it due until its outcome is told', async () => {
      await database.transaction((sql) => projectBatch(sql, [incident('x', 10), placed('x', 'k1', 10)]))
      await store.create(null, newRun('r1', { incidentId: 'x', problemKey: 'k1' }), null)
      const held = await queued('r1')
      const ended = (await store.save(held, { status: 'failed', outcome: 'escalated', code: 'step_failed', message: 'no', event: { kind: 'failed' }, dueAtMs: clock.now() }))!
      expect(ended.commands.map(({ status }) => status)).toEqual(['skipped', 'skipped'])
      expect(await database.query('select 1 from run_locks')).toEqual([])
      expect(await store.counts()).toEqual({ byStatus: {}, untold: 1 })
      const again = await claimOne()
      const told = (await store.save(again, { word: { action: 'close', text: 'tried', judgedVersion: 10 }, isTold: true, dueAtMs: clock.now() }))!
      const commandId = told.work.tellingId!
      expect(await store.told(commandId)).toEqual({ status: 'pending', code: null })
      expect(await database.query(`select record -> 'event' ->> 'action' as action, record -> 'event' -> 'actor' ->> 'kind' as kind from outbox where topic = 'correlation.v1'`)).toEqual([{ action: 'close', kind: 'remediator' }])
      expect(await store.claim('w1', 1)).toEqual([])
    })

    it('looks at once at a run whose end was asked for while it was worked on, without taking the run from the worker', async () => {
      await store.create(null, newRun('r1'), null)
      const held = await queued('r1')
      expect(await store.cancel(admin, 'r1')).toMatchObject({ status: 'queued', cancelRequestedAt: new Date(START_MS).toISOString() })
      const saved = await store.save(held, { status: 'running', dueAtMs: clock.now() + 60_000 })
      expect(saved).not.toBeNull()
      const again = await claimOne()
      expect(again.cancel).toMatchObject({ by: { id: 'msp_admin' } })
      await store.save(again, { status: 'cancelled', isTold: true, dueAtMs: clock.now() })
      await expect(store.cancel(admin, 'r1')).rejects.toMatchObject({ code: 'conflict' })
    })

    it('frees on an embedded database what a process before this one held', async () => {
      await store.create(null, newRun('r1'), null)
      await claimOne('dead')
      expect(await store.claim('w2', 1)).toEqual([])
      await store.freeAll()
      expect(await claimOne('w2')).toMatchObject({ worker: 'w2' })
    })

    it('says how the incident stands, after merges, and whether a person has touched it', async () => {
      await database.transaction((sql) => projectBatch(sql, [incident('x', 10), incident('y', 11), placed('y', 'k1', 11), incident('x', 12, { mergedInto: 'y', status: 'closed' })]))
      const run = { companyId: 'c1', incidentId: 'x', problemKey: 'k1' }
      expect(await store.outlook(run)).toMatchObject({ incidentId: 'y', version: 11, isTouched: false, problem: 'firing' })
      await database.query(`insert into commands (id, company_id, incident_id, action, actor, created_at) values ('${randomUUID()}', 'c1', 'y', 'note', '{"kind":"user","id":"u"}', now())`)
      expect(await store.outlook(run)).toMatchObject({ isTouched: true })
      expect(await store.outlook({ ...run, companyId: 'c2' })).toBeNull()
    })

    it('has nothing of a run whose transaction fails', async () => {
      const book = runbook()
      const bad = newRun('r1', { runbook: book })
      await expect(store.create(null, { ...bad, plan: { ...bad.plan, commands: [...bad.plan.commands, bad.plan.commands[0]!] } }, null)).rejects.toThrow()
      expect(await database.query('select (select count(*) from runs)::int as runs, (select count(*) from outbox)::int as told, (select count(*) from audit_log where id > $1)::int as lines', [auditFrom])).toEqual([{ runs: 0, told: 0, lines: 0 }])
    })
  })
}
