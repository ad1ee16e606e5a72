/** What lies on the log and is not recorded yet: a second or two of traffic, searched for one word. */
import type { Codec } from '../../schemas/codec.ts'
import { epochOf, offsetOf, positionOf, type Position } from '../../schemas/position.ts'
import type { FactSource } from '../queries/analytics-scope.ts'

/** What is needed of the log. */
export interface TailedLog {
  readonly epoch: number
  ends(topic: string): Promise<readonly { readonly partition: number; readonly first: number; readonly next: number }[]>
  read(topic: string, partition: number, from: number, to: number): AsyncIterable<readonly { readonly partition: number; readonly offset: number; readonly key: string; readonly value: Buffer; readonly atMs: number }[]>
}

/** A record with its place. */
export interface Found<T> {
  readonly record: T
  readonly partition: number
  readonly position: Position
  readonly atMs: number
}

/** Records searched at the end of each partition at most: a recorder that is minutes behind must not make every receipt read them. */
const TAIL_RECORDS = 20_000

/** Records found of one search at most. */
const FOUND_MAX = 20_000

/** Which records: those whose bytes contain the word and that fit. Only they are kept, or a word of one letter would hold all of them at once. */
export interface Wanted<T> {
  readonly topic: string
  readonly word: string
  readonly partition: number | null
  readonly fits: (record: T) => boolean
}

/** The unrecorded records of a topic that are wanted, in order of each partition; of all partitions, or of one. */
export async function findUnrecorded<T>(log: TailedLog, facts: FactSource, codec: Codec<T>, wanted: Wanted<T>): Promise<readonly Found<T>[]> {
  const { topic, partition } = wanted
  const [marks, ends] = await Promise.all([
    facts.query<{ partition: number; recorded: Position }>('select partition, max(to_position) as recorded from recorded_ranges_v1 where topic = {topic:String} group by partition', { topic }),
    log.ends(topic),
  ])
  const recorded = new Map(marks.map((mark) => [mark.partition, mark.recorded]))
  const searched = ends.filter((end) => partition === null || end.partition === partition)
  const found = await Promise.all(searched.map(async ({ partition: id, first, next }) => {
    const mark = recorded.get(id)
    const after = mark !== undefined && epochOf(mark) === log.epoch ? offsetOf(mark) + 1 : first
    return searchRange(log, codec, { partition: id, from: Math.max(after, first, next - TAIL_RECORDS), to: next }, wanted)
  }))
  return found.flat()
}

async function searchRange<T>(log: TailedLog, codec: Codec<T>, range: { partition: number; from: number; to: number }, { topic, word, fits }: Wanted<T>): Promise<Found<T>[]> {
  const { partition, from, to } = range
  const bytes = Buffer.from(word)
  const found: Found<T>[] = []
  if (from >= to) return found
  for await (const records of log.read(topic, partition, from, to)) {
    const hits = records.filter((record) => record.value.includes(bytes))
    await codec.prepare(hits.map((hit) => hit.value))
    for (const { offset, value, atMs } of hits) {
      const record = codec.decode(value)
      if (fits(record)) found.push({ record, partition, position: positionOf(log.epoch, offset), atMs })
    }
    if (found.length >= FOUND_MAX) break
  }
  return found
}
