/** Analytics and dead letters as the API asks for them: open ends of time, and `all` companies. */
import { AppError, toAppError } from '../../schemas/errors.ts'
import { epochOf, offsetOf } from '../../schemas/position.ts'
import type { DeadLetterView, DeliveryView, NoiseView, Page, PageQuery } from '../../schemas/views.ts'
import { balance, deadLetters, delivery, findDeadLetter, noise, series, type Balance, type FactScope, type FactSource } from './analytics.ts'

/** Which companies, and from when (inclusive) to when (exclusive) in ms; null leaves that end open. */
export interface Span {
  readonly companyIds: readonly string[] | 'all'
  readonly fromMs: number | null
  readonly toMs: number | null
}

/** Past the last time the engine can hold. */
const END_MS = Date.UTC(2299, 11, 31)

function scopeOf({ companyIds, fromMs, toMs }: Span): FactScope {
  return { companyIds: listOf(companyIds), fromMs: fromMs ?? 0, toMs: toMs ?? END_MS }
}

function listOf(companyIds: readonly string[] | 'all'): readonly string[] | null {
  return companyIds === 'all' ? null : companyIds
}

/** Figures of the ledger. */
export function analyticsStore(source: FactSource) {
  return {
    noise: (span: Span): Promise<NoiseView> => noise(source, scopeOf(span)),
    balance: (span: Span): Promise<Balance> => balance(source, scopeOf(span)),
    series: (span: Span, stepMs?: number) => series(source, scopeOf(span), stepMs),
    delivery: (companyIds: readonly string[] | 'all', deliveryId: string): Promise<DeliveryView | null> => delivery(source, listOf(companyIds), deliveryId),
  }
}

/** What replaying needs of the log. */
export interface ReplayedLog {
  readonly epoch: number
  append(records: readonly { topic: string; key: string; value: Buffer; partition: number }[]): Promise<void>
  read(topic: string, partition: number, from: number, to: number): AsyncIterable<readonly { readonly key: string; readonly value: Buffer }[]>
}

/** Dead letters, and their replay from the log. */
export function deadLetterStore(source: FactSource, log: ReplayedLog) {
  return {
    list: (span: Span, page: PageQuery): Promise<Page<DeadLetterView>> => deadLetters(source, scopeOf(span), page),
    /** Appends the original record anew, as it was. Null where there is none within the companies; `conflict` where the log no longer keeps it. */
    async replay(companyIds: readonly string[] | 'all', id: string): Promise<{ readonly companyId: string | null } | null> {
      const letter = await findDeadLetter(source, listOf(companyIds), id)
      if (letter === null) return null
      const { topic, partition, position, companyId } = letter
      const original = epochOf(position) === log.epoch ? await readOne(log, topic, partition, offsetOf(position)) : null
      if (original === null) throw new AppError('conflict', `the log no longer keeps the record behind dead letter ${id}; ask the sender to send it again`)
      await log.append([{ topic, key: original.key, value: original.value, partition }])
      return { companyId }
    },
  }
}

async function readOne(log: ReplayedLog, topic: string, partition: number, offset: number): Promise<{ key: string; value: Buffer } | null> {
  try {
    for await (const records of log.read(topic, partition, offset, offset + 1)) {
      const [record] = records
      if (record !== undefined) return { key: record.key, value: record.value }
    }
  } catch (thrown) {
    if (toAppError(thrown).code !== 'log_gap') throw thrown
  }
  return null
}
