/** Old deliveries with what the ledger says of them, in order of time: positions from the fact tables, bodies from the log. It joins no group and writes nothing. */
import type { NormalisedAlert } from '../../schemas/alert.ts'
import type { Codec } from '../../schemas/codec.ts'
import { toAppError } from '../../schemas/errors.ts'
import { epochOf, offsetOf, positionOf, type Position } from '../../schemas/position.ts'
import type { AlertStatus, Delivery, Fate, RawRecord, Severity } from '../../schemas/records.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { AdapterBacktestQuery } from '../../schemas/adapter-backtest.ts'
import type { QueryParams } from '../clickhouse/analytics.ts'
import type { FactSource } from '../queries/analytics-scope.ts'
import type { TailedLog } from '../receipts/unrecorded.ts'

/** Where old deliveries are read. */
export interface DeliverySource {
  readonly facts: FactSource
  readonly log: TailedLog
  readonly raw: Codec<RawRecord>
}

/** A delivery with its rows; null where the log no longer keeps it. */
export interface ReadDelivery {
  readonly atMs: number
  readonly read: {
    readonly delivery: Delivery
    readonly atMs: number
    readonly rows: readonly { readonly element: number; readonly isRejected: boolean; readonly problemKey: string | null; readonly alert: NormalisedAlert | null }[]
  } | null
}

interface Place { readonly partition: number; readonly version: Position; readonly atMs: number; readonly bytes: number }
interface Row { partition: number; version: Position; element: number; fate: Fate; problemKey: string; source: string; alertId: string; externalId: string; asset: string; signature: string; severity: Severity; status: AlertStatus; title: string; message: string; startsAtMs: number | null; labels: Record<string, string> }

/** Deliveries and bytes of bodies held at once. */
const PAGE = 200
const PAGE_BYTES = 16 * 1_048_576
/** Records between two wanted ones that are read along rather than asked for anew. */
const GAP = 32

const WHERE = `company_id = {companyId:String} and at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') and at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC') and replay_of = 0
  and ({integrationId:String} = '' or integration_id = {integrationId:String}) and ({source:String} = '' or source = {source:String})`

function paramsOf({ companyId, integrationId, source, fromMs, toMs }: AdapterBacktestQuery): QueryParams {
  return { companyId, integrationId: integrationId ?? '', source: source ?? '', fromMs: Math.trunc(fromMs), toMs: Math.trunc(toMs) }
}

/** How many there are. */
export async function countDeliveries({ facts }: DeliverySource, query: AdapterBacktestQuery): Promise<number> {
  const [row] = await facts.query<{ total: number }>(`select count() as total from raw_deliveries_v1 final where ${WHERE}`, paramsOf(query))
  return row?.total ?? 0
}

/** All of them up to the limit, oldest first, a page at a time. */
export async function* recordedDeliveries(source: DeliverySource, query: AdapterBacktestQuery): AsyncGenerator<ReadDelivery> {
  let after = { atMs: -1, partition: 0, version: 0 }
  for (let left = query.limit; left > 0;) {
    const places = await source.facts.query<Place>(
      `select partition, version, toUnixTimestamp64Milli(at) as atMs, body_bytes as bytes from raw_deliveries_v1 final
       where ${WHERE} and (toUnixTimestamp64Milli(at), partition, version) > ({afterMs:Int64}, {afterPartition:UInt32}, {afterVersion:UInt64}) order by at, partition, version limit {limit:UInt32}`,
      { ...paramsOf(query), afterMs: after.atMs, afterPartition: after.partition, afterVersion: after.version, limit: Math.min(PAGE, left) },
    )
    const page = withinBytes(places)
    const last = page.at(-1)
    if (last === undefined) return
    const [deliveries, rows] = await Promise.all([readAll(source, page), rowsOf(source.facts, query.companyId, page)])
    for (const place of page) {
      const word = `${place.partition}:${place.version}`
      const delivery = deliveries.get(word)
      yield { atMs: place.atMs, read: delivery === undefined ? null : { delivery, atMs: place.atMs, rows: (rows.get(word) ?? []).map(recordedRow) } }
    }
    left -= page.length
    after = last
  }
}

/** As many as fit, and always one. */
function withinBytes(places: readonly Place[]): readonly Place[] {
  let bytes = 0
  const end = places.findIndex((place, index) => (bytes += place.bytes) > PAGE_BYTES && index > 0)
  return end < 0 ? places : places.slice(0, end)
}

async function readAll({ log, raw }: DeliverySource, places: readonly Place[]): Promise<ReadonlyMap<string, Delivery>> {
  const found = new Map<string, Delivery>()
  for (const [partition, wanted] of Map.groupBy(places.filter(({ version }) => epochOf(version) === log.epoch), (place) => place.partition)) {
    const offsets = wanted.map(({ version }) => offsetOf(version)).sort((a, b) => a - b)
    for (const { from, to } of ranges(offsets)) await readRange(log, raw, { partition, from, to, wanted: new Set(offsets) }, found)
  }
  return found
}

function ranges(offsets: readonly number[]): { from: number; to: number }[] {
  const list: { from: number; to: number }[] = []
  for (const offset of offsets) {
    const last = list.at(-1)
    if (last !== undefined && offset - last.to < GAP) last.to = offset + 1
    else list.push({ from: offset, to: offset + 1 })
  }
  return list
}

async function readRange(log: TailedLog, raw: Codec<RawRecord>, range: { partition: number; from: number; to: number; wanted: ReadonlySet<number> }, found: Map<string, Delivery>): Promise<void> {
  const { partition, from, to, wanted } = range
  const first = (await log.ends(TOPICS.raw.name)).find((end) => end.partition === partition)?.first ?? to
  try {
    for await (const records of log.read(TOPICS.raw.name, partition, Math.max(from, first), to)) {
      const hits = records.filter(({ offset }) => wanted.has(offset))
      await raw.prepare(hits.map(({ value }) => value))
      for (const { offset, value } of hits) {
        const { event } = raw.decode(value)
        if (event.type === 'delivery') found.set(`${partition}:${positionOf(log.epoch, offset)}`, event)
      }
    }
  } catch (thrown) {
    // Retention was quicker: what is missing counts as expired.
    if (toAppError(thrown).code !== 'log_gap') throw thrown
  }
}

async function rowsOf(facts: FactSource, companyId: string, places: readonly Place[]): Promise<ReadonlyMap<string, readonly Row[]>> {
  const [first, last] = [places[0], places.at(-1)]
  if (first === undefined || last === undefined) return new Map()
  const rows = await facts.query<Row>(
    `select partition, version, element, fate, problem_key as problemKey, source, alert_id as alertId, external_id as externalId, asset, signature, severity, status, title, message, starts_at_ms as startsAtMs, labels
     from ledger_v1 final where company_id = {companyId:String} and at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') and at <= fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
       and concat(toString(partition), ':', toString(version)) in {words:Array(String)} order by partition, version, element`,
    { companyId, fromMs: first.atMs, toMs: last.atMs, words: places.map(({ partition, version }) => `${partition}:${version}`) },
  )
  return Map.groupBy(rows, ({ partition, version }) => `${partition}:${version}`)
}

function recordedRow({ element, fate, problemKey, source, alertId, externalId, asset, signature, severity, status, title, message, startsAtMs, labels }: Row) {
  const orNull = (text: string): string | null => (text === '' ? null : text)
  const alert = alertId === '' ? null : { source, externalId: orNull(externalId), asset: orNull(asset), signature: orNull(signature), severity, status, title, message, startsAtMs, labels }
  return { element, isRejected: fate === 'rejected', problemKey: problemKey.endsWith(':overflow') ? null : orNull(problemKey), alert }
}
