/** How a company's settings and rules are stored, and how they reach its log. */
import type { Settings } from '../../schemas/records.ts'
import { effectiveRules, rulesText, type StoredRuleBook } from '../../schemas/rules.ts'
import { effectiveSettings, type MspOverrides, type Overrides } from '../../schemas/settings-cascade.ts'
import type { CompanySettings } from '../../schemas/settings.ts'
import { enqueue } from './outbox.ts'
import { atMs, whole, type Sql } from './sql.ts'

/** Names of critical assets a Settings record carries at most; the oldest of the alphabet win, so the cut is the same every time. */
export const CRITICAL_ASSETS_MAX = 10_000

/** Other names of assets a Settings record carries at most. */
export const ALIASES_MAX = 10_000

/** What the MSP sets for all of its companies. */
export async function mspOverrides(sql: Sql): Promise<MspOverrides> {
  const [row] = await sql.query<{ settings: MspOverrides }>('select settings from msp_settings')
  return row?.settings ?? {}
}

/** Stored settings over those of the MSP and the defaults, so that a setting added later has a value in old rows. */
export async function wholeSettings(sql: Sql, stored: Overrides): Promise<CompanySettings> {
  return effectiveSettings(await mspOverrides(sql), stored)
}

/** Raises the company's settings revision and tells its log; called in the transaction of every change the correlator must know of. */
export async function publishSettings(sql: Sql, companyId: string, nowMs: number): Promise<number> {
  const rows = await sql.query<{ revision: number }>(
    'update companies set settings_revision = settings_revision + 1 where id = $1 returning settings_revision::float8 as revision',
    [companyId],
  )
  const company = rows[0]
  if (company === undefined) return 0
  await enqueueSettings(sql, companyId, nowMs)
  return company.revision
}

/** The Settings record of the present revision: settings and rules in effect, critical assets, other names. Null where there is no such company. */
export async function settingsInForce(sql: Sql, companyId: string): Promise<Settings | null> {
  const [company] = await sql.query<{ revision: number; stored: Overrides; msp: MspOverrides; rulesRevision: number; mspRules: StoredRuleBook | null; companyRules: StoredRuleBook | null }>(
    `select ${whole('c.settings_revision')} as revision, c.settings as stored, m.settings as msp, ${whole('c.rules_revision')} as "rulesRevision",
       mb.document as "mspRules", cb.document as "companyRules"
     from companies c cross join msp_settings m
     left join company_rules r on r.company_id = c.id and r.revision = c.rules_revision
     left join rule_books mb on mb.scope = 'msp' and mb.revision = r.msp_revision
     left join rule_books cb on cb.scope = c.id and cb.revision = r.company_revision
     where c.id = $1`, [companyId],
  )
  if (company === undefined) return null
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
  const settings = effectiveSettings(company.msp, company.stored)
  return {
    type: 'settings',
    companyId,
    revision: company.revision,
    windowMs: settings.windowMs,
    maxLifeMs: settings.maxLifeMs,
    joinThreshold: settings.joinThreshold,
    weights: { ...settings.weights },
    criticalAssets: critical.map((row) => row.name),
    aliases: Object.fromEntries(aliases.map(({ alias, name }) => [alias, name])),
    rules: rulesText(effectiveRules(company.mspRules ?? {}, company.companyRules ?? {})),
    rulesRevision: company.rulesRevision,
  }
}

/** Writes that record to the outbox. */
export async function enqueueSettings(sql: Sql, companyId: string, nowMs: number): Promise<void> {
  const event = await settingsInForce(sql, companyId)
  if (event === null) return
  await enqueue(sql, companyId, { event }, nowMs)
  const { revision, windowMs, maxLifeMs, joinThreshold, weights } = event
  await sql.query(
    `insert into company_settings_revisions (company_id, revision, settings, created_at) values ($1, $2, $3::jsonb, ${atMs('$4')}) on conflict do nothing`,
    [companyId, revision, JSON.stringify({ windowMs, maxLifeMs, joinThreshold, weights }), nowMs],
  )
  await sql.query(`update companies set announced_at = ${atMs('$2')} where id = $1`, [companyId, nowMs])
}
