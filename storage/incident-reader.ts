/**
 * Reads incidents.v1 into a list of a role's own: those that the analyst or the remediator have to look at. List and position are written in one transaction, as
 * the projector does it; what goes on the list is decided by whoever starts the reader. Records that cannot be read are passed over: the projector sets
 * them aside.
 */
import { openCodec, type Codec, type SchemaIds } from '../schemas/codec.ts'
import { AppError, toAppError } from '../schemas/errors.ts'
import { epochOf, NO_POSITION, offsetOf, positionOf, type Position } from '../schemas/position.ts'
import type { IncidentChanged, IncidentRecord } from '../schemas/records.ts'
import { TOPICS } from '../schemas/topics.ts'
import { withoutNul } from './projection/clean.ts'
import type { ProjectedLog } from './projector.ts'
import type { Sql, SqlDatabase } from './queries/sql.ts'

const TOPIC = TOPICS.incidents.name
const BATCH_RECORDS = 1_000
/** An incident has settled when nothing has changed it for this long, by the log's time, */
export const QUIET_MS = 20_000
/** or when it has been wanted for this long, whatever goes on. */
export const PATIENCE_MS = 120_000

/** The newest snapshot of an incident, with the time the log gave its record. */
export interface IncidentTold {
  readonly incident: IncidentChanged
  readonly atMs: number
}

/** What the reader is built from. */
export interface IncidentReaderOptions {
  /** Name of the consumer group, and of the reader in `reader_positions`. */
  readonly reader: string
  /** What it is for, in messages. */
  readonly purpose: string
  readonly log: ProjectedLog
  readonly schemaIds: SchemaIds
  readonly database: SqlDatabase
  /** Brings the list up to date, in the transaction of the position. */
  readonly list: (sql: Sql, partition: number, told: readonly IncidentTold[]) => Promise<void>
  readonly logger: { warn(fields: object, message: string): void }
  readonly failed: (error: Error) => void
  readonly nowMs: () => number
  /** Append time of the newest committed record of a partition, in ms. */
  readonly progress?: (partition: number, atMs: number) => void
}

/** A running reader. */
export interface IncidentReader {
  /**
   * The log's time by partition, for those this process reads: that of the newest record, and the machine's own where nothing is left to read. A
   * backlog therefore delays what is due and never hastens it.
   */
  logNowMs(): Promise<ReadonlyMap<number, number>>
  stop(): Promise<void>
}

/** Starts reading. */
export async function startIncidentReader(options: IncidentReaderOptions): Promise<IncidentReader> {
  const { log, database, reader, purpose } = options
  const codec = await openCodec(TOPIC, options.schemaIds)
  const next = new Map<number, number>()
  const newestMs = new Map<number, number>()
  const giveUp = (error: AppError): AppError => {
    options.failed(error)
    return error
  }

  const assigned = async (partition: number): Promise<number> => {
    const position = await readPosition(database, reader, partition, '')
    const end = (await log.ends(TOPIC)).find((candidate) => candidate.partition === partition)
    if (end === undefined) throw new AppError('engine_unavailable', `reading the ends of ${TOPIC}: partition ${partition} is not there`)
    const from = position === NO_POSITION || epochOf(position) < log.epoch ? end.first : offsetOf(position) + 1
    if (from > end.next) throw giveUp(new AppError('log_rewound', `${TOPIC}/${partition} ends at ${end.next}, but the list of ${purpose} holds it up to ${from}; if the topic was recreated, raise AW_LOG_EPOCH`))
    // The list is no ledger: incidents the log has forgotten are not looked at any more.
    next.set(partition, Math.max(from, end.first))
    return Math.max(from, end.first)
  }

  const batch: Parameters<ProjectedLog['consume']>[0]['batch'] = async (partition, records) => {
    const [first, last] = [records[0], records.at(-1)]
    if (first === undefined || last === undefined) return
    try {
      const expected = next.get(partition)
      if (expected === undefined || first.offset > expected) throw new AppError('state_lost', `listing incidents of ${TOPIC}/${partition}: ${first.offset} came where ${expected ?? 'nothing'} was expected`)
      await codec.prepare(records.map((record) => record.value))
      const reached = positionOf(log.epoch, last.offset)
      await database.transaction(async (sql) => {
        await sql.query('insert into reader_positions (reader, topic, partition, position) values ($1, $2, $3, $4) on conflict do nothing', [reader, TOPIC, partition, NO_POSITION])
        const position = await readPosition(sql, reader, partition, 'for update')
        if (reached <= position) return
        const fresh = records.filter((record) => positionOf(log.epoch, record.offset) > position)
        await options.list(sql, partition, newestOf(codec, fresh))
        await sql.query('update reader_positions set position = $4 where reader = $1 and topic = $2 and partition = $3', [reader, TOPIC, partition, reached])
      }, { durable: false })
      next.set(partition, last.offset + 1)
      newestMs.set(partition, Math.max(newestMs.get(partition) ?? 0, last.atMs))
      await log.commit(reader, TOPIC, partition, last.offset + 1)
      options.progress?.(partition, last.atMs)
    } catch (thrown) {
      const error = toAppError(thrown)
      options.logger.warn({ topic: TOPIC, partition, code: error.code, err: error }, `listing incidents for ${purpose} goes on later: ${error.message}`)
      throw error
    }
  }

  const consumption = await log.consume({ group: reader, topic: TOPIC, batchRecords: BATCH_RECORDS, assigned, batch, failed: options.failed, revoked: (partition) => void next.delete(partition) })
  return {
    async logNowMs() {
      const ends = new Map((await log.ends(TOPIC)).map((end) => [end.partition, end.next]))
      const nowMs = options.nowMs()
      return new Map([...next].map(([partition, offset]) => [partition, offset >= (ends.get(partition) ?? Number.POSITIVE_INFINITY) ? Math.max(nowMs, newestMs.get(partition) ?? 0) : newestMs.get(partition) ?? 0]))
    },
    stop: () => consumption.stop(),
  }
}

/** The newest of each incident. */
function newestOf(codec: Codec<IncidentRecord>, records: readonly { readonly value: Buffer; readonly atMs: number }[]): IncidentTold[] {
  const newest = new Map<string, IncidentTold>()
  for (const { value, atMs } of records) {
    const event = readable(codec, value)
    if (event?.type !== 'incident') continue
    const known = newest.get(event.incidentId)
    if (known === undefined || known.incident.version < event.version) newest.set(event.incidentId, { incident: event, atMs })
  }
  return [...newest.values()]
}

function readable(codec: Codec<IncidentRecord>, value: Buffer): IncidentRecord['event'] | null {
  try {
    return withoutNul(codec.decode(value)).event
  } catch (thrown) {
    if (toAppError(thrown).code === 'record_unreadable') return null
    throw thrown
  }
}

async function readPosition(sql: Sql, reader: string, partition: number, lock: '' | 'for update'): Promise<Position> {
  const rows = await sql.query<{ position: number }>(`select position from reader_positions where reader = $1 and topic = $2 and partition = $3 ${lock}`, [reader, TOPIC, partition])
  return rows[0]?.position ?? NO_POSITION
}
