/** Connections to ticket systems as people keep them: settings in the open, secrets sealed, every read, use, check and change in the audit log. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { ConnectionCheck, ConnectionDraft, ConnectionView, Environment, TicketMapping } from '../../schemas/tickets.ts'
import { writeAudit } from '../queries/audit.ts'
import { requireManaged } from '../queries/companies.ts'
import { managedCompanies } from '../queries/scope.ts'
import { atMs, Params, type Sql, type SqlDatabase } from '../queries/sql.ts'
import type { SecretBox } from '../secret-box.ts'
import { connectionRow, connectionView, noConnection, readColumn, readSecrets, sealColumn, secretsAsRead, SELECT_CONNECTION, toldConnection, type ConnectionRow, type ConnectionState, type Fields } from './connection-rows.ts'
import { connectionUse, type ConnectionUse } from './connection-use.ts'
import { listAnew } from './queue.ts'

/** Connections a company, or the MSP for itself, may have. */
export const CONNECTIONS_MAX = 20
const HOOK_KEY_BYTES = 32
const WEBHOOK_SECRET_BYTES = 32

/** What may be stored, and by whom; connectors/vault/rules.ts says it from the configuration of each connector. */
export interface ConnectionRules {
  /** Sentences on everything wrong; `given` are the secrets that come with the change. */
  mistakes(state: ConnectionState, given: Fields): readonly string[]
  /** Sentences on what only an MSP Admin may set so. */
  adminOnly(before: ConnectionState | null, after: ConnectionState): readonly string[]
  /** What was changed of that which says where secrets are sent. */
  rebinds(before: ConnectionState, after: ConnectionState): readonly string[]
  /** Secrets a way of proving who we are can use. */
  secretsFor(connector: string, auth: ConnectionState['auth']): readonly string[]
  /** Settings and mapping with the connector's own defaults where there are none. */
  completed(state: Pick<ConnectionState, 'connector' | 'fields' | 'mapping'>): { readonly fields: Fields; readonly mapping: TicketMapping }
}

/** A connection for the program itself, in the shape connectors take. */
export interface UsableConnection {
  readonly id: string
  readonly companyId: string | null
  readonly connector: string
  readonly name: string
  readonly environment: Environment
  readonly enabled: boolean
  readonly baseUrl: string
  readonly auth: ConnectionState['auth']
  readonly scopes: readonly string[]
  readonly fields: Fields
  readonly mapping: TicketMapping
  /** One more with every change a person makes. */
  readonly version: number
}

/** A connection as it was made, changed or read by a person who manages it. */
export interface ConnectionFound {
  readonly connection: ConnectionView
  /** The long random part of the address its PSA posts to. */
  readonly hookKey: string
  /** A webhook secret that was made for this call. */
  readonly webhookSecret: string | null
}

/** What the store is opened with. */
export interface ConnectionStoreOptions {
  readonly clock: Clock
  readonly box: SecretBox
  readonly rules: ConnectionRules
}

/** Connections over the database. An MSP Admin reaches all, a company admin those of their companies; the MSP's own (company null) are an MSP Admin's alone. */
export function connectionStore(db: SqlDatabase, { clock, box, rules }: ConnectionStoreOptions) {
  const noteUse = connectionUse(db, clock)
  const managed = (scope: Scope, params: Params): string => (scope.role === 'msp_admin' ? 'true' : `(company_id is not null and ${managedCompanies(scope, params, 'company_id')})`)

  async function find(sql: Sql, scope: Scope, id: string, lock: '' | 'for update' = ''): Promise<ConnectionRow> {
    const params = new Params()
    const [row] = await sql.query<ConnectionRow>(`${SELECT_CONNECTION} where id = ${params.add(id)} and ${managed(scope, params)} ${lock}`, params.values)
    if (row === undefined) throw noConnection()
    return row
  }
  /** One writer at a time for what a company, or the MSP, has. */
  async function place(sql: Sql, caller: Caller, companyId: string | null): Promise<void> {
    if (companyId !== null) {
      await requireManaged(sql, caller.scope, companyId)
      await sql.query('select 1 from companies where id = $1 for update', [companyId])
    } else if (caller.scope.role !== 'msp_admin') throw new AppError('forbidden', 'only an MSP Admin may keep the MSP’s own connections; name a company of yours')
    else await sql.query('select 1 from connections where company_id is null order by id for update')
  }
  const refuse = (caller: Caller, before: ConnectionRow | null, after: ConnectionState, given: Fields, forgotten: readonly string[]): void => {
    const mistakes = rules.mistakes(after, given)
    if (mistakes.length > 0) throw new AppError('bad_request', mistakes.join('; '), { details: { mistakes } })
    if (caller.scope.role === 'msp_admin') return
    const reserved = rules.adminOnly(before, after)
    if (reserved.length > 0) throw new AppError('forbidden', reserved.join('; '))
    const rebound = before === null ? [] : rules.rebinds(before, after)
    const kept = before?.secrets.filter((name) => after.secrets.includes(name) && given[name] === undefined && !forgotten.includes(name)) ?? []
    // Else a secret that somebody else stored could be sent to another place.
    if (rebound.length > 0 && kept.length > 0) throw new AppError('bad_request', `${rebound.join(', ')} says where the stored secrets are sent: give ${kept.join(', ')} anew with the change`)
  }
  const refuseTaken = async (sql: Sql, id: string, companyId: string | null, { name, environment }: ConnectionState, enabled: boolean): Promise<void> => {
    const others = await sql.query<{ name: string; enabled: boolean; environment: Environment }>('select name, enabled, environment from connections where company_id is not distinct from $1 and id <> $2', [companyId, id])
    const whose = companyId === null ? 'the MSP' : 'this company'
    if (others.some((other) => other.name === name)) throw new AppError('conflict', `${whose} has a connection of this name already: name it otherwise`)
    const used = others.find((other) => other.enabled && other.environment === environment)
    if (enabled && used !== undefined) throw new AppError('conflict', `${whose} already uses the connection ${used.name} for ${environment}, and one incident is one ticket: switch that off first`)
    if (others.length >= CONNECTIONS_MAX) throw new AppError('conflict', `${whose} has ${CONNECTIONS_MAX} connections, which is the most: remove one`)
  }
  const found = async (sql: Sql, row: ConnectionRow, webhookSecret: string | null): Promise<ConnectionFound> =>
    ({ connection: connectionView(row), hookKey: (await readColumn(sql, box, row.id, 'hook_key')) ?? '', webhookSecret })

  const usable = (row: ConnectionRow): UsableConnection => {
    const { id, companyId, connector, name, environment, enabled, baseUrl, auth, scopes, version } = row
    return { id, companyId, connector, name, environment, enabled, baseUrl, auth, scopes, version, ...rules.completed(row) }
  }

  return {
    /** Connections of a company (null: the MSP's own; undefined: all the caller manages), by name. */
    async list(scope: Scope, companyId?: string | null): Promise<readonly ConnectionView[]> {
      if (companyId !== undefined && companyId !== null) await requireManaged(db, scope, companyId)
      const params = new Params()
      const where = [managed(scope, params)]
      if (companyId !== undefined) where.push(`company_id is not distinct from ${params.add(companyId)}`)
      return (await db.query<ConnectionRow>(`${SELECT_CONNECTION} where ${where.join(' and ')} order by company_id nulls first, name, id`, params.values)).map(connectionView)
    },

    /** One of them, for what the program does for a person. Throws `not_found`. */
    get: async (scope: Scope, id: string): Promise<ConnectionView> => connectionView(await find(db, scope, id)),

    /** One of them for a person, with the address of its webhooks, which is told in the audit log. Throws `not_found`. */
    async read(caller: Caller, id: string): Promise<ConnectionFound> {
      const row = await find(db, caller.scope, id)
      await writeAudit(db, caller, { companyId: row.companyId, action: 'connection.read', subject: id, before: null, after: { name: row.name } }, clock.now())
      return found(db, row, null)
    },

    /** Makes a connection, switched off: it is used once a check has passed. Throws `bad_request` with every mistake, `forbidden`, `conflict`. */
    async create(caller: Caller, companyId: string | null, draft: ConnectionDraft): Promise<ConnectionFound> {
      const [id, nowMs] = [randomUUID(), clock.now()]
      return db.transaction(async (sql) => {
        await place(sql, caller, companyId)
        const given = givenOf(draft.secrets)
        const after: ConnectionState = { connector: draft.connector, name: draft.name, environment: draft.environment, baseUrl: trimmedUrl(draft.baseUrl), auth: draft.auth, scopes: draft.scopes, fields: trimmed(draft.fields), mapping: draft.mapping, secrets: Object.keys(given).sort() }
        refuse(caller, null, after, given, [])
        if (draft.enabled) throw new AppError('conflict', 'a connection is switched on after its check has passed: make it switched off, check it, then switch it on')
        await refuseTaken(sql, id, companyId, after, false)
        const webhookSecret = draft.webhookSecret === null ? randomBytes(WEBHOOK_SECRET_BYTES).toString('base64url') : draft.webhookSecret ?? null
        await sql.query(
          `insert into connections (id, company_id, connector, name, environment, base_url, auth, scopes, fields, mapping, secret_names, secrets, webhook_secret, hook_key, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8::text[], $9::jsonb, $10::jsonb, $11::text[], $12, $13, $14, ${atMs('$15')}, ${atMs('$15')})`,
          [id, companyId, after.connector, after.name, after.environment, after.baseUrl, after.auth, after.scopes, JSON.stringify(after.fields), JSON.stringify(after.mapping), after.secrets, sealed(id, given),
            webhookSecret === null ? null : sealColumn(box, id, 'webhook_secret', webhookSecret), sealColumn(box, id, 'hook_key', randomBytes(HOOK_KEY_BYTES).toString('base64url')), nowMs],
        )
        const row = await connectionRow(sql, id)
        await writeAudit(sql, caller, { companyId, action: 'connection.created', subject: id, before: null, after: { ...toldConnection(row), hasWebhookSecret: row.hasWebhookSecret } }, nowMs)
        return found(sql, row, draft.webhookSecret === null ? webhookSecret : null)
      }, { durable: true })
    },

    /**
     * Changes a connection; absent fields stay. What changes how the PSA is called voids the check and switches the connection off; tokens are given up with what they
     * were given for. A mapping of a connection in use may change while it stays in use. Throws as `create` does.
     */
    async update(caller: Caller, id: string, change: Partial<Omit<ConnectionDraft, 'connector'>>): Promise<ConnectionFound> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await place(sql, caller, (await find(sql, caller.scope, id)).companyId)
        const before = await find(sql, caller.scope, id, 'for update')
        const [given, forgotten] = [givenOf(change.secrets ?? {}), forgottenOf(change.secrets ?? {})]
        const auth = change.auth ?? before.auth
        const fit = rules.secretsFor(before.connector, auth)
        const secrets = [...new Set([...before.secrets.filter((name) => fit.includes(name)), ...Object.keys(given)])].filter((name) => !forgotten.includes(name)).sort()
        const after: ConnectionState = {
          connector: before.connector, name: change.name ?? before.name, environment: change.environment ?? before.environment, baseUrl: change.baseUrl === undefined ? before.baseUrl : trimmedUrl(change.baseUrl), auth,
          scopes: change.scopes ?? before.scopes, fields: change.fields === undefined ? before.fields : trimmed(change.fields), mapping: change.mapping ?? before.mapping, secrets,
        }
        refuse(caller, before, after, given, forgotten)
        if (after.environment !== before.environment && (await sql.query('select 1 from tickets where connection_id = $1 limit 1', [id])).length > 0) throw new AppError('conflict', `tickets of ${before.environment} were made with this connection: make another one for ${after.environment}`)
        const hasNewSecrets = Object.keys(given).length > 0 || !isSame(secrets, before.secrets)
        const givesUpTokens = hasNewSecrets || rules.rebinds(before, after).length > 0 || !isSame(after.scopes, before.scopes)
        const isVoid = givesUpTokens || after.environment !== before.environment || !isSame(after.fields, before.fields) || (!before.enabled && !isSame(after.mapping, before.mapping))
        if (change.enabled === true && (isVoid || before.check?.ok !== true)) throw new AppError('conflict', isVoid ? 'this change voids the check: make it, check the connection, then switch it on' : 'a connection is switched on after its check has passed: \`aw connection check <name> --enable\` does both')
        const enabled = (change.enabled ?? before.enabled) && !isVoid
        await refuseTaken(sql, id, before.companyId, after, enabled)
        await sql.query(
          `update connections set name = $2, environment = $3, base_url = $4, auth = $5, scopes = $6::text[], fields = $7::jsonb, mapping = $8::jsonb, secret_names = $9::text[], enabled = $10, updated_at = ${atMs('$11')}, version = version + 1,
             checked_at = case when $12 then null else checked_at end, check_report = case when $12 then null else check_report end, last_error = case when $12 then null else last_error end where id = $1`,
          [id, after.name, after.environment, after.baseUrl, after.auth, after.scopes, JSON.stringify(after.fields), JSON.stringify(after.mapping), secrets, enabled, nowMs, isVoid],
        )
        if (hasNewSecrets) {
          const all = { ...await readSecrets(sql, box, id), ...given }
          await sql.query('update connections set secrets = $2 where id = $1', [id, sealed(id, Object.fromEntries(secrets.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]]))))])
        }
        if (givesUpTokens) await sql.query('update connections set tokens = null, token_mark = null, token_expires_at = null, token_due_at = null, token_holder = null, token_held_until = null, token_tries = 0, is_token_unsure = false, hold_error = null where id = $1', [id])
        // A browser that is under way would come back with tokens for what was.
        if (givesUpTokens) await sql.query('delete from oauth_states where connection_id = $1', [id])
        const webhookSecret = change.webhookSecret === null ? randomBytes(WEBHOOK_SECRET_BYTES).toString('base64url') : change.webhookSecret ?? null
        if (webhookSecret !== null) await sql.query('update connections set webhook_secret = $2 where id = $1', [id, sealColumn(box, id, 'webhook_secret', webhookSecret)])
        // Nothing was told to its tickets while it was off.
        if (enabled && !before.enabled) await listAnew(sql, await untrue(sql, id), nowMs)
        const row = await connectionRow(sql, id)
        const stored = { secretsGiven: Object.keys(given).sort(), secretsForgotten: forgotten, ...(webhookSecret === null ? {} : { webhookSecret: 'stored' }), ...(givesUpTokens && before.hasTokens ? { tokens: 'given up' } : {}) }
        await writeAudit(sql, caller, { companyId: before.companyId, action: 'connection.updated', subject: id, before: toldConnection(before), after: { ...toldConnection(row), ...stored } }, nowMs)
        return found(sql, row, change.webhookSecret === null ? webhookSecret : null)
      }, { durable: true })
    },

    /** Deletes a connection with its secrets. Its tickets stay, and are no longer kept true. */
    async remove(caller: Caller, id: string): Promise<void> {
      const nowMs = clock.now()
      await db.transaction(async (sql) => {
        const before = await find(sql, caller.scope, id, 'for update')
        await sql.query('delete from connections where id = $1', [id])
        await writeAudit(sql, caller, { companyId: before.companyId, action: 'connection.deleted', subject: id, before: toldConnection(before), after: null }, nowMs)
      }, { durable: true })
    },

    /** Keeps what a check found, unless the connection was changed since it was opened for it; a failed one switches a connection for production off. */
    async keepCheck(caller: Caller, id: string, report: ConnectionCheck, checked: Pick<UsableConnection, 'version'>): Promise<ConnectionView> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        const before = await find(sql, caller.scope, id, 'for update')
        if (before.version !== checked.version) throw new AppError('conflict', 'the connection was changed while it was checked: check it again')
        await sql.query(
          `update connections set checked_at = ${atMs('$2')}, check_report = $3::jsonb, enabled = enabled and ($4 or environment = 'sandbox'), last_error = case when $4 then null else last_error end where id = $1`,
          [id, nowMs, JSON.stringify(report), report.ok])
        const row = await connectionRow(sql, id)
        await writeAudit(sql, caller, { companyId: row.companyId, action: 'connection.checked', subject: id, before: { enabled: before.enabled, ok: before.check?.ok ?? null }, after: { enabled: row.enabled, ok: report.ok, failed: report.findings.filter(({ ok }) => !ok).map(({ name }) => name) } }, nowMs)
        return connectionView(row)
      }, { durable: true })
    },

    /** Opens a connection for work, for the program itself: nothing is asked about rights. Its use is noted in the audit log once an hour and process. Throws `not_found`. */
    async open(id: string, use: ConnectionUse): Promise<UsableConnection & { secrets(): Promise<Fields> }> {
      const row = await connectionRow(db, id)
      await noteUse(row, use)
      return { ...usable(row), secrets: () => secretsAsRead(db, box, row) }
    },

    /** The same to be looked at alone: nothing is noted. Throws `not_found`. */
    async peek(id: string): Promise<UsableConnection & { secrets(): Promise<Fields> }> {
      const row = await connectionRow(db, id)
      return { ...usable(row), secrets: () => secretsAsRead(db, box, row) }
    },

    /** The connection a company's incidents go to: its own that is in use, else the MSP's, else null. */
    async effective(companyId: string, environment: Environment): Promise<UsableConnection | null> {
      const [row] = await db.query<ConnectionRow>(`${SELECT_CONNECTION} where enabled and environment = $2 and (company_id = $1 or company_id is null) order by company_id nulls last limit 1`, [companyId, environment])
      return row === undefined ? null : usable(row)
    },

    /** Every connection in use, for polling and reconciliation. */
    enabled: async (): Promise<readonly UsableConnection[]> => (await db.query<ConnectionRow>(`${SELECT_CONNECTION} where enabled order by id`)).map(usable),

    /** What proves a webhook of a connection; null where there is no such connection. */
    async hook(id: string): Promise<{ readonly connection: UsableConnection; readonly hookKey: string; readonly webhookSecret: string | null } | null> {
      const [row] = await db.query<ConnectionRow>(`${SELECT_CONNECTION} where id = $1`, [id])
      if (row === undefined) return null
      return { connection: usable(row), hookKey: (await readColumn(db, box, id, 'hook_key')) ?? '', webhookSecret: await readColumn(db, box, id, 'webhook_secret') }
    },

    /** Notes why the newest call failed, or with null that all is well. */
    async noteError(id: string, error: string | null): Promise<void> {
      await db.query('update connections set last_error = $2 where id = $1 and last_error is distinct from $2', [id, error])
    },
  }

  function sealed(id: string, secrets: Fields): Buffer | null {
    return Object.keys(secrets).length === 0 ? null : sealColumn(box, id, 'secrets', JSON.stringify(secrets))
  }
}

/** Connections, as the rest of the program uses them. */
export type ConnectionStore = ReturnType<typeof connectionStore>

/** Incidents with a ticket there that is open, or that ended though the incident is not over. */
function untrue(sql: Sql, connectionId: string): Promise<readonly { readonly incidentId: string; readonly companyId: string }[]> {
  return sql.query(
    `select distinct t.incident_id as "incidentId", t.company_id as "companyId" from tickets t join incidents i on i.id = t.incident_id and i.company_id = t.company_id
     where t.connection_id = $1 and t.origin = 'own' and t.mode in ('sandbox', 'production') and not t.is_simulated
       and (i.status in ('open', 'assigned', 'in_progress') or (t.closed_at is null and coalesce(t.told ->> 'ended', 'no') = 'no'))`, [connectionId])
}

function givenOf(secrets: ConnectionDraft['secrets']): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).filter((entry): entry is [string, string] => entry[1] !== null))
}

function forgottenOf(secrets: ConnectionDraft['secrets']): readonly string[] {
  return Object.entries(secrets).filter(([, value]) => value === null).map(([name]) => name).sort()
}

function trimmed(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.trim()] as const).filter(([, value]) => value !== ''))
}

function trimmedUrl(url: string): string {
  return url.trim().replace(/\/+$/, '')
}

function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other)
}

/** The database gives names of an object in an order of its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort()) : part))
}
