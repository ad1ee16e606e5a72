/**
 * The record of every call to the outside and every webhook from it: a row to look at and a record for the log, in one transaction.
 *
 * Recording never holds up or fails the call itself. One writer takes what has come together, so that many calls are few transactions; what cannot be written waits and is
 * tried again, in bounded memory; what had to be given up is counted and said.
 */
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { toAppError, type AppError } from '../../schemas/errors.ts'
import type { OutsideCall } from '../../schemas/tickets.ts'
import { enqueueCalls } from '../queries/outbox.ts'
import type { SqlDatabase } from '../queries/sql.ts'
import { callEvent, callKey, cleanCall } from './call-rows.ts'

/** Why a call has no record: `full`, too many waited; `refused`, the database does not take it; `unreadable`, it is no call; `stopped`, the program ended while the database was away. */
export type Unrecorded = 'full' | 'refused' | 'unreadable' | 'stopped'

/** What is counted of calls and of their record. */
export interface CallMetrics {
  called(call: OutsideCall): void
  /** An attempt to write failed; it is made again. */
  failed(): void
  /** Given up. */
  unrecorded(why: Unrecorded, calls: number): void
  waiting(calls: number): void
}

/** What the recorder is built from. */
export interface CallRecorderOptions {
  readonly clock: Clock
  readonly logger: { warn(fields: object, message: string): void; error(fields: object, message: string): void }
  readonly metrics?: CallMetrics
  /** Called after something lies in the outbox. */
  readonly changed?: () => void
  /** Calls that may wait, 5,000 unless told: 100 MB at the very most. */
  readonly maxWaiting?: number
}

/** Takes calls for the record. */
export interface CallRecorder {
  /** Resolves when the call is written, or when the first try failed and it waits for the next. Never rejects. */
  record(call: OutsideCall): Promise<void>
  /** Writes what waits, with one last try. */
  stop(): Promise<void>
}

const MAX_WAITING = 5_000
/** Calls of one transaction. */
const BATCH_CALLS = 200
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
/** A call that is refused by itself once more than this is given up, so that others get through. */
const REFUSALS_MAX = 3

interface Waiting {
  readonly call: OutsideCall
  readonly tried: PromiseWithResolvers<undefined>
}

/** Starts recording into a database. */
export function callRecorder(db: SqlDatabase, options: CallRecorderOptions): CallRecorder {
  return new Recorder(db, options)
}

class Recorder implements CallRecorder {
  readonly #db: SqlDatabase
  readonly #options: CallRecorderOptions
  readonly #stopping = new AbortController()
  #waiting: Waiting[] = []
  /** How many of those that wait, from the first on, are being written. */
  #underWay = 0
  #writing: Promise<void> | null = null
  /** The database does not take calls: nobody waits for it. */
  #isFailing = false
  /** Calls still to be written one by one, because one among them was refused. */
  #singles = 0

  constructor(db: SqlDatabase, options: CallRecorderOptions) {
    this.#db = db
    this.#options = options
  }

  async record(raw: OutsideCall): Promise<void> {
    const { metrics, logger, maxWaiting = MAX_WAITING } = this.#options
    let call
    try {
      call = cleanCall(raw)
    } catch (thrown) {
      metrics?.unrecorded('unreadable', 1)
      logger.error({ why: 'unreadable' }, `an outside call could not be recorded: ${toAppError(thrown).message}`)
      return
    }
    metrics?.called(call)
    const entry: Waiting = { call, tried: Promise.withResolvers<undefined>() }
    // The oldest go: they have waited longest for a database that does not come back, and the newest tell what is wrong now.
    if (this.#waiting.length >= maxWaiting) this.#giveUp('full', this.#waiting.splice(this.#underWay, Math.max(1, this.#waiting.length - maxWaiting + 1)), null)
    this.#waiting.push(entry)
    metrics?.waiting(this.#waiting.length)
    if (this.#isFailing) entry.tried.resolve(undefined)
    this.#pump()
    await entry.tried.promise
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#writing
  }

  #pump(): void {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null
      if (this.#waiting.length > 0) this.#pump()
    })
  }

  /** Writes until nothing waits, or, when the program stops, until it fails. */
  async #writeAll(): Promise<void> {
    const { clock, logger, metrics, changed } = this.#options
    for (let failures = 0; this.#waiting.length > 0;) {
      this.#underWay = Math.min(this.#waiting.length, this.#singles > 0 ? 1 : BATCH_CALLS)
      const batch = this.#waiting.slice(0, this.#underWay)
      const error = await this.#tryWrite(batch)
      if (error === null) {
        this.#done(batch)
        ;[failures, this.#isFailing] = [0, false]
        metrics?.waiting(this.#waiting.length)
        changed?.()
        continue
      }
      failures += 1
      this.#isFailing = true
      metrics?.failed()
      logger.warn({ code: error.code, waiting: this.#waiting.length }, `recording outside calls goes on later: ${error.message}`)
      for (const { tried } of this.#waiting) tried.resolve(undefined)
      const isRefused = error.code !== 'engine_unavailable'
      if (isRefused && batch.length > 1) this.#singles = batch.length
      else if (isRefused && failures > REFUSALS_MAX) {
        this.#done(batch)
        this.#giveUp('refused', batch, error)
        failures = 0
        continue
      }
      if (isAborted(this.#stopping.signal)) return this.#giveUp('stopped', this.#waiting.splice(0), error)
      await Promise.allSettled([clock.sleep(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS), this.#stopping.signal)])
    }
    ;[this.#underWay, this.#singles, this.#isFailing] = [0, 0, false]
  }

  async #tryWrite(batch: readonly Waiting[]): Promise<AppError | null> {
    try {
      await writeCalls(this.#db, batch.map(({ call }) => call), this.#options.clock.now())
      return null
    } catch (thrown) {
      return toAppError(thrown)
    }
  }

  /** These stood first and wait no longer. */
  #done(batch: readonly Waiting[]): void {
    this.#waiting.splice(0, batch.length)
    this.#singles = Math.max(0, this.#singles - batch.length)
    this.#underWay = 0
    for (const { tried } of batch) tried.resolve(undefined)
  }

  #giveUp(why: Unrecorded, calls: readonly Waiting[], error: AppError | null): void {
    this.#options.metrics?.unrecorded(why, calls.length)
    this.#options.logger.error(
      { calls: calls.length, why, code: error?.code ?? null, connector: calls[0]?.call.connector ?? null, reference: calls[0]?.call.reference ?? null },
      `${calls.length} outside call(s) are not recorded: ${error?.message ?? 'too many wait for the database'}`,
    )
    for (const { tried } of calls) tried.resolve(undefined)
  }
}

const COLUMNS = `id text, "atMs" float8, "integrationType" text, connector text, "connectionId" text, "companyId" text, "incidentId" text, "ticketId" text, action text, direction text, "externalId" text, method text, url text,
  reference text, status text, "httpStatus" int, "errorCode" text, "errorText" text, "durationMs" float8, retries int, who jsonb, request text, response text, "shownAs" text`

/** Rows and records of calls in one transaction. A call that stands there already is left as it is and told no second time. */
async function writeCalls(db: SqlDatabase, calls: readonly OutsideCall[], nowMs: number): Promise<void> {
  await db.transaction(async (sql) => {
    const added = await sql.query<{ id: string }>(
      `insert into outside_calls (id, at, integration_type, connector, connection_id, company_id, incident_id, ticket_id, action, direction, external_id, method, url, reference, status, http_status, error_code, error_text, duration_ms, retries, who, request, response, shown_as)
       select id, to_timestamp("atMs" / 1000), "integrationType", connector, "connectionId", "companyId", "incidentId", "ticketId", action, direction, "externalId", method, url, reference, status, "httpStatus", "errorCode", "errorText", "durationMs", retries, who, request, response, "shownAs"
       from jsonb_to_recordset($1::jsonb) as c (${COLUMNS}) on conflict (id) do nothing returning id`,
      [JSON.stringify(calls)],
    )
    const ids = new Set(added.map(({ id }) => id))
    const news = calls.filter(({ id }) => ids.delete(id))
    if (news.length > 0) await enqueueCalls(sql, news.map((call) => ({ key: callKey(call), record: callEvent(call) })), nowMs)
  })
}
