import { randomUUID } from 'node:crypto'
import type { Caller, Scope } from '../../schemas/access.ts'
import { authenticationMistakes, needsVendorSecret, wholeAuthentication, type IntegrationAuthentication } from '../../schemas/authentication.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { IntegrationProcessing } from '../../schemas/integration-processing.ts'
import type { CompanySettings } from '../../schemas/settings.ts'
import type { IntegrationView, IssuedKey } from '../../schemas/views.ts'
import type { SecretBox } from '../secret-box.ts'
import { writeAudit } from './audit.ts'
import { requireManaged } from './companies.ts'
import { wholeSettings } from './company-settings.ts'
import { announceRemoved, PROCESSING_COLUMNS, publishIntegration } from './integration-settings.ts'
import { issueKey, revokeKey } from './keys.ts'
import { atMs, iso, type Sql, type SqlDatabase } from './sql.ts'
import { removeVendorSecrets, storeVendorSecret } from './vendor-secrets.ts'

/** Integrations a company may have; each costs memory in every ingest process. */
export const INTEGRATIONS_MAX = 200
/** How long a vendor secret that was replaced still counts, unless told. */
const VENDOR_SECRET_OVERLAP_MS = 24 * 3_600_000

const LIVE_VENDOR_SECRETS = `from integration_vendor_secrets v where v.integration_id = i.id and (v.expires_at is null or v.expires_at > ${atMs('$2')})`
const SELECT = `select i.id, i.company_id as "companyId", i.source, i.name, i.require_hmac as "requireHmac", ${PROCESSING_COLUMNS}, ${iso('i.created_at')} as "createdAt",
  i.disabled_at is not null as disabled, i.authentication, exists (select 1 ${LIVE_VENDOR_SECRETS}) as "hasVendorSecret",
  (select ${iso('max(v.created_at)')} ${LIVE_VENDOR_SECRETS}) as "vendorSecretSince", (select ${iso('max(v.expires_at)')} ${LIVE_VENDOR_SECRETS}) as "previousVendorSecretExpiresAt",
  coalesce((select json_agg(json_build_object('id', k.id, 'createdAt', ${iso('k.created_at')}, 'expiresAt', ${iso('k.expires_at')}, 'lastUsedAt', ${iso('k.last_used_at')}) order by k.created_at desc, k.id)
    from integration_keys k where k.integration_id = i.id and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${atMs('$2')})), '[]') as keys
  from integrations i`

/** What makes an integration; the company's `requireHmac` decides where none is given. */
export interface IntegrationDraft extends Partial<IntegrationProcessing> {
  readonly name: string
  readonly source: string | null
  readonly requireHmac?: boolean
  readonly disabled?: boolean
  /** Only what is to change; the rest stays as it is. */
  readonly authentication?: Partial<IntegrationAuthentication>
  /** A new secret of the vendor; null forgets those there are. */
  readonly vendorSecret?: string | null
  /** How long the vendor's secret before the new one still counts; a day unless told. */
  readonly vendorSecretOverlapMs?: number
}

/** Integrations and their keys over the database. */
export function integrationStore(db: SqlDatabase, options: { readonly clock: Clock; readonly box: SecretBox }) {
  const { clock, box } = options

  async function find(sql: Sql, companyId: string, id: string): Promise<IntegrationView> {
    const rows = await sql.query<IntegrationView>(`${SELECT} where i.company_id = $1 and i.id = $3`, [companyId, clock.now(), id])
    if (rows[0] === undefined) throw new AppError('not_found', 'this company has no such integration')
    return whole(rows[0])
  }

  /** Stores what a draft says of authentication; answers what the audit log says of it. Throws `bad_request` for settings that cannot work. */
  async function authenticate(sql: Sql, id: string, before: IntegrationView | null, draft: Partial<IntegrationDraft>, nowMs: number): Promise<Record<string, unknown>> {
    const { vendorSecret, vendorSecretOverlapMs = VENDOR_SECRET_OVERLAP_MS } = draft
    const authentication = wholeAuthentication({ ...before?.authentication, ...draft.authentication })
    refuseMistakes(authentication, vendorSecret === undefined ? before?.hasVendorSecret ?? false : vendorSecret !== null)
    if (draft.authentication !== undefined) await sql.query('update integrations set authentication = $2::jsonb where id = $1', [id, JSON.stringify(authentication)])
    if (vendorSecret === null) await removeVendorSecrets(sql, id)
    if (typeof vendorSecret === 'string') await storeVendorSecret(sql, box, id, vendorSecret, nowMs, nowMs + vendorSecretOverlapMs)
    if (draft.disabled !== undefined) await sql.query(`update integrations set disabled_at = case when $2::boolean then coalesce(disabled_at, ${atMs('$3')}) end where id = $1`, [id, draft.disabled, nowMs])
    return {
      ...(draft.authentication === undefined ? {} : { authentication }), ...(vendorSecret === undefined ? {} : { vendorSecret: vendorSecret === null ? 'removed' : 'stored' }),
      ...(draft.disabled === undefined ? {} : { disabled: draft.disabled }),
    }
  }

  return {
    /** The integrations of a company the caller manages, oldest first. */
    async list(scope: Scope, companyId: string): Promise<readonly IntegrationView[]> {
      await requireManaged(db, scope, companyId)
      return (await db.query<IntegrationView>(`${SELECT} where i.company_id = $1 order by i.created_at, i.id`, [companyId, clock.now()])).map(whole)
    },

    /** Makes an integration with its own key and secret. An unsigned one must name its source. */
    async create(caller: Caller, companyId: string, draft: IntegrationDraft): Promise<{ integration: IntegrationView; key: IssuedKey }> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        const company = await sql.query<{ settings: Partial<CompanySettings> }>('select settings from companies where id = $1 for update', [companyId])
        const requireHmac = draft.requireHmac ?? (await wholeSettings(sql, company[0]?.settings ?? {})).requireHmac
        refuseUnbound(requireHmac, draft.source)
        const counted = await sql.query<{ count: number }>('select count(*)::float8 as count from integrations where company_id = $1', [companyId])
        if ((counted[0]?.count ?? 0) >= INTEGRATIONS_MAX) throw new AppError('conflict', `a company has at most ${INTEGRATIONS_MAX} integrations; reuse one`)
        const id = randomUUID()
        const made = await sql.query(
          `insert into integrations (id, company_id, source, name, require_hmac, created_at) values ($1, $2, $3, $4, $5, ${atMs('$6')})
           on conflict (company_id, name) do nothing returning id`,
          [id, companyId, draft.source, draft.name, requireHmac, nowMs],
        )
        if (made.length === 0) throw new AppError('conflict', 'this company has an integration of this name already: name it otherwise')
        const authenticated = await authenticate(sql, id, null, draft, nowMs)
        await publishIntegration(sql, id, draft, nowMs)
        const key = await issueKey(sql, box, { id, source: draft.source }, nowMs, nowMs)
        const after = { name: draft.name, source: draft.source, requireHmac, ...processingOf(draft), ...authenticated }
        await writeAudit(sql, caller, { companyId, action: 'integration.created', subject: id, before: null, after }, nowMs)
        return { integration: await find(sql, companyId, id), key }
      }, { durable: true })
    },

    /** Changes name, source, whether deliveries must be signed, or how they are processed, and tells the log. */
    async update(caller: Caller, companyId: string, id: string, change: Partial<IntegrationDraft>): Promise<IntegrationView> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        await sql.query('select 1 from integrations where id = $1 and company_id = $2 for update', [id, companyId])
        const known = await find(sql, companyId, id)
        const { name, source, requireHmac } = known
        const before = { name, source, requireHmac, ...processingOf(known) }
        // Field by field: a change may carry a secret, and `after` goes to the audit log.
        const after = { name: change.name ?? name, source: change.source === undefined ? source : change.source, requireHmac: change.requireHmac ?? requireHmac, ...processingOf(known), ...processingOf(change) }
        refuseUnbound(after.requireHmac, after.source)
        const taken = await sql.query('select 1 from integrations where company_id = $1 and name = $2 and id <> $3', [companyId, after.name, id])
        if (taken.length > 0) throw new AppError('conflict', 'this company has an integration of this name already: name it otherwise')
        await sql.query('update integrations set name = $3, source = $4, require_hmac = $5 where id = $1 and company_id = $2', [id, companyId, after.name, after.source, after.requireHmac])
        const authenticated = await authenticate(sql, id, known, change, nowMs)
        await publishIntegration(sql, id, change, nowMs)
        const wasAuthenticated = Object.fromEntries(Object.keys(authenticated).map((field) => [field, field === 'vendorSecret' ? (known.hasVendorSecret ? 'stored' : 'none') : known[field as 'authentication' | 'disabled']]))
        await writeAudit(sql, caller, { companyId, action: 'integration.updated', subject: id, before: { ...before, ...wasAuthenticated }, after: { ...after, ...authenticated } }, nowMs)
        return find(sql, companyId, id)
      }, { durable: true })
    },

    /** Deletes an integration with its keys and secrets. What it has delivered stays. */
    async remove(caller: Caller, companyId: string, id: string): Promise<void> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        await sql.query('select 1 from integrations where id = $1 and company_id = $2 for update', [id, companyId])
        const { name, source, requireHmac, keys } = await find(sql, companyId, id)
        await announceRemoved(sql, id, nowMs)
        await sql.query('delete from integration_keys where integration_id = $1', [id])
        await sql.query('delete from integrations where id = $1 and company_id = $2', [id, companyId])
        await writeAudit(sql, caller, { companyId, action: 'integration.deleted', subject: id, before: { name, source, requireHmac, liveKeys: keys.length }, after: null }, nowMs)
      }, { durable: true })
    },

    /** Ends one key and its secret at once. Throws `not_found` when the integration has no such live key. */
    async revokeKey(caller: Caller, companyId: string, integrationId: string, keyId: string): Promise<void> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        await find(sql, companyId, integrationId)
        if (!await revokeKey(sql, integrationId, keyId, nowMs)) throw new AppError('not_found', 'this integration has no such live key')
        await writeAudit(sql, caller, { companyId, action: 'key.revoked', subject: integrationId, before: { keyId }, after: null }, nowMs)
      }, { durable: true })
    },

    /** Issues a new key and secret; the present ones work on for `overlapMs`, and not at all when that is 0. Without an id the company's oldest integration is meant. */
    async rotate(caller: Caller, companyId: string, integrationId: string | null, overlapMs: number): Promise<IssuedKey> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        const rows = await sql.query<{ id: string; source: string | null }>(
          `select id, source from integrations where company_id = $1 and ($2::text is null or id = $2) order by (name = 'generic') desc, created_at, id limit 1 for update`,
          [companyId, integrationId],
        )
        const integration = rows[0]
        if (integration === undefined) throw new AppError('not_found', 'this company has no such integration')
        const key = await issueKey(sql, box, integration, nowMs, nowMs + overlapMs)
        const after = { overlapSeconds: Math.round(overlapMs / 1000), previousExpireAt: key.previousExpireAt }
        await writeAudit(sql, caller, { companyId, action: 'key.rotated', subject: integration.id, before: null, after }, nowMs)
        return key
      }, { durable: true })
    },
  }
}

function whole(view: IntegrationView): IntegrationView {
  return { ...view, authentication: wholeAuthentication(view.authentication) }
}

function refuseMistakes(authentication: IntegrationAuthentication, hasVendorSecret: boolean): void {
  const mistakes = authenticationMistakes(authentication)
  if (needsVendorSecret(authentication) && !hasVendorSecret) mistakes.push('staticHeader, bodyField and basicUser compare with the secret of the vendor: set vendorSecret too')
  if (mistakes.length > 0) throw new AppError('bad_request', mistakes.join('; '), { details: { mistakes } })
}

function refuseUnbound(requireHmac: boolean, source: string | null): void {
  if (!requireHmac && source === null) throw new AppError('bad_request', 'an integration without signatures must be bound to one source: name it in "source"')
}

function processingOf({ mapping, heartbeatSeconds, heartbeatGraceSeconds }: Partial<IntegrationProcessing>): Partial<IntegrationProcessing> {
  return { ...(mapping === undefined ? {} : { mapping }), ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }), ...(heartbeatGraceSeconds === undefined ? {} : { heartbeatGraceSeconds }) }
}
