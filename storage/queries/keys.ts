/** Keys of integrations: issuing and rotating. The text of a key or secret leaves this file once, in the answer to whoever asked. */
import { randomUUID } from 'node:crypto'
import type { IssuedKey } from '../../schemas/views.ts'
import { hashApiKey, newApiKey, newHmacSecret, type SecretBox } from '../secret-box.ts'
import { atMs, iso, type Sql } from './sql.ts'

/** Live keys an integration may have at once; issuing one more revokes the oldest. */
export const LIVE_KEYS_MAX = 4

/** Makes a key for an integration; those before it stop working at `previousExpireAtMs` at the latest, or at once when that is `nowMs`. */
export async function issueKey(sql: Sql, box: SecretBox, integration: { id: string; source: string | null }, nowMs: number, previousExpireAtMs: number): Promise<IssuedKey> {
  const [id, apiKey, hmacSecret] = [randomUUID(), newApiKey(), newHmacSecret()]
  const previous = await sql.query<{ expiresAt: string }>(
    `update integration_keys set expires_at = least(coalesce(expires_at, ${atMs('$2')}), ${atMs('$2')}), revoked_at = case when $2::float8 <= $3::float8 then ${atMs('$3')} end
     where integration_id = $1 and revoked_at is null and (expires_at is null or expires_at > ${atMs('$3')})
     returning ${iso('expires_at')} as "expiresAt"`,
    [integration.id, previousExpireAtMs, nowMs],
  )
  await sql.query(
    `update integration_keys set revoked_at = ${atMs('$3')} where id in (
       select id from integration_keys where integration_id = $1 and revoked_at is null and expires_at > ${atMs('$3')} order by created_at desc offset $2)`,
    [integration.id, LIVE_KEYS_MAX - 1, nowMs],
  )
  await sql.query(
    `insert into integration_keys (id, integration_id, key_hash, hmac_secret, created_at) values ($1, $2, $3, $4, ${atMs('$5')})`,
    [id, integration.id, hashApiKey(apiKey), box.seal(hmacSecret, id), nowMs],
  )
  const previousExpireAt = previous.map((row) => row.expiresAt).sort().at(-1) ?? null
  return { integrationId: integration.id, apiKey, hmacSecret, source: integration.source, previousExpireAt }
}

/** Ends a live key at once; its secret goes with it. False when the integration has no such live key. */
export async function revokeKey(sql: Sql, integrationId: string, keyId: string, nowMs: number): Promise<boolean> {
  const revoked = await sql.query(
    `update integration_keys set revoked_at = ${atMs('$3')} where id = $2 and integration_id = $1 and revoked_at is null and (expires_at is null or expires_at > ${atMs('$3')}) returning id`,
    [integrationId, keyId, nowMs],
  )
  return revoked.length > 0
}
