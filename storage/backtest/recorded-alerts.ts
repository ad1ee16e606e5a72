/** Alerts of a company as the ledger recorded them, oldest first, a page at a time. */
import type { NormalisedAlert } from '../../schemas/alert.ts'
import type { AlertStatus, Severity } from '../../schemas/records.ts'
import type { FactSource } from '../queries/analytics-scope.ts'

/** Whose alerts, from when (inclusive) to when (exclusive), and how many at most. */
export interface RecordedAlertsQuery {
  readonly companyId: string
  readonly fromMs: number
  readonly toMs: number
  readonly limit: number
}

/** An alert with the problem it belonged to; null where it was dropped. */
export interface RecordedAlert {
  readonly alertId: string
  readonly companyId: string
  readonly integrationId: string
  readonly problemKey: string | null
  readonly atMs: number
  readonly alert: NormalisedAlert
}

interface Row {
  alertId: string; integrationId: string; problemKey: string; atMs: number; partition: number; version: number; element: number
  source: string; externalId: string; asset: string; signature: string; severity: Severity; status: AlertStatus; title: string; message: string; startsAtMs: number | null; labels: Record<string, string>
}

/** Rows held at once. */
const PAGE = 5_000

/** What was dropped because it had come before, or was never read, is not replayed. */
const WHERE = `company_id = {companyId:String} and at >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC') and at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
  and alert_id != '' and fate != 'rejected' and reason != 'duplicate_delivery'`

/** How many there are. */
export async function countRecordedAlerts(facts: FactSource, { companyId, fromMs, toMs }: RecordedAlertsQuery): Promise<number> {
  const [row] = await facts.query<{ total: number }>(`select count() as total from ledger_v1 final where ${WHERE}`, { companyId, fromMs, toMs })
  return row?.total ?? 0
}

/** All of them up to the limit. */
export async function* recordedAlerts(facts: FactSource, { companyId, fromMs, toMs, limit }: RecordedAlertsQuery): AsyncGenerator<readonly RecordedAlert[]> {
  let after = { atMs: -1, partition: 0, version: 0, element: 0 }
  for (let left = limit; left > 0;) {
    const rows = await facts.query<Row>(
      `select alert_id as alertId, integration_id as integrationId, problem_key as problemKey, toUnixTimestamp64Milli(at) as atMs, partition, version, element, source, external_id as externalId, asset, signature,
         severity, status, title, message, starts_at_ms as startsAtMs, labels
       from ledger_v1 final where ${WHERE} and at >= fromUnixTimestamp64Milli({sinceMs:Int64}, 'UTC')
         and (toUnixTimestamp64Milli(at), partition, version, element) > ({afterMs:Int64}, {afterPartition:UInt32}, {afterVersion:UInt64}, {afterElement:UInt32})
       order by at, partition, version, element limit {limit:UInt32}`,
      { companyId, fromMs, toMs, sinceMs: Math.max(fromMs, after.atMs), afterMs: after.atMs, afterPartition: after.partition, afterVersion: after.version, afterElement: after.element, limit: Math.min(PAGE, left) },
    )
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map((row) => recorded(companyId, row))
    left -= rows.length
    after = last
  }
}

function recorded(companyId: string, { alertId, integrationId, problemKey, atMs, source, externalId, asset, signature, severity, status, title, message, startsAtMs, labels }: Row): RecordedAlert {
  const orNull = (text: string): string | null => (text === '' ? null : text)
  return {
    alertId, companyId, integrationId, problemKey: orNull(problemKey), atMs,
    alert: { source, externalId: orNull(externalId), asset: orNull(asset), signature: orNull(signature), severity, status, title, message, startsAtMs, labels },
  }
}
