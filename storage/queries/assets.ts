import { randomUUID } from 'node:crypto'
import type { Caller, Scope } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import type { AssetFields, AssetView, Page, PageQuery } from '../../schemas/views.ts'
import { writeAudit } from './audit.ts'
import { requireManaged } from './companies.ts'
import { publishSettings } from './company-settings.ts'
import { visibleCompanies } from './scope.ts'
import { atMs, decodeCursor, iso, likeText, Params, toPage, type Sql, type SqlDatabase } from './sql.ts'

const COLUMNS = `a.id, a.company_id as "companyId", a.name, a.aliases, a.critical, a.cloud_provider as "cloudProvider", a.region, a.account, a.instance_id as "instanceId",
  a.resource_group as "resourceGroup", a.vm_name as "vmName", a.tags, ${iso('a.created_at')} as "createdAt", ${iso('a.updated_at')} as "updatedAt"`

/** Assets over the database. A change that touches a critical asset also reaches the company's log. */
export function assetStore(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  async function find(sql: Sql, scope: Scope, companyId: string, id: string): Promise<AssetView> {
    const params = new Params()
    const rows = await sql.query<AssetView>(
      `select ${COLUMNS} from assets a where a.id = ${params.add(id)} and a.company_id = ${params.add(companyId)} and ${visibleCompanies(scope, params, 'a.company_id')}`,
      params.values,
    )
    if (rows[0] === undefined) throw new AppError('not_found', 'this company has no such asset')
    return rows[0]
  }

  /** Answers whether the row was new. A taken name updates the row when `replace` is set, else throws `conflict`. */
  async function write(sql: Sql, companyId: string, asset: AssetFields, nowMs: number, replace: boolean): Promise<{ id: string; created: boolean }> {
    const id = randomUUID()
    const rows = await sql.query<{ id: string }>(
      `insert into assets (id, company_id, name, aliases, critical, cloud_provider, region, account, instance_id, resource_group, vm_name, tags, created_at, updated_at)
       values ($1, $2, $3, $4::text[], $5, $6, $7, $8, $9, $10, $11, $12::jsonb, ${atMs('$13')}, ${atMs('$13')})
       on conflict (company_id, name) do ${replace ? UPSERT : 'nothing'} returning id`,
      [id, companyId, ...values(asset), nowMs],
    )
    if (rows[0] === undefined) throw new AppError('conflict', 'this company has an asset of this name already')
    return { id: rows[0].id, created: rows[0].id === id }
  }

  return {
    /** An asset of a company the caller may see. Throws `not_found`. */
    get: (scope: Scope, companyId: string, id: string): Promise<AssetView> => find(db, scope, companyId, id),

    /** Assets of a company by name; `q` searches names and aliases. */
    async list(scope: Scope, companyId: string, query: PageQuery & { readonly q: string | null }): Promise<Page<AssetView>> {
      const params = new Params()
      const where = [`a.company_id = ${params.add(companyId)}`, visibleCompanies(scope, params, 'a.company_id')]
      if (query.q !== null) {
        const like = params.add(likeText(query.q))
        where.push(`(a.name ilike ${like} or exists (select 1 from unnest(a.aliases) alias where alias ilike ${like}))`)
      }
      if (query.cursor !== null) where.push(`a.name > ${params.add(decodeCursor(query.cursor, 'string'))}`)
      const rows = await db.query<AssetView>(`select ${COLUMNS} from assets a where ${where.join(' and ')} order by a.name limit ${params.add(query.limit + 1)}`, params.values)
      return toPage(rows, query.limit, (row) => row.name)
    },

    /** Adds an asset. Throws `conflict` when the name is taken. */
    async create(caller: Caller, companyId: string, asset: AssetFields): Promise<AssetView> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        const { id } = await write(sql, companyId, asset, nowMs, false)
        if (asset.critical || asset.aliases.length > 0) await publishSettings(sql, companyId, nowMs)
        await writeAudit(sql, caller, { companyId, action: 'asset.created', subject: id, before: null, after: asset }, nowMs)
        return find(sql, caller.scope, companyId, id)
      }, { durable: true })
    },

    /** Changes the given fields of an asset. */
    async update(caller: Caller, companyId: string, id: string, change: Partial<AssetFields>): Promise<AssetView> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        await sql.query('select 1 from assets where id = $1 and company_id = $2 for update', [id, companyId])
        const before = fieldsOf(await find(sql, caller.scope, companyId, id))
        const after = { ...before, ...change }
        const taken = await sql.query('select 1 from assets where company_id = $1 and name = $2 and id <> $3', [companyId, after.name, id])
        if (taken.length > 0) throw new AppError('conflict', 'this company has an asset of this name already')
        await sql.query(
          `update assets set name = $3, aliases = $4::text[], critical = $5, cloud_provider = $6, region = $7, account = $8, instance_id = $9, resource_group = $10, vm_name = $11,
             tags = $12::jsonb, updated_at = ${atMs('$13')} where id = $1 and company_id = $2`,
          [id, companyId, ...values(after), nowMs],
        )
        if ([before, after].some(({ critical, aliases }) => critical || aliases.length > 0)) await publishSettings(sql, companyId, nowMs)
        await writeAudit(sql, caller, { companyId, action: 'asset.updated', subject: id, before, after }, nowMs)
        return find(sql, caller.scope, companyId, id)
      }, { durable: true })
    },

    /** Removes an asset. */
    async remove(caller: Caller, companyId: string, id: string): Promise<void> {
      const nowMs = clock.now()
      await db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        const before = fieldsOf(await find(sql, caller.scope, companyId, id))
        await sql.query('delete from assets where id = $1 and company_id = $2', [id, companyId])
        if (before.critical || before.aliases.length > 0) await publishSettings(sql, companyId, nowMs)
        await writeAudit(sql, caller, { companyId, action: 'asset.removed', subject: id, before, after: null }, nowMs)
      }, { durable: true })
    },

    /** Adds or replaces many assets by name, all or none; one audit line tells of the import. */
    async importAll(caller: Caller, companyId: string, assets: readonly AssetFields[]): Promise<{ created: number; updated: number }> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        await requireManaged(sql, caller.scope, companyId)
        let created = 0
        for (const asset of assets) if ((await write(sql, companyId, asset, nowMs, true)).created) created += 1
        const counts = { created, updated: assets.length - created }
        // A replaced asset may have been critical before, so every import tells the log.
        await publishSettings(sql, companyId, nowMs)
        await writeAudit(sql, caller, { companyId, action: 'asset.imported', subject: companyId, before: null, after: { ...counts, names: assets.slice(0, 100).map((asset) => asset.name) } }, nowMs)
        return counts
      }, { durable: true })
    },
  }
}

const UPSERT = `update set aliases = excluded.aliases, critical = excluded.critical, cloud_provider = excluded.cloud_provider, region = excluded.region, account = excluded.account,
  instance_id = excluded.instance_id, resource_group = excluded.resource_group, vm_name = excluded.vm_name, tags = excluded.tags, updated_at = excluded.updated_at`

function values(asset: AssetFields): unknown[] {
  return [
    asset.name, [...asset.aliases], asset.critical, asset.cloudProvider, asset.region, asset.account, asset.instanceId, asset.resourceGroup, asset.vmName, JSON.stringify(asset.tags),
  ]
}

function fieldsOf(asset: AssetView): AssetFields {
  const { name, aliases, critical, cloudProvider, region, account, instanceId, resourceGroup, vmName, tags } = asset
  return { name, aliases, critical, cloudProvider, region, account, instanceId, resourceGroup, vmName, tags }
}
