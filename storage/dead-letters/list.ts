/** Dead letters as they are listed, counted and found. The records themselves lie on the log as long as it keeps them. */
import type { Position } from '../../schemas/position.ts'
import type { DeadLetterCount, DeadLetterFilter, DeadLetterView } from '../../schemas/receipts.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import type { QueryParams } from '../clickhouse/analytics.ts'
import { companyParams, IN_COMPANIES, inScope, scopeParams, type FactScope, type FactSource } from '../queries/analytics-scope.ts'
import { cursorNumber, decodeCursor, encodeCursor, likeText } from '../queries/sql.ts'

/** The columns of a letter, for queries that choose it in another way. */
export const LETTER_COLUMNS = `dead_letter_id as id, nullIf(company_id, '') as companyId, topic, partition, position, element, elements, stage, code, message, attempts, toUnixTimestamp64Milli(at) as atMs,
  nullIf(delivery_id, '') as deliveryId, nullIf(integration_id, '') as integrationId, nullIf(source, '') as source, value_bytes as valueBytes, record_partition as letterPartition, record_position as letterPosition`

/** A dead letter as it is recorded. */
export interface LetterRow extends Omit<DeadLetterView, 'at' | 'replay'> {
  readonly partition: number
  /** Of the record that was set aside. */
  readonly position: Position
  /** How many elements the delivery had; 0 where nobody knows. */
  readonly elements: number
  readonly atMs: number
  readonly valueBytes: number
  /** Where the letter itself lies on dead-letter.v1. */
  readonly letterPartition: number
  readonly letterPosition: Position
}

/** A dead letter as the API tells it, but for its replay. */
export function letterView(row: LetterRow): Omit<DeadLetterView, 'replay'> {
  const { id, companyId, topic, stage, code, message, attempts, atMs, deliveryId, integrationId, source, element } = row
  return { id, companyId, topic, stage, code, message, attempts, at: new Date(atMs).toISOString(), deliveryId, integrationId, source, element }
}

/**
 * Letters of records that were sent through anew. Those of deliveries are told by the log itself, a second or two late; `marks` names the
 * newest ones and those of other topics, as `<topic>:<partition>:<position>`.
 */
const REPLAYED = `((topic = '${TOPICS.raw.name}' and (partition, position) in (select partition, replay_of from raw_deliveries_v1 where ${IN_COMPANIES} and replay_of > 0))
  or concat(topic, ':', toString(partition), ':', toString(position)) in {marks:Array(String)})`

/** Conditions and values of a filter. */
export function letterConditions(scope: FactScope, filter: DeadLetterFilter, marks: readonly string[]): { where: string; params: QueryParams } {
  const where = [inScope('at')]
  if (filter.code !== null) where.push('code = {code:String}')
  if (filter.stage !== null) where.push('stage = {stage:String}')
  if (filter.source !== null) where.push('source = {source:String}')
  if (filter.q !== null) where.push('(message ilike {like:String} or delivery_id = {q:String} or integration_id = {q:String} or dead_letter_id = {q:String} or record_key = {q:String})')
  if (filter.replayed !== null) where.push(filter.replayed ? REPLAYED : `not ${REPLAYED}`)
  const { code, stage, source, q } = filter
  return { where: where.join(' and '), params: { ...scopeParams(scope), code: code ?? '', stage: stage ?? '', source: source ?? '', q: q ?? '', like: likeText(q ?? ''), marks } }
}

/** Dead letters, newest first. Those of no known company are for callers who see all. Throws `bad_request` for a cursor we did not give. */
export async function listLetters(facts: FactSource, scope: FactScope, filter: DeadLetterFilter, marks: readonly string[], page: PageQuery): Promise<Page<LetterRow>> {
  const after = page.cursor === null ? null : decodeCursor(page.cursor, 'string')
  const separator = after?.indexOf(':') ?? -1
  const { where, params } = letterConditions(scope, filter, marks)
  const rows = await facts.query<LetterRow>(
    `select ${LETTER_COLUMNS} from dead_letters_v1 final where ${where} ${after === null ? '' : 'and (toUnixTimestamp64Milli(at), dead_letter_id) < ({afterMs:Int64}, {afterId:String})'}
     order by at desc, dead_letter_id desc limit {limit:UInt32}`,
    { ...params, limit: page.limit + 1, ...(after === null ? {} : { afterMs: cursorNumber(after.slice(0, Math.max(0, separator))), afterId: after.slice(separator + 1) }) },
  )
  const items = rows.slice(0, page.limit)
  const last = items.at(-1)
  return { items, next: rows.length > page.limit && last !== undefined ? encodeCursor(`${last.atMs}:${last.id}`) : null }
}

/** How many there are by code, most first. */
export async function countLetters(facts: FactSource, scope: FactScope, filter: DeadLetterFilter, marks: readonly string[]): Promise<readonly DeadLetterCount[]> {
  const { where, params } = letterConditions(scope, filter, marks)
  const rows = await facts.query<Omit<DeadLetterCount, 'oldestAt' | 'newestAt'> & { oldestMs: number; newestMs: number }>(
    `select code, stage, nullIf(source, '') as source, count() as count, countIf(${REPLAYED}) as replayed, toUnixTimestamp64Milli(min(at)) as oldestMs, toUnixTimestamp64Milli(max(at)) as newestMs
     from dead_letters_v1 final where ${where} group by code, stage, source order by count desc, code, stage, source limit 500`, params,
  )
  return rows.map(({ oldestMs, newestMs, ...row }) => ({ ...row, oldestAt: new Date(oldestMs).toISOString(), newestAt: new Date(newestMs).toISOString() }))
}

/** One dead letter; null where the companies have none with this id. */
export async function findLetter(facts: FactSource, companyIds: readonly string[] | null, id: string): Promise<LetterRow | null> {
  const [row] = await facts.query<LetterRow>(`select ${LETTER_COLUMNS} from dead_letters_v1 final where ${IN_COMPANIES} and dead_letter_id = {id:String} limit 1`, { ...companyParams(companyIds), id })
  return row ?? null
}

/** Every letter of one record, in order of their elements: a delivery may have several. */
export async function lettersOfRecord(facts: FactSource, letter: Pick<LetterRow, 'companyId' | 'topic' | 'partition' | 'position' | 'atMs'>): Promise<readonly LetterRow[]> {
  return facts.query<LetterRow>(
    `select ${LETTER_COLUMNS} from dead_letters_v1 final
     where company_id = {companyId:String} and at = fromUnixTimestamp64Milli({atMs:Int64}, 'UTC') and topic = {topic:String} and partition = {partition:UInt32} and position = {position:UInt64} order by element limit 10000`,
    { companyId: letter.companyId ?? '', topic: letter.topic, partition: letter.partition, position: letter.position, atMs: letter.atMs },
  )
}
