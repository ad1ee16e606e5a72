/** Clouds of companies: fields in the open, the secret sealed with the row's id, every change, use and check in the audit log. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { CloudAccountDraft } from '../../schemas/remediation-views.ts'
import type { Cloud, CloudAccountView, CloudCheck } from '../../schemas/runs.ts'
import { writeAudit } from '../queries/audit.ts'
import { requireManaged } from '../queries/companies.ts'
import { atMs, iso, type Sql, type SqlDatabase } from '../queries/sql.ts'
import type { SecretBox } from '../secret-box.ts'

/** Accounts a company may have. */
export const CLOUD_ACCOUNTS_MAX = 50
const EXTERNAL_ID_BYTES = 32
/** Uses that are known to be noted; beyond it the oldest are noted again. */
const NOTED_MAX = 10_000

type Fields = Readonly<Record<string, string>>

/** What may be stored, and by whom. */
export interface CloudAccountRules {
  made(cloud: Cloud): readonly string[]
  mistakes(state: { readonly cloud: Cloud; readonly name: string; readonly fields: Fields; readonly hasSecret: boolean }, secret: string | null): readonly string[]
  adminOnly(cloud: Cloud, before: Fields, after: Fields): readonly string[]
  rebinds(cloud: Cloud, before: Fields, after: Fields): readonly string[]
  usesOwnIdentity(cloud: Cloud, fields: Fields): boolean
}

/** Why an account is opened. */
export interface CloudAccountUse {
  readonly purpose: 'run' | 'look-up' | 'check'
  /** The run, or null where it is for none. */
  readonly runId: string | null
  /** Null: the program by itself. */
  readonly caller: Caller | null
}

/** An account with what is needed to call its cloud. */
export interface OpenedCloudAccount extends Pick<CloudAccountView, 'id' | 'companyId' | 'cloud' | 'name' | 'environment' | 'enabled' | 'fields' | 'updatedAt'> {
  /** Throws `config_invalid` where it does not open under the master key. */
  secret(): Promise<string | null>
}

const SELECT = `select id, company_id as "companyId", cloud, name, environment, enabled, fields, secret is not null as "hasSecret", ${iso('created_at')} as "createdAt", ${iso('updated_at')} as "updatedAt",
  ${iso('checked_at')} as "checkedAt", check_report as "check", ${iso('last_used_at')} as "lastUsedAt" from cloud_accounts`
const REMEDIATOR: Caller = { kind: 'system', id: 'remediator', name: 'remediator', ip: null, scope: { role: 'viewer', userId: 'remediator', companyIds: [] } }

/** Cloud accounts over the database. Who may read and write: an MSP Admin, and a company admin of that company; the lists for work are for the program itself. */
export function cloudAccountStore(db: SqlDatabase, { clock, box, rules }: { readonly clock: Clock; readonly box: SecretBox; readonly rules: CloudAccountRules }) {
  const noted = new Set<string>()

  async function find(sql: Sql, companyId: string, id: string): Promise<CloudAccountView> {
    const rows = await sql.query<CloudAccountView>(`${SELECT} where company_id = $1 and id = $2`, [companyId, id])
    if (rows[0] === undefined) throw new AppError('not_found', 'this company has no such cloud account')
    return rows[0]
  }
  const refuseTaken = async (sql: Sql, companyId: string, name: string, id: string): Promise<void> => {
    const taken = await sql.query('select 1 from cloud_accounts where company_id = $1 and name = $2 and id <> $3', [companyId, name, id])
    if (taken.length > 0) throw new AppError('conflict', 'this company has a cloud account of this name already: name it otherwise')
  }
  const refuseMistakes = (caller: Caller, before: CloudAccountView | null, after: Pick<CloudAccountView, 'cloud' | 'name' | 'fields' | 'hasSecret'>, secret: string | null): void => {
    const mistakes = rules.mistakes(after, secret)
    if (mistakes.length > 0) throw new AppError('bad_request', mistakes.join('; '), { details: { mistakes } })
    if (caller.scope.role === 'msp_admin') return
    const known = before?.fields ?? {}
    const reserved = rules.adminOnly(after.cloud, known, after.fields)
    if (reserved.length > 0) throw new AppError('forbidden', reserved.join('; '))
    const rebound = before === null ? [] : rules.rebinds(after.cloud, known, after.fields)
    if (rebound.length > 0 && rules.usesOwnIdentity(after.cloud, after.fields)) throw new AppError('forbidden', `${rebound.join(', ')} of an account under the program’s own identity may be changed only by an MSP Admin`)
    // Else a secret that somebody else stored could be sent to another place, or used for another one.
    if (rebound.length > 0 && before?.hasSecret === true && secret === null) throw new AppError('bad_request', `${rebound.join(', ')} says what the stored secret is for: give the secret with the change`)
  }
  const note = async (account: CloudAccountView, { purpose, runId, caller }: CloudAccountUse): Promise<void> => {
    const key = `${account.id} ${purpose} ${runId ?? ''} ${caller?.id ?? ''}`
    if (runId !== null && noted.has(key)) return
    const nowMs = clock.now()
    await db.transaction(async (sql) => {
      await sql.query(`update cloud_accounts set last_used_at = ${atMs('$3')} where company_id = $1 and id = $2`, [account.companyId, account.id, nowMs])
      await writeAudit(sql, caller ?? REMEDIATOR, { companyId: account.companyId, action: 'cloud_account.used', subject: account.id, before: null, after: { purpose, runId, identity: identityOf(account) } }, nowMs)
    }, { durable: true })
    noted.add(key)
    for (const oldest of noted) {
      if (noted.size <= NOTED_MAX) break
      noted.delete(oldest)
    }
  }

  return {
    /** The accounts of a company the caller manages, by name; without what the program made, which is told by `read` alone. */
    async list(scope: Scope, companyId: string): Promise<readonly CloudAccountView[]> {
      await requireManaged(db, scope, companyId)
      const accounts = await db.query<CloudAccountView>(`${SELECT} where company_id = $1 order by name, id`, [companyId])
      return accounts.map((account) => ({ ...account, fields: withoutMade(account, rules) }))
    },

    /** One of them for a person, with its external id, which is noted in the audit log. Throws `not_found`. */
    async read(caller: Caller, companyId: string, id: string): Promise<CloudAccountView> {
      await requireManaged(db, caller.scope, companyId)
      const account = await find(db, companyId, id)
      await writeAudit(db, caller, { companyId, action: 'cloud_account.read', subject: id, before: null, after: { name: account.name } }, clock.now())
      return account
    },

    /** One of them, for what the program does itself. Throws `not_found`. */
    async get(scope: Scope, companyId: string, id: string): Promise<CloudAccountView> {
      await requireManaged(db, scope, companyId)
      return find(db, companyId, id)
    },

    /** Makes an account with an external id of its own where the cloud has such. One for production cannot be switched on before a check has passed. */
    async create(caller: Caller, companyId: string, draft: CloudAccountDraft): Promise<CloudAccountView> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        await sql.query('select 1 from companies where id = $1 for update', [companyId])
        const made = rules.made(draft.cloud)
        const given = made.filter((name) => draft.fields[name] !== undefined)
        if (given.length > 0) throw new AppError('bad_request', `${given.join(', ')} is made by the program: leave it out`)
        const fields = { ...trimmed(draft.fields), ...Object.fromEntries(made.map((name) => [name, randomBytes(EXTERNAL_ID_BYTES).toString('base64url')])) }
        const secret = draft.secret ?? null
        const { cloud, name, environment, enabled } = draft
        refuseMistakes(caller, null, { cloud, name, fields, hasSecret: secret !== null }, secret)
        if (enabled && environment === 'production') throw new AppError('conflict', 'an account for production is switched on after a check has passed: make it switched off, check it, then switch it on')
        const counted = await sql.query<{ count: number }>('select count(*)::float8 as count from cloud_accounts where company_id = $1', [companyId])
        if ((counted[0]?.count ?? 0) >= CLOUD_ACCOUNTS_MAX) throw new AppError('conflict', `a company has at most ${CLOUD_ACCOUNTS_MAX} cloud accounts; remove one`)
        const id = randomUUID()
        await refuseTaken(sql, companyId, name, id)
        await sql.query(
          `insert into cloud_accounts (id, company_id, cloud, name, environment, enabled, fields, secret, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, ${atMs('$9')}, ${atMs('$9')})`,
          [id, companyId, cloud, name, environment, enabled, JSON.stringify(fields), secret === null ? null : box.seal(secret, id), nowMs],
        )
        const account = await find(sql, companyId, id)
        await writeAudit(sql, caller, { companyId, action: 'cloud_account.created', subject: id, before: null, after: told(account, rules) }, nowMs)
        return account
      }, { durable: true })
    },

    /** Changes an account. What changes how the cloud is called voids the check, and switches an account for production off until it has passed again. */
    async update(caller: Caller, companyId: string, id: string, change: Partial<Omit<CloudAccountDraft, 'cloud'>>): Promise<CloudAccountView> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        await sql.query('select 1 from cloud_accounts where company_id = $1 and id = $2 for update', [companyId, id])
        const before = await find(sql, companyId, id)
        const made = Object.fromEntries(rules.made(before.cloud).map((name) => [name, before.fields[name] ?? '']))
        const foreign = Object.keys(made).filter((name) => change.fields?.[name] !== undefined && change.fields[name] !== made[name])
        if (foreign.length > 0) throw new AppError('bad_request', `${foreign.join(', ')} is made by the program and cannot be changed: make a new account for another one`)
        const fields = change.fields === undefined ? before.fields : { ...trimmed(change.fields), ...made }
        const secret = change.secret ?? null
        const hasSecret = change.secret === undefined ? before.hasSecret : change.secret !== null
        const after = { cloud: before.cloud, name: change.name ?? before.name, fields, hasSecret, environment: change.environment ?? before.environment }
        refuseMistakes(caller, before, after, secret)
        await refuseTaken(sql, companyId, after.name, id)
        const isVoid = change.secret !== undefined || after.environment !== before.environment || !isSame(fields, before.fields)
        const isChecked = !isVoid && before.check?.ok === true
        const mayBeOn = after.environment === 'sandbox' || isChecked
        if (change.enabled === true && !mayBeOn) throw new AppError('conflict', isVoid ? 'this change voids the check: make it, check the account, then switch it on' : 'an account for production is switched on after a check has passed: check it first')
        const enabled = (change.enabled ?? before.enabled) && mayBeOn
        await sql.query(
          `update cloud_accounts set name = $3, environment = $4, enabled = $5, fields = $6::jsonb, updated_at = ${atMs('$7')},
             checked_at = case when $8 then null else checked_at end, check_report = case when $8 then null else check_report end where company_id = $1 and id = $2`,
          [companyId, id, after.name, after.environment, enabled, JSON.stringify(fields), nowMs, isVoid],
        )
        if (change.secret !== undefined) await sql.query('update cloud_accounts set secret = $3 where company_id = $1 and id = $2', [companyId, id, secret === null ? null : box.seal(secret, id)])
        const account = await find(sql, companyId, id)
        const changed = change.secret === undefined ? {} : { secret: secret === null ? 'removed' : 'stored' }
        await writeAudit(sql, caller, { companyId, action: 'cloud_account.updated', subject: id, before: told(before, rules), after: { ...told(account, rules), ...changed } }, nowMs)
        return account
      }, { durable: true })
    },

    /** Deletes an account with its secret. Runs that are under way in it end with it. */
    async remove(caller: Caller, companyId: string, id: string): Promise<void> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        await sql.query('select 1 from cloud_accounts where company_id = $1 and id = $2 for update', [companyId, id])
        const before = await find(sql, companyId, id)
        await sql.query('delete from cloud_accounts where company_id = $1 and id = $2', [companyId, id])
        await writeAudit(sql, caller, { companyId, action: 'cloud_account.deleted', subject: id, before: told(before, rules), after: null }, nowMs)
      }, { durable: true })
    },

    /** Keeps what a check found, unless the account was changed since it was opened for it; a failed one switches an account for production off. */
    async keepCheck(caller: Caller, companyId: string, id: string, report: CloudCheck, checked: Pick<OpenedCloudAccount, 'fields' | 'environment' | 'updatedAt'>): Promise<CloudAccountView> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        await sql.query('select 1 from cloud_accounts where company_id = $1 and id = $2 for update', [companyId, id])
        const before = await find(sql, companyId, id)
        if (before.updatedAt !== checked.updatedAt || before.environment !== checked.environment || !isSame(before.fields, checked.fields)) throw new AppError('conflict', 'the account was changed while it was checked: check it again')
        await sql.query(`update cloud_accounts set checked_at = ${atMs('$3')}, check_report = $4::jsonb, enabled = enabled and ($5 or environment = 'sandbox') where company_id = $1 and id = $2`, [companyId, id, nowMs, JSON.stringify(report), report.ok])
        const account = await find(sql, companyId, id)
        await writeAudit(sql, caller, { companyId, action: 'cloud_account.checked', subject: id, before: { enabled: before.enabled, ok: before.check?.ok ?? null }, after: { enabled: account.enabled, ok: report.ok, failed: report.findings.filter(({ ok }) => !ok).map(({ name }) => name) } }, nowMs)
        return account
      }, { durable: true })
    },

    /**
     * Opens an account for work, for the program itself: nothing is asked about rights but that it is this company's. Its use is noted in the audit log, once for a
     * run and a process, each time where it is for none. Throws `not_found`.
     */
    async open(companyId: string, id: string, use: CloudAccountUse): Promise<OpenedCloudAccount> {
      const account = await find(db, companyId, id)
      await note(account, use)
      const { cloud, name, environment, enabled, fields, updatedAt } = account
      return {
        id, companyId, cloud, name, environment, enabled, fields, updatedAt,
        secret: async () => {
          const rows = await db.query<{ secret: Uint8Array | null }>('select secret from cloud_accounts where company_id = $1 and id = $2', [companyId, id])
          const sealed = rows[0]?.secret ?? null
          return sealed === null ? null : box.open(Buffer.from(sealed), id).toString('utf8')
        },
      }
    },

    /** Accounts of a company that are switched on, for the program itself. */
    async usable(companyId: string, environment: 'production' | 'sandbox'): Promise<readonly CloudAccountView[]> {
      return db.query<CloudAccountView>(`${SELECT} where company_id = $1 and environment = $2 and enabled order by name, id`, [companyId, environment])
    },
  }
}

/** Cloud accounts, as the rest of the program uses them. */
export type CloudAccountStore = ReturnType<typeof cloudAccountStore>

function trimmed(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.trim()] as const).filter(([, value]) => value !== ''))
}

function isSame(one: Fields, other: Fields): boolean {
  return JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort())
}

/** For the audit log: what the program made is no secret, but nobody needs it there. */
function told({ cloud, name, environment, enabled, fields, hasSecret }: CloudAccountView, rules: CloudAccountRules): Record<string, unknown> {
  return { cloud, name, environment, enabled, hasSecret, fields: withoutMade({ cloud, fields }, rules) }
}

function withoutMade({ cloud, fields }: Pick<CloudAccountView, 'cloud' | 'fields'>, rules: CloudAccountRules): Fields {
  const made = rules.made(cloud)
  return Object.fromEntries(Object.entries(fields).filter(([field]) => !made.includes(field)))
}

/** As whom the cloud is called. */
function identityOf({ cloud, fields }: CloudAccountView): string | null {
  return cloud === 'aws' ? fields['roleArn'] ?? fields['accountId'] ?? null : cloud === 'azure' ? fields['clientId'] ?? fields['identity'] ?? null : fields['projectId'] ?? null
}
