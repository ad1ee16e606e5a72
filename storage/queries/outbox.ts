import type { CorrelationRecord } from '../../schemas/records.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { atMs, type Sql } from './sql.ts'

/** Writes a record for a company's log in the transaction of the rows it belongs to; the relay appends it afterwards. */
export async function enqueue(sql: Sql, companyId: string, record: CorrelationRecord, nowMs: number): Promise<void> {
  await sql.query(
    `insert into outbox (topic, key, record, created_at) values ($1, $2, $3::jsonb, ${atMs('$4')})`,
    [TOPICS.correlation.name, companyId, JSON.stringify(record), nowMs],
  )
}
