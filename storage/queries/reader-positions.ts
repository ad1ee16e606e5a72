/** How far the recorder has come and what it is about to insert, in `reader_positions`. */
import type { Position } from '../../schemas/position.ts'
import type { RecorderPositions } from '../recorder/partition.ts'
import { whole, type Sql } from './sql.ts'

/** The recorder's positions under a reader's name. Two processes that hold one partition for a moment cannot intend different ranges from one position. */
export function recorderPositions(sql: Sql, reader: string): RecorderPositions {
  return {
    async load(topic, partition) {
      const [row] = await sql.query<{ position: Position; pending_to: Position | null }>(
        `select ${whole('position')} as position, ${whole('pending_to')} as pending_to from reader_positions where reader = $1 and topic = $2 and partition = $3`,
        [reader, topic, partition],
      )
      return row === undefined ? null : { position: row.position, pendingTo: row.pending_to }
    },
    async intend(topic, partition, from, to) {
      const rows = await sql.query(
        `update reader_positions set pending_to = $5
         where reader = $1 and topic = $2 and partition = $3 and position = $4 and (pending_to is null or pending_to = $5) returning reader`,
        [reader, topic, partition, from, to],
      )
      return rows.length === 1
    },
    async advance(topic, partition, from, to) {
      const rows = await sql.query(
        `update reader_positions set position = $5, pending_to = null
         where reader = $1 and topic = $2 and partition = $3 and position = $4 and pending_to = $5 returning reader`,
        [reader, topic, partition, from, to],
      )
      return rows.length === 1
    },
    async reset(topic, partition, position) {
      await sql.query(
        `insert into reader_positions (reader, topic, partition, position, pending_to) values ($1, $2, $3, $4, null)
         on conflict (reader, topic, partition) do update set position = excluded.position, pending_to = null`,
        [reader, topic, partition, position],
      )
    },
  }
}
