/** Cloud accounts, on either engine: who may do what, secrets that stay sealed, checks that gate production, and what the audit log tells. */
import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cloudAccounts } from '../../remediator/cloud/accounts.ts'
import { cloudAccountRules } from '../../remediator/cloud/rules.ts'
import { ExecutorError, type Executor } from '../../remediator/executors/port.ts'
import type { Caller } from '../../schemas/access.ts'
import { systemClock, TestClock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { CloudAccountDraft } from '../../schemas/remediation-views.ts'
import type { Role } from '../../schemas/settings.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'
import { CLOUD_ACCOUNTS_MAX, cloudAccountStore, type CloudAccountStore } from '../../storage/remediation/cloud-account-store.ts'
import { openSecretBox } from '../../storage/secret-box.ts'
import type { EmptyDatabase } from './database.contract.ts'

const SECRET = 'x8Q~a-client-secret-of-the-test'
const SUBSCRIPTION = '11111111-2222-3333-4444-555555555555'
const callerOf = (id: string, role: Role, companyIds: readonly string[] | 'all'): Caller => ({ kind: 'user', id, name: id, ip: '192.0.2.7', scope: { role, userId: id, companyIds } })
const ADA = callerOf('ada', 'msp_admin', 'all')
const AWS: CloudAccountDraft = { cloud: 'aws', name: 'main', environment: 'production', enabled: false, fields: { accountId: '123456789012', regions: 'eu-central-1, us-east-1' } }
const AZURE: CloudAccountDraft = { cloud: 'azure', name: 'blue', environment: 'production', enabled: false, fields: { subscriptionId: SUBSCRIPTION, tenantId: 'acme.test', clientId: SUBSCRIPTION }, secret: SECRET }

/** Runs the suite over an engine. */
export function cloudAccountsContract(engineName: string, make: () => Promise<EmptyDatabase>): void {
  describe(`cloud accounts on ${engineName}`, () => {
    let empty: EmptyDatabase
    let db: Database
    let clock: TestClock
    let store: CloudAccountStore
    let acme: string
    let bolt: string
    let boss: Caller

    beforeAll(async () => {
      empty = await make()
      db = await openDatabase({ ...empty.options, clock: systemClock })
    })
    afterAll(async () => {
      await db.close()
      await empty.drop()
    })
    beforeEach(async () => {
      clock = new TestClock()
      store = cloudAccountStore(db, { clock, box: openSecretBox(Buffer.alloc(32, 7)), rules: cloudAccountRules })
      acme = await company()
      bolt = await company()
      boss = callerOf('boss', 'company_admin', [acme])
    })

    async function company(): Promise<string> {
      const id = randomUUID()
      await db.query('insert into companies (id, name, created_at, updated_at) values ($1, $1, now(), now())', [id])
      return id
    }
    const refusal = async (work: Promise<unknown>): Promise<AppError> => {
      const error: unknown = await work.then(() => new Error('nothing was refused'), (thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(AppError)
      expect(inspect(error, { depth: 10 })).not.toContain(SECRET)
      return error as AppError
    }
    const audit = (): Promise<readonly { action: string; actor_id: string; ip: string | null; before: Record<string, unknown> | null; after: Record<string, unknown> | null }[]> => db.query('select action, actor_id, ip, before, after from audit_log where company_id = $1 order by id', [acme])
    const passing = { ok: true, findings: [{ name: 'role', ok: true, message: 'fine' }] }
    const failing = { ok: false, findings: [{ name: 'role', ok: false, message: 'refused' }] }
    const api = (check: Executor['check'], callsClouds = true) => cloudAccounts({ store, executors: async () => ({ check }), callsClouds, awsPrincipal: async () => 'arn:aws:iam::999999999999:role/aw' })

    describe('who may do what', () => {
      it.each([['msp_admin', true], ['company_admin', true], ['technician', false], ['viewer', false]] as const)('%s of the company: %s', async (role, may) => {
        const caller = callerOf('somebody', role, [acme])
        const known = await store.create(ADA, acme, AWS)
        for (const work of [() => store.list(caller.scope, acme), () => store.get(caller.scope, acme, known.id), () => store.create(caller, acme, { ...AWS, name: 'second' }), () => store.update(caller, acme, known.id, { name: 'renamed' }), () => store.remove(caller, acme, known.id)]) {
          if (may) await work()
          else expect((await refusal(work())).code).toBe('forbidden')
        }
      })

      it('another company’s accounts are not there: not to read, change, remove, check or open', async () => {
        const { id } = await store.create(ADA, bolt, AWS)
        expect(await store.list(boss.scope, acme)).toEqual([])
        for (const work of [() => store.list(boss.scope, bolt), () => store.get(boss.scope, bolt, id), () => store.update(boss, bolt, id, { name: 'x' }), () => store.remove(boss, bolt, id), () => store.create(boss, bolt, AWS)]) expect((await refusal(work())).code).toBe('not_found')
        // By the right id under the wrong company.
        for (const work of [() => store.get(boss.scope, acme, id), () => store.update(boss, acme, id, { name: 'x' }), () => store.remove(boss, acme, id), () => store.open(acme, id, { purpose: 'run', runId: 'r', caller: null })]) expect((await refusal(work())).code).toBe('not_found')
        const called: string[] = []
        const check: Executor['check'] = async ({ account }) => {
          called.push(account.id)
          return passing
        }
        expect((await refusal(api(check).check(boss, acme, id, null))).code).toBe('not_found')
        expect((await refusal(api(check).check(boss, bolt, id, null))).code).toBe('not_found')
        expect(called).toEqual([])
        expect((await store.get(ADA.scope, bolt, id)).name).toBe('main')
      })

      it('an endpoint, and an identity of the program’s own, are an MSP Admin’s to set', async () => {
        const fields = { ...AWS.fields, endpoint: 'https://aws.sandbox.test' }
        expect(await refusal(store.create(boss, acme, { ...AWS, fields }))).toMatchObject({ code: 'forbidden', message: expect.stringContaining('endpoint') })
        const made = await store.create(ADA, acme, { ...AWS, fields })
        // What stands may stay when somebody else changes the rest.
        expect((await store.update(boss, acme, made.id, { fields: { ...made.fields, regions: 'eu-west-1' } })).fields['endpoint']).toBe('https://aws.sandbox.test')
        expect((await refusal(store.update(boss, acme, made.id, { fields: { ...made.fields, endpoint: 'https://evil.test' } }))).code).toBe('forbidden')
        const managed = { ...AZURE, secret: null, fields: { subscriptionId: SUBSCRIPTION, identity: 'managed' } }
        expect((await refusal(store.create(boss, acme, managed))).code).toBe('forbidden')
        const own = await store.create(ADA, acme, managed)
        expect((await refusal(store.update(boss, acme, own.id, { fields: { subscriptionId: SUBSCRIPTION.replaceAll('1', '9'), identity: 'managed' } }))).code).toBe('forbidden')
      })

      it.each(['http://169.254.169.254/latest', 'http://[fd00:ec2::254]/', 'http://metadata.google.internal/', 'http://0.0.0.0/', 'ftp://x.test', 'file:///etc/passwd', 'https://u:p@x.test', 'https://x.test/?a=1', 'nonsense'])('nobody sets the endpoint %s', async (endpoint) => {
        expect(await refusal(store.create(ADA, acme, { ...AWS, fields: { ...AWS.fields, endpoint } }))).toMatchObject({ code: 'bad_request', message: expect.stringContaining('endpoint') })
      })
    })

    describe('what is stored', () => {
      it('gives every AWS account a fresh external id of 32 bytes that nobody can choose', async () => {
        const [one, two] = [await store.create(boss, acme, AWS), await store.create(boss, acme, { ...AWS, name: 'two' })]
        expect(Buffer.from(one.fields['externalId']!, 'base64url')).toHaveLength(32)
        expect(two.fields['externalId']).not.toBe(one.fields['externalId'])
        expect((await refusal(store.create(ADA, acme, { ...AWS, name: 'three', fields: { ...AWS.fields, externalId: 'chosen' } }))).code).toBe('bad_request')
        expect((await refusal(store.update(ADA, acme, one.id, { fields: { ...one.fields, externalId: 'chosen' } }))).code).toBe('bad_request')
        expect((await store.update(boss, acme, one.id, { fields: AWS.fields })).fields['externalId']).toBe(one.fields['externalId'])
      })

      it('seals the secret with the row’s id, never shows it, and opens it for work alone', async () => {
        const made = await store.create(boss, acme, AZURE)
        expect(made.hasSecret).toBe(true)
        expect(JSON.stringify([made, await store.list(boss.scope, acme)])).not.toContain(SECRET)
        const stored = await db.query<{ text: string }>(`select row_to_json(c)::text || encode(c.secret, 'escape') as text from cloud_accounts c where id = $1`, [made.id])
        expect(stored[0]?.text).not.toContain(SECRET)
        expect(await (await store.open(acme, made.id, { purpose: 'run', runId: 'r1', caller: null })).secret()).toBe(SECRET)
        // A sealed secret that is moved to another row does not open there.
        const thief = await store.create(boss, acme, { ...AZURE, name: 'thief' })
        await db.query('update cloud_accounts set secret = (select secret from cloud_accounts where id = $1) where id = $2', [made.id, thief.id])
        expect((await refusal((await store.open(acme, thief.id, { purpose: 'run', runId: 'r1', caller: null })).secret())).code).toBe('config_invalid')
      })

      it('asks for the secret again when what it is for changes, so that nobody turns a stored one elsewhere', async () => {
        const made = await store.create(ADA, acme, AZURE)
        const fields = { ...made.fields, tenantId: 'evil.test' }
        expect(await refusal(store.update(boss, acme, made.id, { fields }))).toMatchObject({ code: 'bad_request', message: expect.stringContaining('tenantId') })
        expect((await store.update(boss, acme, made.id, { fields, secret: 'another-secret' })).fields['tenantId']).toBe('evil.test')
        expect((await store.update(boss, acme, made.id, { fields: { ...fields, resourceGroups: 'web' } })).fields['resourceGroups']).toBe('web')
      })

      it('says every mistake in words, with an example', async () => {
        const error = await refusal(store.create(boss, acme, { ...AZURE, name: '', fields: { subscriptionId: 'x', identity: 'other', colour: 'red' }, secret: null }))
        expect(error.code).toBe('bad_request')
        for (const part of ['name must', 'subscriptionId does not have', 'identity must be one of secret, managed', 'no field colour', 'secret is missing', 'Example:']) expect(error.message).toContain(part)
        expect((await refusal(store.create(boss, acme, { ...AWS, secret: SECRET }))).message).toContain('no secret')
        expect((await refusal(store.create(boss, acme, { ...AZURE, secret: `{"client_secret":"${SECRET}"` }))).message).toContain('begins like JSON')
      })

      it(`holds at most ${CLOUD_ACCOUNTS_MAX} accounts a company, each with a name of its own`, async () => {
        await store.create(boss, acme, AWS)
        expect((await refusal(store.create(boss, acme, AWS))).code).toBe('conflict')
        for (let n = 1; n < CLOUD_ACCOUNTS_MAX; n++) await store.create(boss, acme, { ...AWS, name: `n${n}` })
        expect((await refusal(store.create(boss, acme, { ...AWS, name: 'one more' }))).code).toBe('conflict')
        await store.create(ADA, bolt, AWS)
      })
    })

    describe('checks', () => {
      it('an account for production is switched on only after a check has passed, one for a sandbox at any time', async () => {
        expect((await refusal(store.create(boss, acme, { ...AWS, enabled: true }))).code).toBe('conflict')
        expect((await store.create(boss, acme, { ...AWS, name: 'box', environment: 'sandbox', enabled: true })).enabled).toBe(true)
        const { id } = await store.create(boss, acme, AWS)
        expect((await refusal(store.update(boss, acme, id, { enabled: true }))).code).toBe('conflict')
        expect((await api(async () => failing).check(boss, acme, id, null)).check).toEqual(failing)
        expect((await refusal(store.update(boss, acme, id, { enabled: true }))).code).toBe('conflict')
        await api(async () => passing).check(boss, acme, id, null)
        expect((await store.update(boss, acme, id, { enabled: true })).enabled).toBe(true)
        expect((await store.usable(acme, 'production')).map((account) => account.id)).toEqual([id])
        expect(await store.usable(bolt, 'production')).toEqual([])
      })

      it('a change of how the cloud is called voids the check and switches production off; a new name does not', async () => {
        const { id } = await store.create(boss, acme, AZURE)
        const on = async () => {
          await api(async () => passing).check(boss, acme, id, null)
          return store.update(boss, acme, id, { enabled: true })
        }
        await on()
        expect(await store.update(boss, acme, id, { name: 'renamed' })).toMatchObject({ enabled: true, check: passing })
        for (const change of [{ fields: { ...AZURE.fields, resourceGroups: 'web' } }, { secret: 'new-secret' }]) {
          expect(await store.update(boss, acme, id, change)).toMatchObject({ enabled: false, check: null, checkedAt: null })
          await on()
        }
        expect((await refusal(store.update(boss, acme, id, { secret: 'newer-secret', enabled: true }))).code).toBe('conflict')
      })

      it('a sandbox account that becomes one for production is off until it is checked', async () => {
        const { id } = await store.create(boss, acme, { ...AWS, environment: 'sandbox', enabled: true })
        await api(async () => passing).check(boss, acme, id, null)
        expect(await store.update(boss, acme, id, { environment: 'production' })).toMatchObject({ enabled: false, check: null })
      })

      it('a failed check switches production off, and an executor’s error is a finding', async () => {
        const { id } = await store.create(boss, acme, AWS)
        await api(async () => passing).check(boss, acme, id, null)
        await store.update(boss, acme, id, { enabled: true })
        const refused = await api(async () => {
          throw new ExecutorError('unavailable', 'nobody listens')
        }).check(boss, acme, id, null)
        expect(refused).toMatchObject({ enabled: false, check: { ok: false, findings: [{ ok: false, message: 'nobody listens' }] } })
      })

      it('what was found of fields that were changed meanwhile is not kept', async () => {
        const { id } = await store.create(boss, acme, AWS)
        const error = await refusal(api(async () => {
          await store.update(boss, acme, id, { fields: { ...AWS.fields, regions: 'eu-west-1' } })
          return passing
        }).check(boss, acme, id, null))
        expect(error.code).toBe('conflict')
        expect((await store.get(boss.scope, acme, id)).check).toBe(null)
      })

      it('no cloud is called in mode demo', async () => {
        const { id } = await store.create(boss, acme, AWS)
        let calls = 0
        expect((await refusal(api(async () => {
          calls++
          return passing
        }, false).check(boss, acme, id, null))).message).toContain('demo')
        expect(calls).toBe(0)
      })
    })

    it('tells every change, check and use in the audit log, with who, from where, before and after, and no secret', async () => {
      const { id } = await store.create(boss, acme, AZURE)
      await store.update(boss, acme, id, { name: 'green', secret: 'second-secret-of-the-test' })
      await api(async () => passing).check(boss, acme, id, null)
      for (let poll = 0; poll < 3; poll++) await (await store.open(acme, id, { purpose: 'run', runId: 'run-1', caller: null })).secret()
      await store.open(acme, id, { purpose: 'run', runId: 'run-2', caller: null })
      await store.open(acme, id, { purpose: 'look-up', runId: null, caller: boss })
      await store.remove(boss, acme, id)
      const lines = await audit()
      expect(lines.map(({ action, actor_id: actor }) => `${action} ${actor}`)).toEqual([
        'cloud_account.created boss', 'cloud_account.updated boss', 'cloud_account.used boss', 'cloud_account.checked boss', 'cloud_account.used remediator', 'cloud_account.used remediator', 'cloud_account.used boss', 'cloud_account.deleted boss',
      ])
      expect(lines[0]).toMatchObject({ ip: '192.0.2.7', before: null, after: { name: 'blue', hasSecret: true } })
      expect(lines[1]).toMatchObject({ before: { name: 'blue' }, after: { name: 'green', secret: 'stored' } })
      expect(lines[4]?.after).toMatchObject({ purpose: 'run', runId: 'run-1', identity: SUBSCRIPTION })
      expect(lines[7]).toMatchObject({ before: { name: 'green' }, after: null })
      for (const secret of [SECRET, 'second-secret-of-the-test']) expect(JSON.stringify(lines)).not.toContain(secret)
      const aws = await store.create(boss, acme, AWS)
      expect(JSON.stringify(await audit())).not.toContain(aws.fields['externalId'])
      // The external id is told by what is noted alone.
      expect(JSON.stringify(await store.list(boss.scope, acme))).not.toContain(aws.fields['externalId'])
      expect((await api(async () => passing).get(boss, acme, aws.id)).fields['externalId']).toBe(aws.fields['externalId'])
      expect((await audit()).at(-1)).toMatchObject({ action: 'cloud_account.read', actor_id: 'boss', ip: '192.0.2.7' })
    })

    it('notes when an account was last used', async () => {
      const { id } = await store.create(boss, acme, AWS)
      clock.tick(60_000)
      await store.open(acme, id, { purpose: 'run', runId: 'r', caller: null })
      expect((await store.get(boss.scope, acme, id)).lastUsedAt).toBe(new Date(clock.now()).toISOString())
    })

    it('gives the onboarding text of an account with its own external id, to those who manage the company', async () => {
      const { id, fields } = await store.create(boss, acme, AWS)
      const { steps } = await api(async () => passing).onboarding(boss, acme, id)
      expect(steps.map(({ code }) => code).join('\n')).toContain(fields['externalId'])
      expect((await refusal(api(async () => passing).onboarding(callerOf('tech', 'technician', [acme]), acme, id))).code).toBe('forbidden')
    })
  })
}
