/** A process that inserts ranges until it is killed: `node analytics-inserter.ts <data dir> <first range>`; tells its parent of each that is in. */
import { openAnalytics } from '../../storage/clickhouse/analytics.ts'
import { ledgerAt, recordFacts } from '../samples/facts.ts'

export const RANGE_ROWS = 50

/** One range's rows, under its own token. */
export async function insertRange(analytics: Awaited<ReturnType<typeof openAnalytics>>, range: number): Promise<void> {
  const rows = Array.from({ length: RANGE_ROWS }, (_, n) => ledgerAt(range * RANGE_ROWS + n))
  await recordFacts(analytics, 'alerts.v1', rows, `alerts.v1:0:${range}-${range}`)
}

if (import.meta.main) {
  const analytics = await openAnalytics({ dataDir: process.argv[2]! })
  for (let range = Number(process.argv[3]); ; range++) {
    await insertRange(analytics, range)
    process.send?.(range)
  }
}
