/** What is known of one delivery: the times it lies on the log, and the ledger's rows of each; from the fact tables and, where those lag, from the log itself. */
import { toAppError } from '../../schemas/errors.ts'
import type { Codec } from '../../schemas/codec.ts'
import type { Position } from '../../schemas/position.ts'
import type { Fate, LedgerRow, RawRecord } from '../../schemas/records.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { companyParams, IN_COMPANIES, type FactSource } from '../queries/analytics-scope.ts'
import { partitionOf } from '../partition-of.ts'
import { findUnrecorded, type Found, type TailedLog, type Wanted } from './unrecorded.ts'

/** One time the delivery lies on the log. */
export interface Attempt {
  readonly companyId: string
  readonly integrationId: string
  readonly source: string
  readonly partition: number
  readonly version: Position
  readonly atMs: number
  /** What the sender was told; null where only the ledger is known yet. */
  readonly told: number | null
  readonly receivedAtMs: number
  /** Position of the record it repeats; 0 for what the sender sent. */
  readonly replayOf: Position
  readonly replayElements: readonly number[]
  readonly replayActor: string
}

/** One row of the ledger. */
export interface Row {
  readonly partition: number
  readonly version: Position
  readonly element: number
  readonly elements: number
  readonly fate: Fate
  readonly reason: string | null
  readonly problemKey: string | null
  readonly atMs: number
  readonly alert: { readonly alertId: string; readonly title: string; readonly status: string; readonly severity: string; readonly asset: string | null; readonly signature: string | null } | null
}

/** All that is known of a delivery. */
export interface DeliveryFacts {
  readonly attempts: readonly Attempt[]
  readonly rows: readonly Row[]
}

/** Where facts are read. */
export interface FactPorts {
  readonly facts: FactSource
  readonly log: TailedLog
  readonly raw: Codec<RawRecord>
  readonly ledger: Codec<LedgerRow>
}

/** An alert in one answer at most: five thousand of a delivery, replayed a few times. */
const ROWS_MAX = 50_000

interface StoredRow extends Omit<Row, 'alert'>, Pick<Attempt, 'companyId' | 'integrationId' | 'source'> {
  readonly alertId: string
  readonly title: string
  readonly status: string
  readonly severity: string
  readonly asset: string
  readonly signature: string
}

/** What the fact tables know of a delivery, within companies. */
export async function recordedFacts(facts: FactSource, companyIds: readonly string[] | null, deliveryId: string): Promise<DeliveryFacts> {
  const params = { ...companyParams(companyIds), deliveryId, limit: ROWS_MAX }
  const [attempts, rows] = await Promise.all([
    facts.query<Attempt>(
      `select company_id as companyId, integration_id as integrationId, source, partition, version, toUnixTimestamp64Milli(at) as atMs, elements as told, received_at_ms as receivedAtMs,
         replay_of as replayOf, replay_elements as replayElements, replay_actor as replayActor
       from raw_deliveries_v1 final where ${IN_COMPANIES} and delivery_id = {deliveryId:String} order by version limit 1000`, params,
    ),
    facts.query<StoredRow>(
      `select company_id as companyId, integration_id as integrationId, source, partition, version, element, elements, fate, nullIf(reason, '') as reason, nullIf(problem_key, '') as problemKey,
         toUnixTimestamp64Milli(at) as atMs, alert_id as alertId, title, status, severity, asset, signature
       from ledger_v1 final where ${IN_COMPANIES} and delivery_id = {deliveryId:String} order by version, element, fate limit {limit:UInt32}`, params,
    ),
  ])
  return merged(attempts, rows.map(({ companyId, integrationId, source, alertId, title, status, severity, asset, signature, ...row }) => ({
    ...row, companyId, integrationId, source,
    alert: alertId === '' ? null : { alertId, title, status, severity, asset: asset === '' ? null : asset, signature: signature === '' ? null : signature },
  })))
}

/** The same with what is on the log and not recorded yet. `integrationId` tells the partition where it is known. */
export async function withUnrecorded(ports: FactPorts, known: DeliveryFacts, companyIds: readonly string[] | null, deliveryId: string, integrationId: string | null): Promise<DeliveryFacts> {
  const owner = known.attempts[0]?.integrationId ?? integrationId
  const isOurs = (record: { readonly deliveryId: string; readonly companyId: string }): boolean => record.deliveryId === deliveryId && (companyIds === null || companyIds.includes(record.companyId))
  const [raw, ledger] = await Promise.all([
    search(ports, ports.raw, { topic: TOPICS.raw.name, word: deliveryId, fits: ({ event }) => event.type === 'delivery' && isOurs(event) }, owner),
    search(ports, ports.ledger, { topic: TOPICS.alerts.name, word: deliveryId, fits: isOurs }, owner),
  ])
  const attempts = raw.flatMap(({ record: { event }, partition, position, atMs }): Attempt[] => {
    if (event.type !== 'delivery') return []
    const { companyId, integrationId: integration, source, elements: told, receivedAtMs, replay } = event
    return [{ companyId, integrationId: integration, source, partition, version: position, atMs, told, receivedAtMs, replayOf: replay?.position ?? 0, replayElements: replay?.elements ?? [], replayActor: replay?.actorName ?? '' }]
  })
  const rows = ledger.map(({ record }) => rowOf(record))
  const stored = known.rows.map((row) => ({ ...row, ...ownerOf(known, row) }))
  return merged([...known.attempts, ...attempts], [...stored, ...rows])
}

async function search<T>({ facts, log }: FactPorts, codec: Codec<T>, wanted: Omit<Wanted<T>, 'partition'>, integrationId: string | null): Promise<readonly Found<T>[]> {
  const partition = integrationId === null ? null : partitionOf(integrationId, (await log.ends(wanted.topic)).length)
  try {
    return await findUnrecorded(log, facts, codec, { ...wanted, partition })
  } catch (thrown) {
    // Retention took the record meanwhile, so it is recorded, or was lost with the recorder's store: the answer stands without it.
    if (toAppError(thrown).code !== 'log_gap') throw thrown
    return []
  }
}

type OwnedRow = Row & Pick<Attempt, 'companyId' | 'integrationId' | 'source'>

function rowOf(row: LedgerRow): OwnedRow {
  const { companyId, integrationId, source, partition, version, element, elements, fate, reason, problemKey, atMs, alert } = row
  return {
    companyId, integrationId, source, partition, version, element, elements, fate, reason, problemKey, atMs,
    alert: alert === null ? null : { alertId: alert.alertId, title: alert.title, status: alert.status, severity: alert.severity, asset: alert.asset, signature: alert.signature },
  }
}

function ownerOf({ attempts }: DeliveryFacts, row: Row): Pick<Attempt, 'companyId' | 'integrationId' | 'source'> {
  const attempt = attempts.find((one) => one.partition === row.partition && one.version === row.version) ?? attempts[0]
  return { companyId: attempt?.companyId ?? '', integrationId: attempt?.integrationId ?? '', source: attempt?.source ?? '' }
}

/** Each attempt and each row once; an attempt that only its rows tell of is made from them. */
function merged(attempts: readonly Attempt[], rows: readonly OwnedRow[]): DeliveryFacts {
  const byPlace = new Map<string, Attempt>()
  for (const attempt of attempts) byPlace.set(`${attempt.partition}:${attempt.version}`, attempt)
  const unique = new Map<string, Row>()
  for (const { companyId, integrationId, source, ...row } of rows) {
    const { partition, version, element, fate, reason, atMs } = row
    unique.set(`${partition}:${version}:${element}:${fate}:${reason ?? ''}`, row)
    const place = `${partition}:${version}`
    if (!byPlace.has(place)) byPlace.set(place, { companyId, integrationId, source, partition, version, atMs, told: null, receivedAtMs: atMs, replayOf: 0, replayElements: [], replayActor: '' })
  }
  return {
    attempts: [...byPlace.values()].sort((a, b) => a.version - b.version || a.partition - b.partition),
    rows: [...unique.values()].sort((a, b) => a.version - b.version || a.element - b.element),
  }
}
