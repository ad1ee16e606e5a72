/**
 * The balance: every accepted alert has exactly one fate, shown from the ledger and never from counters.
 *
 * Deliveries are known by their raw record (partition, version), not by id: a delivery appended twice under one id has two records, and the
 * elements of the second have rows of their own (dropped, duplicate_delivery). Deliveries and ledger lie on two topics that are recorded
 * side by side, so at any moment either may be ahead:
 * - A delivery whose ledger rows are not recorded counts as the elements its sender was told, all in flight.
 * - Ledger rows whose delivery is not recorded count their delivery as accepted; every row says how many elements there are.
 * - A delivery of which some rows are recorded has the rest in flight: a batch may end inside a delivery.
 * Lag ends where the ledger has gone past: rows of one integration lie on one partition of alerts.v1 in the order of their raw records, and
 * nothing is published before everything older was. So a row that is not there although its integration has one of a later delivery is
 * missing for good and makes the difference positive. Rows published twice are identical and one (FINAL); rows that contradict each other
 * about one element are surplus and make it negative. One statement, one reading of each table: two would see different moments.
 */
import { inScope, scopeParams, type FactScope, type FactSource } from './analytics-scope.ts'

/** What `GET /api/balance` answers. */
export interface Balance {
  readonly accepted: number
  readonly emitted: number
  readonly absorbed: number
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>
  readonly rejected: number
  /** Accepted and not yet in the ledger, or not yet recorded. 0 at rest. */
  readonly inFlight: number
  /** accepted - emitted - absorbed - dropped - rejected - inFlight; 0 always. */
  readonly difference: number
  /** Elements without a row that will not come. */
  readonly missing: number
  /** Rows beyond one an element. */
  readonly surplus: number
  /** Refused requests by HTTP status; they were never accepted. */
  readonly refused: Readonly<Record<string, number>>
  /** Problems opened or reopened by alerts of the time; how many of them the correlator has placed in an incident, and how many it keeps quiet. */
  readonly problems: { readonly opened: number; readonly placed: number; readonly quiet: number }
  /** Incidents opened in the time, those of them merged into another, and the rest. */
  readonly incidents: { readonly opened: number; readonly mergedAway: number; readonly net: number }
}

interface Sums {
  accepted: number
  emitted: number
  absorbed: number
  rejected: number
  inFlight: number
  missing: number
  surplus: number
  dropped: Record<string, number>
}

const SUMS = `
  select
    sum(accepted) as accepted, sum(emitted) as emitted, sum(absorbed) as absorbed, sum(rejected) as rejected,
    sumIf(lacking, not has_passed) as inFlight, sumIf(lacking, has_passed) as missing, sum(rows - distinct_elements) as surplus,
    sumMap(dropped) as dropped
  from (
    select *,
      if(rows > 0, ledger_elements, raw_elements) as accepted,
      toInt64(accepted) - distinct_elements as lacking,
      version < max(if(rows > 0, version, 0)) over (partition by company_id, integration_id) as has_passed
    from (
      select company_id, integration_id, partition, version,
        max(told) as raw_elements, max(known) as ledger_elements, toInt64(countIf(is_ledger)) as rows, toInt64(uniqExactIf(element, is_ledger)) as distinct_elements,
        countIf(fate = 'emitted') as emitted, countIf(fate = 'absorbed') as absorbed, countIf(fate = 'rejected') as rejected,
        sumMapIf(map(reason, toUInt64(1)), fate = 'dropped') as dropped
      from (
        select company_id, integration_id, partition, version, elements as told, 0 as known, false as is_ledger, 0 as element, '' as fate, '' as reason
        from raw_deliveries_v1 final where ${inScope('at')}
        union all
        select company_id, integration_id, partition, version, 0, elements, true, element, fate, reason
        from ledger_v1 final where ${inScope('at')}
      )
      group by company_id, integration_id, partition, version
    )
  )`

const REFUSED = `select toString(status) as status, sum(refused) as requests from refusals_v1 final where ${inScope('at')} group by status order by status`

const PROBLEMS = `
  with opened as (
    select distinct company_id, problem_key from ledger_v1 final
    where ${inScope('at')} and fate = 'emitted' and reason in ('opened', 'reopened')
  )
  select count() as opened, countIf((company_id, problem_key) in (select company_id, problem_key from problems_v1 where incident_id != '')) as placed,
    countIf((company_id, problem_key) in (select company_id, problem_key from problems_v1)) - placed as quiet from opened`

const INCIDENTS = `select count() as opened, countIf(merged_into != '') as mergedAway, opened - mergedAway as net from incidents_v1 final where ${inScope('opened_at')}`

/** The balance of a scope. */
export async function balance(source: FactSource, scope: FactScope): Promise<Balance> {
  const params = scopeParams(scope)
  const [[sums], refused, [problems], [incidents]] = await Promise.all([
    source.query<Sums>(SUMS, params),
    source.query<{ status: string; requests: number }>(REFUSED, params),
    source.query<Balance['problems']>(PROBLEMS, params),
    source.query<Balance['incidents']>(INCIDENTS, params),
  ])
  const { accepted, emitted, absorbed, rejected, inFlight, missing, surplus, dropped } = sums ?? NOTHING
  const droppedInAll = Object.values(dropped).reduce((sum, n) => sum + n, 0)
  return {
    accepted, emitted, absorbed, dropped, rejected, inFlight, missing, surplus,
    difference: accepted - emitted - absorbed - droppedInAll - rejected - inFlight,
    refused: Object.fromEntries(refused.map((row) => [row.status, row.requests])),
    problems: problems ?? { opened: 0, placed: 0, quiet: 0 },
    incidents: incidents ?? { opened: 0, mergedAway: 0, net: 0 },
  }
}

const NOTHING: Sums = { accepted: 0, emitted: 0, absorbed: 0, rejected: 0, inFlight: 0, missing: 0, surplus: 0, dropped: {} }
