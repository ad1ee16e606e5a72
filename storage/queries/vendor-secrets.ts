/** Secrets that vendors share with a company: stored sealed, read only by ingest, never shown again. */
import { randomUUID } from 'node:crypto'
import type { AppError } from '../../schemas/errors.ts'
import { opened, type SecretBox } from '../secret-box.ts'
import { atMs, type Sql } from './sql.ts'

/** Live vendor secrets an integration may have at once: the newest and those it replaces. Storing one more ends the oldest. */
export const VENDOR_SECRETS_MAX = 2

/** Stores a new secret of the vendor; the one before it counts until `previousExpireAtMs` at the latest, and no longer when that is `nowMs`. */
export async function storeVendorSecret(sql: Sql, box: SecretBox, integrationId: string, secret: string, nowMs: number, previousExpireAtMs: number): Promise<void> {
  const id = randomUUID()
  await sql.query(
    `delete from integration_vendor_secrets where integration_id = $1 and (expires_at <= ${atMs('$2')} or id not in (
       select id from integration_vendor_secrets where integration_id = $1 and (expires_at is null or expires_at > ${atMs('$2')}) order by (expires_at is null) desc, created_at desc, id limit $3))`,
    [integrationId, nowMs, VENDOR_SECRETS_MAX - 1],
  )
  if (previousExpireAtMs <= nowMs) await removeVendorSecrets(sql, integrationId)
  await sql.query(`update integration_vendor_secrets set expires_at = least(coalesce(expires_at, ${atMs('$2')}), ${atMs('$2')}) where integration_id = $1`, [integrationId, previousExpireAtMs])
  await sql.query(
    `insert into integration_vendor_secrets (id, integration_id, secret, created_at) values ($1, $2, $3, ${atMs('$4')})`,
    [id, integrationId, box.seal(secret, id), nowMs],
  )
}

/** Forgets every secret of the vendor. */
export async function removeVendorSecrets(sql: Sql, integrationId: string): Promise<void> {
  await sql.query('delete from integration_vendor_secrets where integration_id = $1', [integrationId])
}

/** Live vendor secrets by integration id, newest first. One that does not open under the master key is left out and told. */
export async function loadVendorSecrets(sql: Sql, box: SecretBox, nowMs: number, damaged: (error: AppError) => void): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await sql.query<{ id: string; integrationId: string; sealed: Buffer }>(
    `select id, integration_id as "integrationId", secret as sealed from integration_vendor_secrets where expires_at is null or expires_at > ${atMs('$1')} order by (expires_at is null) desc, created_at desc, id`,
    [nowMs],
  )
  const secrets = new Map<string, string[]>()
  for (const row of rows) {
    const secret = opened(box, row.sealed, row.id, damaged)
    if (secret !== null) secrets.set(row.integrationId, [...(secrets.get(row.integrationId) ?? []), secret])
  }
  return secrets
}
