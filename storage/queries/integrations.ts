import { randomUUID } from 'node:crypto'
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { CompanySettings } from '../../schemas/settings.ts'
import type { IntegrationView, IssuedKey } from '../../schemas/views.ts'
import type { SecretBox } from '../secret-box.ts'
import { writeAudit } from './audit.ts'
import { requireManaged } from './companies.ts'
import { wholeSettings } from './company-settings.ts'
import { issueKey } from './keys.ts'
import { atMs, iso, type Sql, type SqlDatabase } from './sql.ts'

/** Integrations a company may have; each costs memory in every ingest process. */
export const INTEGRATIONS_MAX = 200

const SELECT = `select i.id, i.company_id as "companyId", i.source, i.name, i.require_hmac as "requireHmac", ${iso('i.created_at')} as "createdAt",
  coalesce((select json_agg(json_build_object('id', k.id, 'createdAt', ${iso('k.created_at')}, 'expiresAt', ${iso('k.expires_at')}, 'lastUsedAt', ${iso('k.last_used_at')}) order by k.created_at desc, k.id)
    from integration_keys k where k.integration_id = i.id and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${atMs('$2')})), '[]') as keys
  from integrations i`

/** What makes an integration; the company's `requireHmac` decides where none is given. */
export interface IntegrationDraft {
  readonly name: string
  readonly source: string | null
  readonly requireHmac?: boolean
}

/** Integrations and their keys over the database. */
export function integrationStore(db: SqlDatabase, options: { readonly clock: Clock; readonly box: SecretBox }) {
  const { clock, box } = options

  async function find(sql: Sql, companyId: string, id: string): Promise<IntegrationView> {
    const rows = await sql.query<IntegrationView>(`${SELECT} where i.company_id = $1 and i.id = $3`, [companyId, clock.now(), id])
    if (rows[0] === undefined) throw new AppError('not_found', 'this company has no such integration')
    return rows[0]
  }

  return {
    /** The integrations of a company the caller manages, oldest first. */
    async list(scope: Scope, companyId: string): Promise<readonly IntegrationView[]> {
      await requireManaged(db, scope, companyId)
      return db.query<IntegrationView>(`${SELECT} where i.company_id = $1 order by i.created_at, i.id`, [companyId, clock.now()])
    },

    /** Makes an integration with its own key and secret. An unsigned one must name its source. */
    async create(caller: Caller, companyId: string, draft: IntegrationDraft): Promise<{ integration: IntegrationView; key: IssuedKey }> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        const company = await sql.query<{ settings: Partial<CompanySettings> }>('select settings from companies where id = $1 for update', [companyId])
        const requireHmac = draft.requireHmac ?? wholeSettings(company[0]?.settings ?? {}).requireHmac
        refuseUnbound(requireHmac, draft.source)
        const counted = await sql.query<{ count: number }>('select count(*)::float8 as count from integrations where company_id = $1', [companyId])
        if ((counted[0]?.count ?? 0) >= INTEGRATIONS_MAX) throw new AppError('conflict', `a company has at most ${INTEGRATIONS_MAX} integrations; reuse one`)
        const id = randomUUID()
        const made = await sql.query(
          `insert into integrations (id, company_id, source, name, require_hmac, created_at) values ($1, $2, $3, $4, $5, ${atMs('$6')})
           on conflict (company_id, name) do nothing returning id`,
          [id, companyId, draft.source, draft.name, requireHmac, nowMs],
        )
        if (made.length === 0) throw new AppError('conflict', 'this company has an integration of this name already')
        const key = await issueKey(sql, box, { id, source: draft.source }, nowMs, nowMs)
        const after = { name: draft.name, source: draft.source, requireHmac }
        await writeAudit(sql, caller, { companyId, action: 'integration.created', subject: id, before: null, after }, nowMs)
        return { integration: await find(sql, companyId, id), key }
      }, { durable: true })
    },

    /** Changes name, source or whether deliveries must be signed. */
    async update(caller: Caller, companyId: string, id: string, change: Partial<IntegrationDraft>): Promise<IntegrationView> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        await sql.query('select 1 from integrations where id = $1 and company_id = $2 for update', [id, companyId])
        const { name, source, requireHmac } = await find(sql, companyId, id)
        const before = { name, source, requireHmac }
        const after = { ...before, ...change }
        refuseUnbound(after.requireHmac, after.source)
        const taken = await sql.query('select 1 from integrations where company_id = $1 and name = $2 and id <> $3', [companyId, after.name, id])
        if (taken.length > 0) throw new AppError('conflict', 'this company has an integration of this name already')
        await sql.query('update integrations set name = $3, source = $4, require_hmac = $5 where id = $1 and company_id = $2', [id, companyId, after.name, after.source, after.requireHmac])
        await writeAudit(sql, caller, { companyId, action: 'integration.updated', subject: id, before, after }, nowMs)
        return find(sql, companyId, id)
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

function refuseUnbound(requireHmac: boolean, source: string | null): void {
  if (!requireHmac && source === null) throw new AppError('bad_request', 'an integration without signatures must be bound to one source: name it in "source"')
}
