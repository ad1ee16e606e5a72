/** Deliveries as they are listed: newest first, each with how many of its alerts are in which state. */
import type { Fate } from '../../schemas/records.ts'
import type { AlertState, DeliveryFilter, DeliveryLine } from '../../schemas/receipts.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { companyParams, IN_COMPANIES, inScope, scopeParams, type FactScope, type FactSource } from '../queries/analytics-scope.ts'
import { cursorNumber, decodeCursor, encodeCursor, PARTITION_MAX } from '../queries/sql.ts'
import { placements, type Placement } from './placements.ts'
import { countsOf, inState, stateOf, verdictOf } from './words.ts'

interface Listed { deliveryId: string; companyId: string; integrationId: string; source: string; receivedAtMs: number; accepted: number; atMs: number; partition: number; version: number }

/** Deliveries one of whose replays has an alert of this kind: few, so they may be known by id. */
function replayedInto(condition: string): string {
  return `delivery_id in (select delivery_id from raw_deliveries_v1 where ${IN_COMPANIES} and replay_of > 0 and delivery_id in
    (select delivery_id from ledger_v1 where ${IN_COMPANIES} and (partition, version) in (select partition, version from raw_deliveries_v1 where ${IN_COMPANIES} and replay_of > 0) and ${condition}))`
}

/** One page. Replays stand in the receipt of their delivery, not here. Throws `bad_request` for a cursor we did not give. */
export async function listDeliveries(facts: FactSource, scope: FactScope, filter: DeliveryFilter, page: PageQuery): Promise<Page<DeliveryLine>> {
  const [ms, partition, version] = page.cursor === null ? ['0', '0', '0'] : decodeCursor(page.cursor, 'string').split(':')
  const [afterMs, afterPartition, afterVersion] = [cursorNumber(ms), cursorNumber(partition, PARTITION_MAX), cursorNumber(version)]
  const ledger = (condition: string): string => `(select partition, version from ledger_v1 where ${inScope('at')} and ${condition})`
  const where = [
    inScope('at'), 'replay_of = 0',
    ...(filter.source === null ? [] : ['source = {source:String}']),
    ...(filter.integrationId === null ? [] : ['integration_id = {integrationId:String}']),
    ...(filter.state === null ? [] : [filter.state === 'in_flight' ? `(partition, version) not in ${ledger('1')}` : `((partition, version) in ${ledger(inState(filter.state))} or ${replayedInto(inState(filter.state))})`]),
    ...(page.cursor === null ? [] : ['(toUnixTimestamp64Milli(at), partition, version) < ({afterMs:Int64}, {afterPartition:UInt32}, {afterVersion:UInt64})']),
  ]
  const rows = await facts.query<Listed>(
    `select delivery_id as deliveryId, company_id as companyId, integration_id as integrationId, source, received_at_ms as receivedAtMs, elements as accepted, toUnixTimestamp64Milli(at) as atMs, partition, version
     from raw_deliveries_v1 final where ${where.join(' and ')} order by at desc, partition desc, version desc limit {limit:UInt32}`,
    { ...scopeParams(scope), source: filter.source ?? '', integrationId: filter.integrationId ?? '', afterMs, afterPartition, afterVersion, limit: page.limit + 1 },
  )
  const shown = rows.slice(0, page.limit)
  const states = await statesOf(facts, scope.companyIds, shown.map(({ deliveryId }) => deliveryId))
  const last = shown.at(-1)
  return {
    items: shown.map(({ deliveryId, companyId, integrationId, source, accepted, receivedAtMs }) => {
      const known = states.get(deliveryId) ?? []
      const isInFlight = known.length === 0
      const counts = countsOf(isInFlight ? Array<AlertState>(Math.max(1, accepted)).fill('in_flight') : known)
      return { deliveryId, companyId, integrationId, source, receivedAt: new Date(receivedAtMs).toISOString(), state: isInFlight ? 'in_flight' as const : 'settled' as const, accepted, counts }
    }),
    next: rows.length > page.limit && last !== undefined ? encodeCursor(`${last.atMs}:${last.partition}:${last.version}`) : null,
  }
}

/** The state of each alert of some deliveries: the latest row that is no repeat of the delivery, and whether its problem is kept quiet. */
async function statesOf(facts: FactSource, companyIds: readonly string[] | null, deliveryIds: readonly string[]): Promise<ReadonlyMap<string, AlertState[]>> {
  const states = new Map<string, AlertState[]>()
  if (deliveryIds.length === 0) return states
  const rows = await facts.query<{ companyId: string; deliveryId: string; last: [Fate, string, string, number] }>(
    `select company_id as companyId, delivery_id as deliveryId, argMax((fate, reason, problem_key, toUnixTimestamp64Milli(at)), (reason != 'duplicate_delivery', version)) as last
     from ledger_v1 where ${IN_COMPANIES} and delivery_id in {deliveryIds:Array(String)} group by company_id, delivery_id, element limit 1000000`,
    { ...companyParams(companyIds), deliveryIds },
  )
  const placed = new Map<string, ReadonlyMap<string, Placement>>()
  for (const [companyId, own] of Map.groupBy(rows, (row) => row.companyId)) {
    placed.set(companyId, await placements(facts, companyId, own.flatMap(({ last: [, , problemKey, atMs] }) => (problemKey === '' ? [] : [{ problemKey, atMs }]))))
  }
  for (const { companyId, deliveryId, last: [fate, reason, problemKey, atMs] } of rows) {
    const list = states.get(deliveryId) ?? []
    const { state } = verdictOf(fate, reason === '' ? null : reason, problemKey === '' ? null : problemKey)
    list.push(stateOf(state, placed.get(companyId)?.get(`${atMs} ${problemKey}`)?.quiet ?? null))
    states.set(deliveryId, list)
  }
  return states
}
