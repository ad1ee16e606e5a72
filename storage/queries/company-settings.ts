/** How a company's settings are stored, and how they reach its log. */
import type { CorrelationRecord } from '../../schemas/records.ts'
import { DEFAULT_SETTINGS, type CompanySettings } from '../../schemas/settings.ts'
import { enqueue } from './outbox.ts'
import { atMs, type Sql } from './sql.ts'

/** Names of critical assets a Settings record carries at most; the oldest of the alphabet win, so the cut is the same every time. */
export const CRITICAL_ASSETS_MAX = 10_000

/** Other names of assets a Settings record carries at most. */
export const ALIASES_MAX = 10_000

/** Stored settings over the defaults, so that a setting added later has a value in old rows. */
export function wholeSettings(stored: Partial<CompanySettings>): CompanySettings {
  return { ...DEFAULT_SETTINGS, ...stored }
}

/** Raises the company's settings revision and tells its log; called in the transaction of every change the correlator must know of. */
export async function publishSettings(sql: Sql, companyId: string, nowMs: number): Promise<number> {
  const rows = await sql.query<{ revision: number; settings: Partial<CompanySettings> }>(
    'update companies set settings_revision = settings_revision + 1 where id = $1 returning settings_revision::float8 as revision, settings',
    [companyId],
  )
  const company = rows[0]
  if (company === undefined) return 0
  await enqueueSettings(sql, companyId, company.revision, wholeSettings(company.settings), nowMs)
  return company.revision
}

/** Writes the Settings record of a revision to the outbox. */
export async function enqueueSettings(sql: Sql, companyId: string, revision: number, settings: CompanySettings, nowMs: number): Promise<void> {
  const critical = await sql.query<{ name: string }>(
    `select distinct name from (
       select a.name from assets a where a.company_id = $1 and a.critical
       union all select unnest(a.aliases) from assets a where a.company_id = $1 and a.critical) names
     order by name limit ${CRITICAL_ASSETS_MAX}`,
    [companyId],
  )
  // Of two assets that claim a name the first by name has it; a name that is an asset's own stands for that asset.
  const aliases = await sql.query<{ alias: string; name: string }>(
    `select alias, min(name) as name from (select lower(trim(unnest(a.aliases))) as alias, a.name from assets a where a.company_id = $1) named
     where alias <> '' and not exists (select 1 from assets own where own.company_id = $1 and lower(own.name) = alias)
     group by alias order by alias limit ${ALIASES_MAX}`,
    [companyId],
  )
  const record: CorrelationRecord = {
    event: {
      type: 'settings',
      companyId,
      revision,
      windowMs: settings.windowMs,
      maxLifeMs: settings.maxLifeMs,
      joinThreshold: settings.joinThreshold,
      weights: { ...settings.weights },
      criticalAssets: critical.map((row) => row.name),
      aliases: Object.fromEntries(aliases.map(({ alias, name }) => [alias, name])),
      rules: '',
      rulesRevision: 0,
    },
  }
  await enqueue(sql, companyId, record, nowMs)
  await sql.query(`update companies set announced_at = ${atMs('$2')} where id = $1`, [companyId, nowMs])
}
