/** What planning goes by, from the database: incidents with their problems, assets, cloud accounts, and how runs went before. */
import type { PlanAccount, PlanAsset, PlanIncident, PlanProblem, RunHistory } from '../../schemas/remediation-match.ts'
import { iso, type Sql } from '../queries/sql.ts'
import { remediationLayers } from './settings-store.ts'

/** Problems of an incident that are matched. */
const PROBLEMS_MAX = 200
const ASSETS_MAX = 100

/** Over the database; every answer is about one company, but for the figures of all that a runbook's history has beside its own. */
export function planRecords(sql: Sql) {
  return {
    /** An incident with everything merged into it; null where the company has none of this id. An analysis whose alerts tried to give orders names no runbook. Problems that are kept quiet are not among its problems. */
    async incident(companyId: string, incidentId: string): Promise<PlanIncident | null> {
      const [row] = await sql.query<{ id: string; category: string | null; rootCauseAsset: string | null; suggested: readonly unknown[] }>(
        `select i.id, i.category, i.root_cause ->> 'asset' as "rootCauseAsset",
           case when i.analysis ->> 'status' = 'done' and (i.analysis ->> 'isTrusted')::boolean then coalesce(i.analysis -> 'runbooks', '[]') else '[]' end as suggested
         from incidents i where i.company_id = $1 and i.id = (select coalesce(merged_into, id) from incidents where id = $2 and company_id = $1)`, [companyId, incidentId],
      )
      if (row === undefined) return null
      const problems = await sql.query<PlanProblem>(
        `select p.problem_key as "problemKey", p.asset, p.signature, p.source, p.integration_id as "integrationId", p.severity, p.status, p.title, p.message, p.labels, p.alert_count::float8 as count
         from problems p where p.company_id = $1 and p.incident_id in (select * from incident_ids($2)) and p.suppression is null
         order by p.status <> 'firing', array_position(array['critical','high','medium','low','info'], p.severity), p.first_at, p.problem_key limit ${PROBLEMS_MAX}`, [companyId, row.id],
      )
      return { incidentId: row.id, companyId, category: row.category, rootCauseAsset: row.rootCauseAsset, suggested: row.suggested.filter((id) => typeof id === 'string'), problems }
    },

    /** Runbooks that ran in earnest and came to an end, by id. */
    async history(companyId: string): Promise<RunHistory> {
      const rows = await sql.query<{ id: string; ended: number; succeeded: number; ownEnded: number; ownSucceeded: number }>(
        `select runbook_id as id, count(*)::float8 as ended, (count(*) filter (where status = 'succeeded'))::float8 as succeeded,
           (count(*) filter (where company_id = $1))::float8 as "ownEnded", (count(*) filter (where company_id = $1 and status = 'succeeded'))::float8 as "ownSucceeded"
         from runs where status in ('succeeded', 'failed', 'rolled_back') and started_at is not null and not simulated and mode in ('sandbox', 'production') and trigger <> 'replay'
         group by 1`, [companyId],
      )
      return new Map(rows.map(({ id, ended, succeeded, ownEnded, ownSucceeded }) => [id, { company: { ended: ownEnded, succeeded: ownSucceeded }, all: { ended, succeeded } }]))
    },

    /** What the MSP lets the company do, and what the company allows. */
    layers: (companyId: string) => remediationLayers(sql, companyId),

    /** Assets that have one of the names, as name or alias, or one of the instances; in any letter case. */
    async assets(companyId: string, names: readonly string[], instanceIds: readonly string[]): Promise<readonly PlanAsset[]> {
      const lower = (texts: readonly string[]): string[] => texts.map((text) => text.trim().toLowerCase())
      return sql.query<PlanAsset>(
        `select a.name, a.aliases, a.critical as "isCritical", a.cloud_provider as cloud, a.region, a.account, a.instance_id as "instanceId", a.resource_group as "resourceGroup", a.vm_name as "vmName", a.tags
         from assets a where a.company_id = $1 and (lower(a.name) = any($2::text[]) or exists (select 1 from unnest(a.aliases) alias where lower(trim(alias)) = any($2::text[]))
           or lower(a.instance_id) = any($3::text[]) or lower(a.vm_name) = any($3::text[]))
         order by a.name limit ${ASSETS_MAX}`, [companyId, lower(names), lower(instanceIds)],
      )
    },

    /** Every cloud account of the company, without secrets. */
    accounts: (companyId: string): Promise<readonly PlanAccount[]> =>
      sql.query<PlanAccount>('select id, cloud, name, environment, enabled, fields from cloud_accounts where company_id = $1 order by name', [companyId]),

    /** Assets on the company's list. */
    async assetCount(companyId: string): Promise<number> {
      const [row] = await sql.query<{ n: number }>('select count(*)::float8 as n from assets where company_id = $1', [companyId])
      return row?.n ?? 0
    },

    /** Incidents of the past by the time they opened, newest first; merged ones are part of others. */
    async pastIncidents(companyId: string, { fromMs, toMs, limit }: { readonly fromMs: number; readonly toMs: number; readonly limit: number }): Promise<readonly PastIncident[]> {
      return sql.query<PastIncident>(
        `select i.id as "incidentId", i.number::float8 as number, i.title, ${iso('i.opened_at')} as "openedAt", round(extract(epoch from i.opened_at) * 1000)::float8 as "openedAtMs", i.findings
         from incidents i where i.company_id = $1 and i.merged_into is null and i.opened_at >= to_timestamp($2::float8 / 1000) and i.opened_at < to_timestamp($3::float8 / 1000)
         order by i.opened_at desc, i.id limit $4`, [companyId, fromMs, toMs, limit],
      )
    },
  }
}

/** An incident as a replay goes through them. */
export interface PastIncident {
  readonly incidentId: string
  readonly number: number
  readonly title: string
  readonly openedAt: string
  readonly openedAtMs: number
  readonly findings: readonly { readonly kind: string }[]
}
