import { randomUUID } from 'node:crypto'
import { covers, type Caller, type Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { Role } from '../../schemas/settings.ts'
import type { Page, PageQuery, UserView } from '../../schemas/views.ts'
import { writeAudit } from './audit.ts'
import { managedUsers, visibleCompanies, visibleUsers } from './scope.ts'
import { atMs, decodeCursor, iso, Params, toPage, type Sql, type SqlDatabase } from './sql.ts'
import { endHands, noteHands } from './user-hands.ts'

/** What makes a user; the password is hashed before it comes here. */
export interface UserDraft {
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly companies: readonly string[]
  readonly passwordHash: string
}

/** A change of a user; absent fields stay. */
export type UserChange = Partial<UserDraft> & { readonly disabled?: boolean }

/** A user as log-in and every authenticated request need them. */
export interface Account {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly passwordHash: string
  readonly disabled: boolean
  readonly companyIds: readonly string[]
}

const COMPANIES = `coalesce((select array_agg(uc.company_id order by uc.company_id) from user_companies uc where uc.user_id = u.id`

/** Users over the database. */
export function userStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  const columns = (scope: Scope, params: Params) =>
    `u.id, u.email, u.name, u.role, ${COMPANIES} and ${visibleCompanies(scope, params, 'uc.company_id')}), '{}') as companies,
     u.disabled_at is not null as disabled, ${iso('u.created_at')} as "createdAt", ${iso('u.updated_at')} as "updatedAt"`

  async function find(sql: Sql, scope: Scope, id: string): Promise<UserView> {
    const params = new Params()
    const rows = await sql.query<UserView>(`select ${columns(scope, params)} from users u where u.id = ${params.add(id)} and ${visibleUsers(scope, params, 'u')}`, params.values)
    if (rows[0] === undefined) throw new AppError('not_found', 'there is no such user')
    return rows[0]
  }

  /** Locks the user's row; throws `not_found` when it may not be seen, `forbidden` when seen but not changed. */
  async function requireManaged(sql: Sql, scope: Scope, id: string): Promise<void> {
    const params = new Params()
    const rows = await sql.query<{ managed: boolean }>(
      `select ${managedUsers(scope, params, 'u')} as managed from users u where u.id = ${params.add(id)} and ${visibleUsers(scope, params, 'u')} for update of u`,
      params.values,
    )
    if (rows[0] === undefined) throw new AppError('not_found', 'there is no such user')
    if (!rows[0].managed) throw new AppError('forbidden', 'this user also belongs to companies that are not yours; ask your MSP')
  }

  /** Refuses roles and companies beyond the caller's own. */
  async function requireGrantable(sql: Sql, scope: Scope, role: Role, companies: readonly string[]): Promise<void> {
    if (scope.role !== 'msp_admin' && scope.role !== 'company_admin') throw new AppError('forbidden', 'your role may not manage users')
    if (scope.role === 'company_admin' && role === 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin may make an MSP Admin')
    if (role !== 'msp_admin' && companies.length === 0) throw new AppError('bad_request', 'companies must name at least one company for this role')
    const known = await sql.query<{ id: string }>('select id from companies where id = any($1::text[])', [companies])
    const missing = companies.filter((id) => !covers(scope, id) || !known.some((row) => row.id === id))
    if (missing.length > 0) throw new AppError('not_found', `there is no such company: ${missing.join(', ')}`)
  }

  async function setCompanies(sql: Sql, userId: string, companies: readonly string[]): Promise<void> {
    await sql.query('delete from user_companies where user_id = $1', [userId])
    await sql.query('insert into user_companies (user_id, company_id) select $1, unnest($2::text[])', [userId, [...new Set(companies)]])
  }

  return {
    /** The account behind an e-mail address, in whatever case; null when there is none. */
    async byEmail(email: string): Promise<Account | null> {
      return account(db, 'u.email = $1', email.toLowerCase())
    },

    /** The account of a user id; null when there is none. */
    async byId(id: string): Promise<Account | null> {
      return account(db, 'u.id = $1', id)
    },

    /** A user the caller manages. Throws `not_found`. */
    get: (scope: Scope, id: string): Promise<UserView> => find(db, scope, id),

    /** Users the caller may see, by e-mail address. */
    async list(scope: Scope, query: PageQuery & { readonly companyId: string | null }): Promise<Page<UserView>> {
      const params = new Params()
      const select = columns(scope, params)
      const where = [visibleUsers(scope, params, 'u')]
      if (query.companyId !== null) where.push(`exists (select 1 from user_companies uc where uc.user_id = u.id and uc.company_id = ${params.add(query.companyId)})`)
      if (query.cursor !== null) where.push(`u.email > ${params.add(decodeCursor(query.cursor, 'string'))}`)
      const rows = await db.query<UserView>(`select ${select} from users u where ${where.join(' and ')} order by u.email limit ${params.add(query.limit + 1)}`, params.values)
      return toPage(rows, query.limit, (row) => row.email)
    },

    /** Makes a user. A company admin only for own companies, and never an MSP Admin. */
    async create(caller: Caller, draft: UserDraft): Promise<UserView> {
      const [id, nowMs, email] = [randomUUID(), clock.now(), draft.email.toLowerCase()]
      return db.transaction(async (sql) => {
        await requireGrantable(sql, caller.scope, draft.role, draft.companies)
        const made = await sql.query(
          `insert into users (id, email, name, role, password_hash, created_at, updated_at) values ($1, $2, $3, $4, $5, ${atMs('$6')}, ${atMs('$6')})
           on conflict (email) do nothing returning id`,
          [id, email, draft.name, draft.role, draft.passwordHash, nowMs],
        )
        if (made.length === 0) throw new AppError('conflict', 'this e-mail address cannot be used: it belongs to a user already')
        await setCompanies(sql, id, draft.companies)
        await noteHands(sql, caller, id, true, nowMs)
        const after = { email, name: draft.name, role: draft.role, companies: draft.companies }
        await writeAudit(sql, caller, { companyId: soleCompany(draft.companies), action: 'user.created', subject: id, before: null, after }, nowMs)
        return find(sql, caller.scope, id)
      }, { durable: true })
    },

    /** Changes a user. Nobody changes their own role, companies or lock. */
    async update(caller: Caller, id: string, change: UserChange): Promise<UserView> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, id)
        if (id === caller.id && (change.role !== undefined || change.companies !== undefined || change.disabled !== undefined)) {
          throw new AppError('forbidden', 'nobody may change their own role, companies or lock; ask another administrator')
        }
        const stored = await account(sql, 'u.id = $1', id)
        if (stored === null) throw new AppError('not_found', 'there is no such user')
        const before = { email: stored.email, name: stored.name, role: stored.role, companies: stored.companyIds, disabled: stored.disabled }
        const { passwordHash, ...fields } = change
        const after = { ...before, ...fields, email: (change.email ?? before.email).toLowerCase() }
        await requireGrantable(sql, caller.scope, after.role, after.companies)
        const taken = await sql.query('select 1 from users where email = $1 and id <> $2', [after.email, id])
        if (taken.length > 0) throw new AppError('conflict', 'this e-mail address cannot be used: it belongs to a user already')
        await sql.query(
          `update users set email = $2, name = $3, role = $4, password_hash = coalesce($5, password_hash),
             disabled_at = case when $6 then coalesce(disabled_at, ${atMs('$7')}) end, updated_at = ${atMs('$7')} where id = $1`,
          [id, after.email, after.name, after.role, passwordHash ?? null, after.disabled, nowMs],
        )
        if (change.companies !== undefined) await setCompanies(sql, id, change.companies)
        const isWayIn = passwordHash !== undefined || after.email !== before.email
        if (isWayIn || hasOtherRights(before, after)) await noteHands(sql, caller, id, isWayIn, nowMs)
        if (id === caller.id && passwordHash !== undefined) await endHands(sql, id, nowMs)
        if (isWayIn || hasOtherRights(before, after)) await endSignIns(sql, id)
        const line = { companyId: soleCompany([...new Set([...before.companies, ...after.companies])]), action: 'user.updated', subject: id }
        await writeAudit(sql, caller, { ...line, before, after: { ...after, ...(passwordHash === undefined ? {} : { passwordChanged: true }) } }, nowMs)
        return find(sql, caller.scope, id)
      }, { durable: true })
    },

    /** Removes a user; what they did stays in the audit log. Nobody removes themselves. */
    async remove(caller: Caller, id: string): Promise<void> {
      const nowMs = clock.now()
      await db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, id)
        if (id === caller.id) throw new AppError('forbidden', 'nobody may remove themselves; ask another administrator')
        const stored = await account(sql, 'u.id = $1', id)
        await sql.query('delete from users where id = $1', [id])
        await endSignIns(sql, id)
        const before = stored === null ? null : { email: stored.email, name: stored.name, role: stored.role, companies: stored.companyIds }
        await writeAudit(sql, caller, { companyId: soleCompany(stored?.companyIds ?? []), action: 'user.removed', subject: id, before, after: null }, nowMs)
      }, { durable: true })
    },

    /** Replaces the caller's own password, if it still is the one they proved to know. */
    async changeOwnPassword(caller: Caller, knownHash: string, nextHash: string): Promise<void> {
      const nowMs = clock.now()
      await db.transaction(async (sql) => {
        const changed = await sql.query(`update users set password_hash = $3, updated_at = ${atMs('$4')} where id = $1 and password_hash = $2 returning id`, [caller.id, knownHash, nextHash, nowMs])
        if (changed.length === 0) throw new AppError('conflict', 'the password was changed in the meantime; log in again')
        await endHands(sql, caller.id, nowMs)
        await endSignIns(sql, caller.id)
        await writeAudit(sql, caller, { companyId: null, action: 'user.password_changed', subject: caller.id, before: null, after: null }, nowMs)
      }, { durable: true })
    },
  }
}

/** Sign-ins at vendors go on without a log-in: those this person began end with the rights they were begun by. */
async function endSignIns(sql: Sql, id: string): Promise<void> {
  await sql.query(`delete from oauth_states where actor ->> 'kind' = 'user' and actor ->> 'id' = $1`, [id])
}

async function account(sql: Sql, where: string, value: string): Promise<Account | null> {
  const rows = await sql.query<Account>(
    `select u.id, u.email, u.name, u.role, u.password_hash as "passwordHash", u.disabled_at is not null as disabled, ${COMPANIES}), '{}') as "companyIds" from users u where ${where}`,
    [value],
  )
  return rows[0] ?? null
}

interface Rights { readonly role: Role; readonly companies: readonly string[]; readonly disabled: boolean }

function hasOtherRights(before: Rights, after: Rights): boolean {
  return before.role !== after.role || before.disabled !== after.disabled || [...new Set(before.companies)].sort().join() !== [...new Set(after.companies)].sort().join()
}

/** A line about a user of one company belongs to that company's audit log; of several, to the MSP's. */
function soleCompany(companies: readonly string[]): string | null {
  return companies.length === 1 ? (companies[0] ?? null) : null
}
