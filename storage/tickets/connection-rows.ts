/** Connections as they stand in their table: the columns, what is shown of them, and what is sealed under which name. */
import { AppError } from '../../schemas/errors.ts'
import type { AuthKind, ConnectionCheck, ConnectionView, Environment, TicketMapping } from '../../schemas/tickets.ts'
import { iso, whole, type Sql } from '../queries/sql.ts'
import type { SecretBox } from '../secret-box.ts'

/** Names and values, nothing secret. */
export type Fields = Readonly<Record<string, string>>

/** Everything of a connection that says what is called, as whom and how. */
export interface ConnectionState {
  readonly connector: string
  readonly name: string
  readonly environment: Environment
  readonly baseUrl: string
  readonly auth: AuthKind
  readonly scopes: readonly string[]
  readonly fields: Fields
  readonly mapping: Partial<TicketMapping>
  /** Names of the secrets it has. */
  readonly secrets: readonly string[]
}

/** A row without what is sealed. */
export interface ConnectionRow extends ConnectionState {
  readonly id: string
  readonly companyId: string | null
  readonly enabled: boolean
  readonly hasWebhookSecret: boolean
  readonly hasTokens: boolean
  readonly createdAt: string
  readonly updatedAt: string
  readonly checkedAt: string | null
  readonly check: ConnectionCheck | null
  readonly lastUsedAt: string | null
  readonly tokenExpiresAt: string | null
  readonly lastError: string | null
  readonly holdError: string | null
  /** One more with every change a person makes. */
  readonly version: number
}

/** Reads rows; `where` and `order by` follow. */
export const SELECT_CONNECTION = `select id, company_id as "companyId", connector, name, environment, enabled, base_url as "baseUrl", auth, scopes, fields, mapping, secret_names as secrets,
  webhook_secret is not null as "hasWebhookSecret", tokens is not null as "hasTokens", ${iso('created_at')} as "createdAt", ${iso('updated_at')} as "updatedAt", ${iso('checked_at')} as "checkedAt",
  check_report as "check", ${iso('last_used_at')} as "lastUsedAt", ${iso('token_expires_at')} as "tokenExpiresAt", last_error as "lastError", hold_error as "holdError", ${whole('version')} as version from connections`

/** The row of a connection, for the program itself. Throws `not_found`. */
export async function connectionRow(sql: Sql, id: string, lock: '' | 'for update' = ''): Promise<ConnectionRow> {
  const [row] = await sql.query<ConnectionRow>(`${SELECT_CONNECTION} where id = $1 ${lock}`, [id])
  if (row === undefined) throw noConnection()
  return row
}

/** What is said where a connection is not there, or not the caller's. */
export const noConnection = (): AppError => new AppError('not_found', 'there is no such connection')

/** What people are shown. The address of webhooks is filled in by whoever knows the address of this program. */
export function connectionView(row: ConnectionRow): ConnectionView {
  const { id, companyId, connector, name, environment, enabled, baseUrl, auth, scopes, fields, mapping, secrets, hasWebhookSecret, createdAt, updatedAt, checkedAt, check, lastUsedAt, tokenExpiresAt } = row
  return {
    id, companyId, connector, name, environment, enabled, baseUrl, auth, scopes, fields, mapping, secrets, hasWebhookSecret, createdAt, updatedAt, checkedAt, check, lastUsedAt, tokenExpiresAt,
    isConnected: auth !== 'oauth2_code' || (row.hasTokens && row.holdError === null), hookUrl: null, lastError: row.holdError ?? row.lastError,
  }
}

/** For the audit log. */
export function toldConnection({ companyId, connector, name, environment, enabled, baseUrl, auth, scopes, fields, mapping, secrets }: ConnectionRow): Record<string, unknown> {
  return { companyId, connector, name, environment, enabled, baseUrl, auth, scopes, fields, mapping, secrets }
}

/** Columns of `connections` that are sealed. */
export type SealedColumn = 'secrets' | 'tokens' | 'webhook_secret' | 'hook_key'

/** Seals a column's text for one row: neither another row nor another column opens it. */
export function sealColumn(box: SecretBox, id: string, column: SealedColumn, text: string): Buffer {
  return box.seal(text, `${id} ${column}`)
}

/** Opens it; null where there is none. Throws `config_invalid` where it was moved, changed, or sealed under another master key. */
export function openColumn(box: SecretBox, id: string, column: SealedColumn, sealed: Uint8Array | null): string | null {
  return sealed === null ? null : box.open(Buffer.from(sealed), `${id} ${column}`).toString('utf8')
}

/** One sealed column of a row, opened. Throws `not_found`. */
export async function readColumn(sql: Sql, box: SecretBox, id: string, column: SealedColumn): Promise<string | null> {
  const [row] = await sql.query<{ sealed: Uint8Array | null }>(`select ${column} as sealed from connections where id = $1`, [id])
  if (row === undefined) throw noConnection()
  return openColumn(box, id, column, row.sealed)
}

/**
 * The secrets of a connection that was read before, for work with it. Throws `conflict` where it was changed since in what says where they are sent: they may be
 * somebody else's by now, for another place.
 */
export async function secretsAsRead(sql: Sql, box: SecretBox, { id, baseUrl, auth, fields }: Pick<ConnectionRow, 'id' | 'baseUrl' | 'auth' | 'fields'>): Promise<Fields> {
  const [row] = await sql.query<{ sealed: Uint8Array | null; isSame: boolean }>(`select secrets as sealed, base_url = $2 and auth = $3 and fields = $4::jsonb as "isSame" from connections where id = $1`, [id, baseUrl, auth, JSON.stringify(fields)])
  if (row === undefined) throw noConnection()
  if (!row.isSame) throw new AppError('conflict', 'the connection was changed while work with it went on: nothing was sent; try it again')
  return secretsIn(openColumn(box, id, 'secrets', row.sealed))
}

/** The secrets of a connection by name. */
export async function readSecrets(sql: Sql, box: SecretBox, id: string): Promise<Fields> {
  return secretsIn(await readColumn(sql, box, id, 'secrets'))
}

function secretsIn(text: string | null): Fields {
  return text === null ? {} : (JSON.parse(text) as Record<string, string>)
}
