/** What became of dead letters that were sent through anew. */
import type { Fate } from '../../schemas/records.ts'
import type { DeadLetterView, ReplayView } from '../../schemas/receipts.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { companyParams, IN_COMPANIES, type FactSource } from '../queries/analytics-scope.ts'
import type { Sql } from '../queries/sql.ts'
import { letterIdOf } from '../receipts/alerts.ts'
import { verdictOf } from '../receipts/words.ts'
import { letterView, type LetterRow } from './list.ts'
import { marksOf, placeWord } from './marks.ts'

interface OutcomeRow { partition: number; replayOf: number; version: number; element: number; fate: Fate; reason: string | null; problemKey: string | null; askedMs: number; by: string }

/** Letters with their replays. */
export async function withReplays(ports: { readonly facts: FactSource; readonly sql: Sql }, companyIds: readonly string[] | null, letters: readonly LetterRow[]): Promise<readonly DeadLetterView[]> {
  const [marks, outcomes] = await Promise.all([marksOf(ports.sql, letters), outcomesOf(ports.facts, companyIds, letters)])
  return letters.map((letter) => {
    const mark = marks.get(placeWord(letter))
    const rows = outcomes.get(`${letter.partition}:${letter.position}`) ?? []
    const told = rows.find((row) => row.element === letter.element) ?? null
    const [first] = rows
    if (mark === undefined && first === undefined) return { ...letterView(letter), replay: null }
    const isDelivery = letter.topic === TOPICS.raw.name && letter.deliveryId !== null
    const state: ReplayView['state'] = told !== null ? 'done' : mark?.state === 'pending' ? 'pending' : isDelivery ? 'in_flight' : 'done'
    return {
      ...letterView(letter),
      replay: {
        at: mark?.at ?? new Date(first?.askedMs ?? 0).toISOString(), by: mark?.by ?? first?.by ?? '', state,
        outcome: told === null ? null : {
          state: verdictOf(told.fate, told.reason, told.problemKey).state, fate: told.fate, reason: told.reason, problemKey: told.problemKey,
          deadLetterId: told.fate === 'rejected' ? letterIdOf(told) : null,
        },
      },
    }
  })
}

/** Rows of the ledger of the replays of these letters' records, by partition and position of the record. */
async function outcomesOf(facts: FactSource, companyIds: readonly string[] | null, letters: readonly LetterRow[]): Promise<ReadonlyMap<string, readonly OutcomeRow[]>> {
  const deliveryIds = [...new Set(letters.flatMap(({ topic, deliveryId }) => (topic === TOPICS.raw.name && deliveryId !== null ? [deliveryId] : [])))]
  if (deliveryIds.length === 0) return new Map()
  const rows = await facts.query<OutcomeRow>(
    `select r.partition as partition, r.replay_of as replayOf, r.version as version, l.element as element, l.fate as fate, nullIf(l.reason, '') as reason, nullIf(l.problem_key, '') as problemKey,
       toUnixTimestamp64Milli(r.at) as askedMs, r.replay_actor as by
     from (select partition, version, at, replay_of, replay_actor from raw_deliveries_v1 where ${IN_COMPANIES} and delivery_id in {deliveryIds:Array(String)} and replay_of > 0) as r
     inner join (select partition, version, element, fate, reason, problem_key from ledger_v1 where ${IN_COMPANIES} and delivery_id in {deliveryIds:Array(String)} and reason != 'duplicate_delivery') as l
       on l.partition = r.partition and l.version = r.version
     order by r.version, l.element limit 100000`,
    { ...companyParams(companyIds), deliveryIds },
  )
  return Map.groupBy(rows, ({ partition, replayOf }) => `${partition}:${replayOf}`)
}
