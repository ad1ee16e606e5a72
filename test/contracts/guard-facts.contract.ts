/** What the guard judges by, as the database tells it: settings of two layers, runs that count, yesses that count, and admissions that never exceed a limit together. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { judge } from '../../remediator/guard/judge.ts'
import { someRunbook, someTarget } from '../../remediator/guard/test-facts.ts'
import type { Caller } from '../../schemas/access.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import type { StoredFacts } from '../../schemas/guard-facts.ts'
import type { Role } from '../../schemas/settings.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { factsAsked, lockFacts } from '../../storage/remediation/guard-facts.ts'
import { planRecords } from '../../storage/remediation/plan-records.ts'
import { remediationSettingsStore } from '../../storage/remediation/settings-store.ts'
import type { EmptyDatabase } from './database.contract.ts'

const NOW_MS = Date.UTC(2026, 2, 2, 10)
const MINUTE_MS = 60_000
const callerOf = (id: string, role: Role, companyIds: readonly string[] | 'all'): Caller => ({ kind: 'user', id, name: id, ip: '192.0.2.1', scope: { role, userId: id, companyIds } })
const ADA = callerOf('ada', 'msp_admin', 'all')

/** Runs the suite over an engine. */
export function guardFactsContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`what the guard judges by on ${engineName}`, () => {
    let empty: EmptyDatabase
    let db: Database
    let company: string
    let other: string
    let boss: Caller
    const clock = new TestClock(NOW_MS)

    beforeAll(async () => {
      empty = await make()
      db = await openDatabase({ ...empty.options, clock: systemClock })
    })
    afterAll(async () => {
      await db.close()
      await empty.drop()
    })
    beforeEach(async () => {
      await db.query('delete from remediation_settings')
      company = await madeCompany({ mode: 'production' })
      other = await madeCompany({})
      boss = callerOf('boss', 'company_admin', [company])
    })

    const settings = (riskOf: Parameters<typeof remediationSettingsStore>[1]['riskOf'] = async () => () => null) => remediationSettingsStore(db, { clock, riskOf })

    async function madeCompany(stored: object): Promise<string> {
      const id = randomUUID()
      await db.query('insert into companies (id, name, settings, created_at, updated_at) values ($1, $1, $2::jsonb, now(), now())', [id, JSON.stringify(stored)])
      await db.query(`insert into cloud_accounts (id, company_id, cloud, name, environment, enabled, fields, created_at, updated_at) values ($1, $2, 'aws', 'main', 'production', true, '{}', now(), now())`, [`acc-${id}`, id])
      for (let n = 0; n < 10; n++) await db.query('insert into assets (id, company_id, name, created_at, updated_at) values ($1, $2, $3, now(), now())', [randomUUID(), id, `web-0${n}`])
      return id
    }

    interface MadeRun { companyId?: string; status?: string; minutesAgo?: number; asset?: string; runbookId?: string; mode?: string; simulated?: boolean; role?: Role | null; by?: { kind: string; id: string }; incidentId?: string; problemKey?: string }
    async function madeRun({ companyId = company, status = 'planned', minutesAgo = 0, asset = 'web-01', runbookId = 'disk-clean', mode = 'production', simulated = false, role = null, by = { kind: 'remediator', id: 'remediator' }, incidentId, problemKey }: MadeRun = {}): Promise<string> {
      const id = randomUUID()
      const at = new Date(NOW_MS - minutesAgo * MINUTE_MS).toISOString()
      const plan = { targets: [someTarget(asset, { cloudAccountId: `acc-${companyId}` })], inputs: {}, commands: [], risk: 'low', costMicroUsd: 0, remarks: [], candidates: [] }
      await db.query(
        `insert into runs (id, company_id, incident_id, problem_key, runbook_id, runbook_version, runbook, risk, mode, simulated, trigger, status, requested_by, requested_role, plan, plan_digest, due_at, created_at, updated_at, admitted_at, ended_at)
         values ($1, $2, $3, $4, $5, 1, $6::jsonb, 'low', $7, $8, $9, $10, $11::jsonb, $12, $13::jsonb, 'p1', $14, $14, $14, case when $10 in ('planned', 'awaiting_approval') then null else $14::timestamptz end, case when $10 in ('succeeded', 'failed', 'cancelled') then $14::timestamptz end)`,
        [id, companyId, incidentId ?? null, problemKey ?? null, runbookId, JSON.stringify(someRunbook({ id: runbookId })), mode, simulated, role === null ? 'automatic' : 'person', status, JSON.stringify({ name: 'x', ...by }), role, JSON.stringify(plan), at],
      )
      return id
    }
    const facts = async (runId: string, ceiling: 'dry-run' | 'sandbox' | 'production' = 'production'): Promise<StoredFacts> => (await db.transaction((sql) => lockFacts(sql, runId, { nowMs: NOW_MS, ceiling })))!
    const verdict = async (runId: string) => judge({ ...await facts(runId), currentDigest: 'd1', maintenance: [] })

    it('lets a run that nothing speaks against go ahead, and knows no run of another id', async () => {
      expect(await verdict(await madeRun())).toMatchObject({ kind: 'run' })
      expect(await db.transaction((sql) => lockFacts(sql, 'none', { nowMs: NOW_MS, ceiling: 'production' }))).toBeNull()
    })

    it('counts the runs of the company that were admitted lately or are active, and no simulation, plan, replay or run of somebody else', async () => {
      const own = await madeRun()
      const counted = [await madeRun({ status: 'succeeded', minutesAgo: 5, asset: 'Web-02' }), await madeRun({ status: 'running', minutesAgo: 20_000 }), await madeRun({ status: 'failed', minutesAgo: 20_001 })]
      for (const left of [{ status: 'succeeded', minutesAgo: 20_002, runbookId: 'x' }, { status: 'running', companyId: other }, { status: 'succeeded', simulated: true }, { status: 'planned' }, { status: 'succeeded', mode: 'dry-run' }, { status: 'failed', minutesAgo: 30_000, asset: 'web-05' }]) await madeRun(left)
      const { past, knownAssets } = await facts(own)
      expect(past.map(({ runId }) => runId).sort()).toEqual([...counted].sort())
      expect(past.find(({ runId }) => runId === counted[0])).toEqual({ runId: counted[0], runbookId: 'disk-clean', status: 'succeeded', assets: ['Web-02'], machines: [`acc-${company}/eu-west-1//i-web-02`], trigger: 'automatic', startedAtMs: NOW_MS - 5 * MINUTE_MS, endedAtMs: NOW_MS - 5 * MINUTE_MS })
      expect(knownAssets).toBe(10)
    })

    it('remembers failures however old they are', async () => {
      for (const days of [40, 30, 20]) await madeRun({ status: 'failed', minutesAgo: days * 1_440 })
      expect(await verdict(await madeRun())).toMatchObject({ kind: 'refuse', code: 'repeated_failures' })
      await madeRun({ status: 'succeeded', minutesAgo: 10 * 1_440 })
      expect(await verdict(await madeRun())).toMatchObject({ kind: 'run' })
      // The same machine, whatever an alert calls it.
      const renamed = await madeRun({ asset: 'web-08' })
      for (const days of [9, 8, 7.5]) await madeRun({ status: 'failed', minutesAgo: days * 1_440 })
      await db.query(`update runs set plan = jsonb_set(plan, '{targets,0,instanceId}', '"i-web-01"') where id = $1`, [renamed])
      expect(await verdict(renamed)).toMatchObject({ kind: 'refuse', code: 'repeated_failures' })
    })

    it('keeps a company in dry-run that nobody switched to production, and takes the lowest of program, company and request', async () => {
      expect((await facts(await madeRun({ companyId: other }))).mode).toBe('dry-run')
      expect((await facts(await madeRun(), 'sandbox')).mode).toBe('sandbox')
      expect((await facts(await madeRun({ mode: 'dry-run' }))).mode).toBe('dry-run')
      const asked = { companyId: company, incidentId: null, problemKey: null, runbook: someRunbook(), targets: [someTarget()], candidates: 0, trigger: 'person' as const, requester: { id: 'u', role: 'technician' as const }, mode: null }
      expect((await factsAsked(db, asked, { nowMs: NOW_MS, ceiling: 'production' })).mode).toBe('production')
    })

    it('shows whose account a target names, so that one of another company is refused', async () => {
      const run = await madeRun()
      await db.query(`update runs set plan = jsonb_set(plan, '{targets,0,cloudAccountId}', to_jsonb($2::text)) where id = $1`, [run, `acc-${other}`])
      expect(await verdict(run)).toMatchObject({ kind: 'refuse', code: 'target_foreign' })
    })

    it('reads incident and problem of the company alone', async () => {
      const incidentId = randomUUID()
      await db.query(
        `insert into incidents (id, company_id, number, version, title, status, severity, priority, opened_at, updated_at, alert_count, problem_count, open_problem_count, assets, asset_count, sources, reopen_count, findings)
         values ($1, $2, nextval('incident_number'), 1, 't', 'open', 'high', 1, now(), now(), 1, 1, 1, '{}', 1, '{}', 0, '[{"kind":"storm"}]')`, [incidentId, company])
      await db.query(
        `insert into problems (company_id, problem_key, incident_id, version, status, severity, source, integration_id, title, message, labels, flapping, acknowledged, episode, alert_count, first_at, last_at, evidence, suppression)
         values ($1, 'p', $2, 1, 'firing', 'high', 's', 'i', 't', 'm', '{}', false, false, 1, 1, now(), now(), '{}', '{"kind":"silence","reason":"muted"}')`, [company, incidentId])
      expect((await facts(await madeRun({ incidentId, problemKey: 'p' }))).incident).toEqual({ status: 'open', mergedInto: null, assignee: null, findings: ['storm'], problem: { status: 'firing', isSuppressed: true, suppression: 'muted', flapping: false } })
      expect(await verdict(await madeRun({ incidentId, problemKey: 'p', companyId: other }))).toMatchObject({ kind: 'show' })
      expect((await facts(await madeRun({ incidentId, problemKey: 'p', companyId: other }))).incident).toMatchObject({ status: 'closed', problem: null })
    })

    it('counts a yes only for the plan it was given to, and only of somebody who may still give it', async () => {
      const run = await madeRun({ by: { kind: 'user', id: 'gone' }, role: 'technician' })
      const users: [string, Role, boolean, boolean][] = [['inside', 'company_admin', true, false], ['left', 'company_admin', false, false], ['off', 'msp_admin', false, true], ['lowered', 'technician', true, false], ['msp', 'msp_admin', false, false]]
      for (const [id, role, isMember, isOff] of users) {
        await db.query(`insert into users (id, email, name, role, password_hash, disabled_at, created_at, updated_at) values ($1, $1, $1, $2, '', case when $3 then now() end, now(), now()) on conflict (id) do nothing`, [id, role, isOff])
        if (isMember) await db.query('insert into user_companies (user_id, company_id) values ($1, $2)', [id, company])
      }
      const said = (id: string, kind: string, planDigest: string, status = 'approved'): Promise<unknown> => db.query(
        `insert into run_approvals (id, run_id, company_id, question, role, four_eyes, status, reason, plan_digest, requested_at, expires_at, decided_at, decided_by, decided_role)
         values ($1, $2, $3, 'run', 'company_admin', false, $4, 'r', $5, $6, $6::timestamptz + interval '1 hour', $6, $7::jsonb, 'msp_admin')`,
        [randomUUID(), run, company, status, planDigest, new Date(NOW_MS).toISOString(), JSON.stringify({ kind, id, name: id })])
      for (const [id] of users) await said(id, 'user', 'p1')
      await said('token', 'token', 'p1')
      await said('elsewhere', 'token', 'p2')
      await said('no', 'token', 'p1', 'refused')
      const { approvals, requester, question } = await facts(run)
      expect(approvals.map(({ id, role }) => [id, role]).sort()).toEqual([['inside', 'company_admin'], ['lowered', 'technician'], ['msp', 'msp_admin'], ['token', 'msp_admin']])
      expect(requester).toEqual({ id: 'gone', role: null, hands: [] })
      expect(question).toMatchObject({ expiresAtMs: NOW_MS + 60 * MINUTE_MS })
    })

    it('says who could act in the name of who asked and who said yes, for as long as that counts', async () => {
      const DAY_MS = 24 * 60 * MINUTE_MS
      const [asker, decider] = [randomUUID(), randomUUID()]
      for (const id of [asker, decider]) await db.query(`insert into users (id, email, name, role, password_hash, created_at, updated_at) values ($1, $1, $1, 'msp_admin', '', now(), now())`, [id])
      const ended = (agoMs: number | null) => (agoMs === null ? null : new Date(NOW_MS - agoMs).toISOString())
      for (const [userId, actorId, agoMs] of [[asker, 'open', null], [asker, 'ended', DAY_MS], [decider, 'ending', DAY_MS - 1], [decider, 'ended', 2 * DAY_MS]] as const) await db.query('insert into user_hands (user_id, actor_id, until) values ($1, $2, $3)', [userId, actorId, ended(agoMs)])
      const run = await madeRun({ by: { kind: 'user', id: asker }, role: 'msp_admin' })
      await db.query(
        `insert into run_approvals (id, run_id, company_id, question, role, four_eyes, status, reason, plan_digest, requested_at, expires_at, decided_at, decided_by, decided_role)
         values ($1, $2, $3, 'run', 'msp_admin', true, 'approved', 'r', 'p1', $4, $4::timestamptz + interval '1 hour', $4, $5::jsonb, 'msp_admin')`, [randomUUID(), run, company, ended(0), JSON.stringify({ kind: 'user', id: decider, name: 'x' })])
      const { requester, approvals } = await facts(run)
      expect([requester.hands, approvals.map(({ hands }) => hands)]).toEqual([['open'], [['ending']]])
    })

    it('never admits more at once than the company allows, however many try', async () => {
      await settings().put(ADA, company, { settings: { maxConcurrent: 2 }, granted: { maxBlastShare: 1 }, expectedRevision: null })
      const runs = await Promise.all(Array.from({ length: 8 }, (_, n) => madeRun({ asset: `web-0${n}` })))
      const kinds = await Promise.all(runs.map((id) => db.transaction(async (sql) => {
        const said = judge({ ...(await lockFacts(sql, id, { nowMs: NOW_MS, ceiling: 'production' }))!, currentDigest: 'd1', maintenance: [] })
        if (said.kind === 'run') await sql.query(`update runs set status = 'queued', admitted_at = $2 where id = $1`, [id, new Date(NOW_MS).toISOString()])
        return said.kind
      })))
      expect(kinds.filter((kind) => kind === 'run')).toHaveLength(2)
    })

    it('plans by the company’s own assets, accounts and incidents alone, with what was merged into them, and quiet problems left out', async () => {
      const records = planRecords(db)
      const made = async (id: string, mergedInto: string | null, analysis: object | null, problems: readonly (readonly [string, string, object | null])[]): Promise<void> => {
        await db.query(
          `insert into incidents (id, company_id, number, version, title, status, severity, priority, opened_at, updated_at, alert_count, problem_count, open_problem_count, assets, asset_count, sources, reopen_count, merged_into, root_cause, analysis)
           values ($1, $2, nextval('incident_number'), 1, 't', 'open', 'high', 1, now(), now(), 1, 1, 1, '{}', 1, '{}', 0, $3, '{"asset":"db-01"}', $4::jsonb)`, [id, company, mergedInto, analysis === null ? null : JSON.stringify(analysis)])
        for (const [key, severity, suppression] of problems) await db.query(
          `insert into problems (company_id, problem_key, incident_id, version, status, severity, source, integration_id, asset, signature, title, message, labels, flapping, acknowledged, episode, alert_count, first_at, last_at, evidence, suppression)
           values ($1, $2, $3, 1, 'firing', $4, 's', 'i', 'web-01', 'disk', 't', 'm', '{"volume":"/var"}', false, false, 1, 7, now(), now(), '{}', $5::jsonb)`, [company, key, id, severity, suppression === null ? null : JSON.stringify(suppression)])
      }
      const [survivor, merged] = [randomUUID(), randomUUID()]
      await made(survivor, null, { status: 'done', isTrusted: true, runbooks: ['disk-clean', 7] }, [['low', 'low', null], ['quiet', 'critical', { kind: 'silence' }]])
      await made(merged, survivor, null, [['worst', 'critical', null]])
      const incident = await records.incident(company, merged)
      expect(incident).toMatchObject({ incidentId: survivor, rootCauseAsset: 'db-01', suggested: ['disk-clean'], problems: [{ problemKey: 'worst', count: 7, labels: { volume: '/var' } }, { problemKey: 'low' }] })
      expect(await records.incident(other, survivor)).toBeNull()
      await db.query(`update incidents set analysis = analysis || '{"isTrusted":false}' where id = $1`, [survivor])
      expect((await records.incident(company, survivor))?.suggested).toEqual([])

      await db.query(`update assets set aliases = '{Web-01.Corp}', instance_id = 'i-0A' where company_id = $1 and name = 'web-01'`, [company])
      const named = async (companyId: string, names: string[], ids: string[] = []): Promise<string[]> => (await records.assets(companyId, names, ids)).map(({ name }) => name)
      expect([await named(company, ['WEB-01.corp']), await named(other, ['web-01.corp']), await named(company, [], ['I-0a']), await named(other, [], ['i-0a'])]).toEqual([['web-01'], [], ['web-01'], []])
      expect((await records.accounts(company)).map(({ id }) => id)).toEqual([`acc-${company}`])
    })

    it('tells how runbooks went here and everywhere, in earnest alone', async () => {
      const went = async (run: MadeRun): Promise<unknown> => db.query('update runs set started_at = created_at where id = $1', [await madeRun({ runbookId: 'history', ...run })])
      for (const run of [{ status: 'succeeded' }, { status: 'failed' }, { status: 'succeeded', companyId: other }, { status: 'succeeded', mode: 'dry-run' }, { status: 'succeeded', simulated: true }, { status: 'cancelled' }]) await went(run)
      expect((await planRecords(db).history(company)).get('history')).toEqual({ company: { ended: 2, succeeded: 1 }, all: { ended: 3, succeeded: 2 } })
    })

    describe('settings', () => {
      it('cascade: the MSP allows, a grant widens for one company, and the company narrows', async () => {
        await settings().put(ADA, null, { settings: { maxRunsPerHour: 10, automaticLowRisk: false }, expectedRevision: 0 })
        await settings().put(ADA, company, { settings: {}, granted: { maxRunsPerHour: 40, automaticLowRisk: true, runbooks: { 'disk-clean': { risk: 'low' } } }, expectedRevision: null })
        const { effective, granted, revision } = await settings().put(boss, company, { settings: { maxRunsPerHour: 30 }, expectedRevision: 1 })
        expect(effective).toMatchObject({ maxRunsPerHour: 30, automaticLowRisk: true, maxTargets: 5, stopped: false, runbooks: { 'disk-clean': { enabled: true, risk: 'low' } } })
        expect([granted.maxRunsPerHour, revision]).toEqual([40, 2])
        expect((await settings().get(ADA.scope, other)).effective).toMatchObject({ maxRunsPerHour: 10, automaticLowRisk: false })
      })

      it('refuse what a company may not say, all mistakes at once', async () => {
        const riskOf = async () => (id: string) => (id === 'restart' ? 'high' as const : null)
        const wide = settings(riskOf).put(boss, company, { settings: { maxRunsPerHour: 21, fourEyes: false, runbooks: { restart: { risk: 'low' } } }, expectedRevision: null })
        await expect(wide).rejects.toMatchObject({ code: 'bad_request', details: { mistakes: [expect.stringContaining('maxRunsPerHour may be at most 20'), expect.stringContaining('fourEyes'), expect.stringContaining('runbooks.restart.risk may be high')] } })
        await expect(settings().put(boss, company, { settings: {}, granted: { fourEyes: false }, expectedRevision: null })).rejects.toMatchObject({ code: 'forbidden' })
        await expect(settings().put(ADA, null, { settings: {}, granted: { fourEyes: false }, expectedRevision: null })).rejects.toMatchObject({ code: 'bad_request' })
        await settings(riskOf).put(ADA, company, { settings: { runbooks: { restart: { risk: 'medium' } } }, granted: { runbooks: { restart: { risk: 'low' } } }, expectedRevision: null })
      })

      it('are for those who manage the company, one revision after the other', async () => {
        await expect(settings().put(boss, other, { settings: {}, expectedRevision: null })).rejects.toMatchObject({ code: 'not_found' })
        await expect(settings().put(callerOf('t', 'technician', [company]), company, { settings: {}, expectedRevision: null })).rejects.toMatchObject({ code: 'forbidden' })
        await expect(settings().put(boss, null, { settings: {}, expectedRevision: null })).rejects.toMatchObject({ code: 'forbidden' })
        await expect(settings().get(boss.scope, other)).rejects.toMatchObject({ code: 'not_found' })
        await expect(settings().get(boss.scope, null)).rejects.toMatchObject({ code: 'forbidden' })
        await settings().put(boss, company, { settings: {}, expectedRevision: 0 })
        await expect(settings().put(boss, company, { settings: {}, expectedRevision: 0 })).rejects.toMatchObject({ code: 'conflict' })
        expect(await settings().get(callerOf('v', 'viewer', [company]).scope, company)).toMatchObject({ revision: 1, updatedBy: { id: 'boss' } })
      })

      it('stop at once, stay stopped when other settings are saved, and are released by whoever may', async () => {
        const run = await madeRun()
        await settings().stop(boss, company, 'attack')
        expect(await verdict(run)).toMatchObject({ kind: 'refuse', code: 'stopped_company', why: expect.stringContaining('attack') })
        await settings().put(boss, company, { settings: { maxTargets: 2 }, expectedRevision: null })
        expect(await verdict(run)).toMatchObject({ code: 'stopped_company' })
        await settings().resume(boss, company)
        expect(await verdict(run)).toMatchObject({ kind: 'run' })
        await settings().stop(ADA, null, 'all')
        await settings().resume(boss, company)
        expect(await verdict(run)).toMatchObject({ code: 'stopped_globally' })
        await expect(settings().resume(boss, null)).rejects.toMatchObject({ code: 'forbidden' })
        const lines = await db.query<{ action: string }>('select action from audit_log where company_id = $1 order by id', [company])
        expect(lines.map(({ action }) => action)).toEqual(['remediation.stopped', 'remediation.updated', 'remediation.resumed', 'remediation.resumed'])
      })
    })
  })
}
