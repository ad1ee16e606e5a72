/** What ingest judges deliveries by: every live key, and the note of when it was last used. */
import { AppError } from '../../schemas/errors.ts'
import { wholeAuthentication, type IntegrationAuthentication } from '../../schemas/authentication.ts'
import { effectiveSettings } from '../../schemas/settings-cascade.ts'
import type { CompanySettings } from '../../schemas/settings.ts'
import type { IngestCredential } from '../../schemas/views.ts'
import { opened, openSecretBox, type MasterKey } from '../secret-box.ts'
import { atMs, type Sql } from './sql.ts'
import { loadVendorSecrets } from './vendor-secrets.ts'

interface Row {
  keyId: string
  keyHash: string
  sealed: Buffer
  expiresAtMs: number | null
  integrationId: string
  source: string | null
  requireHmac: boolean
  companyId: string
  settings: Partial<CompanySettings>
  authentication: Partial<IntegrationAuthentication>
}

/** A live row of a table with an expiry, at the time in `$1`. */
const LIVE = (table: string): string => `(${table}.expires_at is null or ${table}.expires_at > ${atMs('$1')})`
/** A sum of hashes of rows: it needs no order, and a row more, less or other changes it. */
const sumOf = (columns: string, from: string): string => `(select coalesce(sum(hashtextextended(concat_ws(' ', ${columns}), 0)::numeric), 0)::text || ' ' || count(*) from ${from})`

/**
 * A mark of everything `loadCredentials` reads, at `nowMs`: while it stays the same there is nothing to read. Ten thousand keys take a second
 * and the edge's own thread to read and open, their mark a twentieth of that, in the database.
 */
export async function credentialsMark(sql: Sql, nowMs: number): Promise<string> {
  const [row] = await sql.query<{ mark: string }>(
    `select concat_ws(' ', ${sumOf('k.id, k.expires_at', `integration_keys k where k.revoked_at is null and ${LIVE('k')}`)},
       ${sumOf('v.id, v.expires_at', `integration_vendor_secrets v where ${LIVE('v')}`)},
       ${sumOf("i.id, coalesce(i.source, '-'), i.require_hmac, i.disabled_at is null, i.authentication", 'integrations i')}, ${sumOf('c.id, c.settings', 'companies c')}) as mark`,
    [nowMs],
  )
  return row?.mark ?? ''
}

/**
 * All keys that work at `nowMs`. A key or vendor secret that does not open under the master key is left out and its row id told: one damaged row must not keep
 * revocations of all others from being heard. Throws `config_invalid` when no key opens: then the master key is the wrong one.
 */
export async function loadCredentials(sql: Sql, masterKey: MasterKey, nowMs: number, damaged: (error: AppError) => void): Promise<IngestCredential[]> {
  const box = openSecretBox(masterKey)
  const rows = await sql.query<Row>(
    `select k.id as "keyId", encode(k.key_hash, 'hex') as "keyHash", k.hmac_secret as sealed, (extract(epoch from k.expires_at) * 1000)::float8 as "expiresAtMs",
       i.id as "integrationId", i.source, i.require_hmac as "requireHmac", i.authentication, c.id as "companyId", c.settings
     from integration_keys k join integrations i on i.id = k.integration_id join companies c on c.id = i.company_id
     where k.revoked_at is null and i.disabled_at is null and (k.expires_at is null or k.expires_at > ${atMs('$1')})
     order by i.id, k.created_at desc, k.id`,
    [nowMs],
  )
  const vendorSecrets = await loadVendorSecrets(sql, box, nowMs, damaged)
  const secrets = new Map<string, string[]>()
  const readable = rows.filter((row) => {
    const secret = opened(box, row.sealed, row.keyId, damaged)
    if (secret !== null) secrets.set(row.integrationId, [...(secrets.get(row.integrationId) ?? []), secret])
    return secret !== null
  })
  if (readable.length === 0 && rows.length > 0) throw new AppError('config_invalid', `none of ${rows.length} stored keys opens: AW_MASTER_KEY is not the one they were stored under`)
  return readable.map((row) => {
    const settings = effectiveSettings({}, row.settings)
    return {
      keyId: row.keyId,
      keyHash: row.keyHash,
      integrationId: row.integrationId,
      companyId: row.companyId,
      source: row.source,
      // A row that is neither bound nor signed is no credential we ever made: it must sign.
      requireHmac: row.requireHmac || row.source === null,
      hmacSecrets: secrets.get(row.integrationId) ?? [],
      vendorSecrets: vendorSecrets.get(row.integrationId) ?? [],
      authentication: wholeAuthentication(row.authentication),
      requestsPerMinute: settings.requestsPerMinute,
      burst: settings.burst,
      expiresAtMs: row.expiresAtMs,
    }
  })
}

/** Notes when keys were last used; an older note never replaces a newer one. */
export async function touchLastUsed(sql: Sql, used: ReadonlyMap<string, number>): Promise<void> {
  if (used.size === 0) return
  await sql.query(
    `update integration_keys k set last_used_at = ${atMs('u.at_ms')} from unnest($1::text[], $2::float8[]) as u (id, at_ms)
     where k.id = u.id and (k.last_used_at is null or k.last_used_at < ${atMs('u.at_ms')})`,
    [[...used.keys()], [...used.values()]],
  )
}
