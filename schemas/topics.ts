/** One day in milliseconds. */
const DAY_MS = 86_400_000

/** What a topic is: its Avro file, how long it keeps records, and who stamps their time. */
export interface TopicSpec {
  readonly name: string
  /** File name in `schemas/avro`, without ending. */
  readonly schema: string
  /** Records older than this may be deleted. State of a stage never needs more than its input still keeps. */
  readonly retentionMs: number
}

/** Every topic of the program. Partition counts are fixed at creation; growth is a new topic version. */
export const TOPICS = {
  raw: { name: 'alerts.raw.v1', schema: 'raw', retentionMs: 14 * DAY_MS },
  alerts: { name: 'alerts.v1', schema: 'ledger', retentionMs: 14 * DAY_MS },
  correlation: { name: 'correlation.v1', schema: 'correlation', retentionMs: 30 * DAY_MS },
  incidents: { name: 'incidents.v1', schema: 'incidents', retentionMs: 30 * DAY_MS },
  runs: { name: 'runs.v1', schema: 'runs', retentionMs: 90 * DAY_MS },
  calls: { name: 'calls.v1', schema: 'calls', retentionMs: 30 * DAY_MS },
  deadLetter: { name: 'dead-letter.v1', schema: 'dead-letter', retentionMs: 30 * DAY_MS },
} as const satisfies Record<string, TopicSpec>

/** The name of a topic. */
export type TopicName = (typeof TOPICS)[keyof typeof TOPICS]['name']

/** Partitions of each topic on Kafka unless the configuration says otherwise. */
export const KAFKA_PARTITIONS = 48

/** Partitions of each topic on the embedded log: one process reads them all, so a few suffice. */
export const EMBEDDED_PARTITIONS = 4

/** How often each ingest process appends a tick to every raw partition. */
export const TICK_INTERVAL_MS = 5_000
