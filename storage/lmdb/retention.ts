/** Deletes what is older than its topic keeps: whole blocks from the front of each partition, a bounded slice at a time. */
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { toAppError, type AppError } from '../../schemas/errors.ts'
import { committed } from './env.ts'
import { blockHeader, blockKey, encodeHead, headKey, offsetOfKey, slotOf, type Slot } from './log-format.ts'
import type { LogTables } from './log-tables.ts'

/** How often the log looks for old records. */
const INTERVAL_MS = 60_000

/** Blocks deleted in one transaction, at most: 64 MB of records, a few milliseconds of the write lock. */
const SLICE_BLOCKS = 200

/** Runs until the signal aborts. A failure is reported and waits for the next round: late deletion harms nobody. */
export async function keepRetention(tables: LogTables, clock: Clock, signal: AbortSignal, report?: (error: AppError) => void): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(INTERVAL_MS, signal)
      await deleteExpired(tables, clock.now(), signal)
    } catch (thrown) {
      if (isAborted(signal)) return
      report?.(toAppError(thrown, 'deleting old records'))
    }
  }
}

/** One round over every partition. Only append time decides, so a record leaves when all before it have left. */
export async function deleteExpired(tables: LogTables, nowMs: number, signal?: AbortSignal): Promise<void> {
  for (const topic of tables.topics()) {
    for (let partition = 0; partition < topic.partitions; partition++) {
      const slot = slotOf(topic.id, partition)
      while (signal?.aborted !== true && (await deleteSlice(tables, slot, nowMs - topic.retentionMs))) continue
    }
  }
}

/** True when there may be more. */
async function deleteSlice(tables: LogTables, slot: Slot, beforeMs: number): Promise<boolean> {
  const { heads, blocks, env } = tables
  env.refresh()
  const head = tables.head(slot)
  const expired: Buffer[] = []
  let first = head.first
  for (const { key, value } of blocks.getRange({ start: blockKey(slot, 0), end: blockKey(slot, head.next), limit: SLICE_BLOCKS })) {
    const { atMs, count } = blockHeader(value)
    if (atMs >= beforeMs) break
    expired.push(key)
    first = offsetOfKey(key) + count
  }
  if (expired.length === 0) return false
  await committed(
    heads.ifVersion(headKey(slot), head.version, () => {
      for (const key of expired) void blocks.remove(key)
      void heads.put(headKey(slot), encodeHead({ first, next: head.next, lastAtMs: head.lastAtMs }), head.version + 1)
    }),
    'deleting old records',
  )
  return true
}
