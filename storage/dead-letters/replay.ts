/**
 * Sends the records behind dead letters through anew. A record is claimed in the database, appended to its own topic and partition, and noted as
 * appended; so it happens once, however often and by however many it is asked for. A crash in between leaves a claim that may be taken up again after
 * half a minute; should the record be on the log already, the stage drops what it has seen, for a day.
 */
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError, toAppError } from '../../schemas/errors.ts'
import type { Delivery } from '../../schemas/records.ts'
import type { DeadLetterFilter, ReplayAnswer, ReplayStep } from '../../schemas/receipts.ts'
import type { FactScope } from '../queries/analytics-scope.ts'
import { cursorNumber, decodeCursor, encodeCursor, type SqlDatabase } from '../queries/sql.ts'
import { LETTER_COLUMNS, letterConditions, lettersOfRecord, type LetterRow } from './list.ts'
import { claim, marksOf, placeWord, release, settle, unrecordedMarks, type RecordPlace } from './marks.ts'
import { originalOf, type Original, type OriginalPorts } from './originals.ts'

/** What replaying needs. */
export interface ReplayPorts extends OriginalPorts {
  readonly database: SqlDatabase
  readonly log: OriginalPorts['log'] & { append(records: readonly { topic: string; key: string; value: Buffer; partition: number }[]): Promise<void> }
  readonly clock: Clock
}

/** Bytes appended at once at most. */
const APPEND_BYTES = 4 * 1_048_576
const FAILURES_SHOWN = 20

/** Replays the record behind one letter. Throws `conflict` where nothing keeps it, or somebody is replaying it right now. */
export async function replayOne(ports: ReplayPorts, caller: Caller, letter: LetterRow): Promise<ReplayAnswer> {
  const result = await replayRecords(ports, caller, [letter])
  const [failure] = result.failed
  if (failure !== undefined) throw failure.error
  const mark = (await marksOf(ports.database, [letter])).get(placeWord(letter))
  if (mark === undefined || (mark.state === 'pending' && result.replayed.length === 0)) throw new AppError('conflict', 'this dead letter is being replayed right now; look again in some seconds')
  return { id: letter.id, companyId: letter.companyId, deliveryId: letter.deliveryId, replayedAt: mark.at, replayedBy: mark.by, wasReplayed: result.replayed.length === 0 }
}

interface Failure { readonly letter: LetterRow; readonly error: AppError }

/** One letter of each record is enough: the whole record is replayed, with every element that was set aside. */
async function replayRecords(ports: ReplayPorts, caller: Caller, letters: readonly LetterRow[]): Promise<{ replayed: readonly LetterRow[]; failed: readonly Failure[] }> {
  const { database, log, clock } = ports
  const claimed = await claim(database, caller, letters, clock.now())
  const replayed: LetterRow[] = []
  const failed: Failure[] = []
  let batch: { letter: LetterRow; record: { topic: string; key: string; value: Buffer; partition: number } }[] = []
  const flush = async (): Promise<void> => {
    const sent = batch
    batch = []
    if (sent.length === 0) return
    try {
      await log.append(sent.map(({ record }) => record))
    } catch (thrown) {
      failed.push(...sent.map(({ letter }) => ({ letter, error: toAppError(thrown) })))
      return
    }
    await settle(database, sent.map(({ letter }) => letter), clock.now())
    replayed.push(...sent.map(({ letter }) => letter))
  }
  const lost: RecordPlace[] = []
  for (const letter of letters.filter((one) => claimed.has(placeWord(one)))) {
    try {
      const value = await valueAnew(ports, caller, letter)
      batch.push({ letter, record: { topic: letter.topic, partition: letter.partition, ...value } })
      if (batch.reduce((bytes, { record }) => bytes + record.value.length, 0) >= APPEND_BYTES) await flush()
    } catch (thrown) {
      lost.push(letter)
      failed.push({ letter, error: toAppError(thrown) })
    }
  }
  await flush()
  // An append that was refused may have landed in part, so its claim is left to run out; what was never sent is free at once.
  await release(database, lost)
  return { replayed, failed }
}

/** The record to append: a delivery says which of its elements are still owed; everything else goes as it was. */
async function valueAnew(ports: ReplayPorts, caller: Caller, letter: LetterRow): Promise<{ key: string; value: Buffer }> {
  const original = await originalOf(ports, letter)
  if (original === null) throw new AppError('conflict', `the log no longer keeps the record behind dead letter ${letter.id}; ask the sender to send it again`)
  const { delivery, key, value } = original
  if (delivery !== null) return { key, value: ports.raw.encode({ event: { ...delivery, replay: await replayFor(ports, caller, letter, original, delivery) } }) }
  if (value === null) throw new AppError('internal', `dead letter ${letter.id} has neither a record nor a delivery`)
  return { key, value }
}

async function replayFor(ports: ReplayPorts, caller: Caller, letter: LetterRow, original: Original, delivery: Delivery): Promise<NonNullable<Delivery['replay']>> {
  const who = { position: letter.position, actorId: caller.id, actorName: caller.name, askedAtMs: ports.clock.now() }
  const isUnknown = letter.elements === 0
  if (letter.elements > 1 || (isUnknown && (await isPartlyDone(ports, letter, delivery)))) return { ...who, elements: (await lettersOfRecord(ports.facts, letter)).map(({ element }) => element) }
  // Nothing of it was understood, so all of it is owed; if it was a replay itself, what that one owed.
  const before = delivery.replay?.elements ?? []
  if (original.value !== null || isUnknown || !(await isPartlyDone(ports, letter, delivery))) return { ...who, elements: before }
  throw new AppError('conflict', `parts of delivery ${delivery.deliveryId} were understood, and the log no longer tells which; ask the sender to send it again`)
}

/** Whether the ledger has alerts of the delivery that were understood. */
async function isPartlyDone({ facts }: ReplayPorts, { companyId }: LetterRow, { deliveryId }: Delivery): Promise<boolean> {
  const [row] = await facts.query<{ rows: number }>(
    `select count() as rows from ledger_v1 where company_id = {companyId:String} and delivery_id = {deliveryId:String} and fate in ('emitted', 'absorbed')`, { companyId: companyId ?? '', deliveryId },
  )
  return (row?.rows ?? 0) > 0
}

/** Where a replay of many stands: what came after it began is not its own. */
interface Progress { readonly untilMs: number; readonly matched: number; readonly afterMs: number; readonly after: string }

/** One step of a replay of many: up to `limit` records that fit the filter, oldest first, so that firing comes before resolved. */
export async function replayStep(ports: ReplayPorts, caller: Caller, scope: FactScope, filter: DeadLetterFilter, step: { readonly limit: number; readonly cursor: string | null }): Promise<ReplayStep> {
  const { facts, database, clock } = ports
  const marks = await unrecordedMarks(database, clock.now())
  const { where, params } = letterConditions(scope, { ...filter, replayed: false }, marks)
  const progress = step.cursor === null ? await begin(ports, where, params) : read(step.cursor)
  const rows = await facts.query<LetterRow & { word: string }>(
    `select ${LETTER_COLUMNS}, concat(topic, ':', toString(partition), ':', toString(position)) as word
     from dead_letters_v1 final where ${where} and at <= fromUnixTimestamp64Milli({untilMs:Int64}, 'UTC') and (atMs, word) > ({afterMs:Int64}, {after:String})
     order by atMs, word, value_bytes desc, element limit 1 by topic, partition, position limit {limit:UInt32}`,
    { ...params, untilMs: progress.untilMs, afterMs: progress.afterMs, after: progress.after, limit: step.limit },
  )
  const { replayed, failed } = await replayRecords(ports, caller, rows)
  const companies: Record<string, number> = {}
  for (const { companyId } of replayed) companies[companyId ?? ''] = (companies[companyId ?? ''] ?? 0) + 1
  const last = rows.at(-1)
  return {
    matched: progress.matched, replayed: replayed.length, already: rows.length - replayed.length - failed.length,
    failed: failed.slice(0, FAILURES_SHOWN).map(({ letter, error }) => ({ id: letter.id, code: error.code, message: error.message })), companies,
    next: rows.length < step.limit || last === undefined ? null : encodeCursor([progress.untilMs, progress.matched, last.atMs, last.word].join('|')),
  }
}

async function begin({ facts, clock }: ReplayPorts, where: string, params: Parameters<OriginalPorts['facts']['query']>[1]): Promise<Progress> {
  const [row] = await facts.query<{ matched: number }>(`select uniqExact(topic, partition, position) as matched from dead_letters_v1 final where ${where}`, params)
  return { untilMs: clock.now(), matched: row?.matched ?? 0, afterMs: -1, after: '' }
}

function read(cursor: string): Progress {
  const [untilMs, matched, afterMs, after = ''] = decodeCursor(cursor, 'string').split('|')
  return { untilMs: cursorNumber(untilMs), matched: cursorNumber(matched), afterMs: cursorNumber(afterMs), after }
}

