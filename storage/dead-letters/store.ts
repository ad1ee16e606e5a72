import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { openCodec, type SchemaIds } from '../../schemas/codec.ts'
import type { DeadLetterCount, DeadLetterDetail, DeadLetterFilter, DeadLetterView, ReplayAnswer, ReplayStep } from '../../schemas/receipts.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Page, PageQuery } from '../../schemas/views.ts'
import { scopeOf, type Span } from '../queries/analytics-store.ts'
import type { FactSource } from '../queries/analytics-scope.ts'
import type { SqlDatabase } from '../queries/sql.ts'
import { countLetters, findLetter, listLetters } from './list.ts'
import { unrecordedMarks } from './marks.ts'
import { bytesOf, originalOf, preview } from './originals.ts'
import { withReplays } from './outcomes.ts'
import { replayOne, replayStep, type ReplayPorts } from './replay.ts'

/** Dead letters over the facts, the database and the log. */
export async function openDeadLetters(options: { readonly facts: FactSource; readonly database: SqlDatabase; readonly log: ReplayPorts['log']; readonly schemaIds: SchemaIds; readonly clock: Clock }) {
  const { facts, database, log, clock, schemaIds } = options
  const ports: ReplayPorts = {
    facts, database, clock, raw: await openCodec(TOPICS.raw.name, schemaIds), letters: await openCodec(TOPICS.deadLetter.name, schemaIds),
    log: { epoch: log.epoch, ends: (topic) => log.ends(topic), read: (topic, partition, from, to) => log.read(topic, partition, from, to), append: (records) => log.append(records) },
  }
  const listOf = (companyIds: Span['companyIds']): readonly string[] | null => (companyIds === 'all' ? null : companyIds)
  const marks = (filter: DeadLetterFilter): Promise<readonly string[]> => (filter.replayed === null ? Promise.resolve([]) : unrecordedMarks(database, clock.now()))

  return {
    /** Newest first. */
    async list(span: Span, filter: DeadLetterFilter, page: PageQuery): Promise<Page<DeadLetterView>> {
      const { items, next } = await listLetters(facts, scopeOf(span), filter, await marks(filter), page)
      return { items: await withReplays({ facts, sql: database }, listOf(span.companyIds), items), next }
    },
    /** How many by code. */
    async counts(span: Span, filter: DeadLetterFilter): Promise<readonly DeadLetterCount[]> {
      return countLetters(facts, scopeOf(span), filter, await unrecordedMarks(database, clock.now()))
    },
    /** One with the start of its original; null where there is none within the companies. */
    async get(companyIds: Span['companyIds'], id: string): Promise<DeadLetterDetail | null> {
      const letter = await findLetter(facts, listOf(companyIds), id)
      if (letter === null) return null
      const [[view], original] = await Promise.all([withReplays({ facts, sql: database }, listOf(companyIds), [letter]), originalOf(ports, letter)])
      return view === undefined ? null : { ...view, original: original === null ? null : { ...preview(original), link: `/api/dead-letters/${encodeURIComponent(id)}/original` } }
    },
    /** Its original whole; null where there is no such letter, `bytes` null where nothing keeps them. */
    async original(companyIds: Span['companyIds'], id: string): Promise<{ readonly companyId: string | null; readonly bytes: Buffer | null; readonly contentType: string } | null> {
      const letter = await findLetter(facts, listOf(companyIds), id)
      if (letter === null) return null
      const original = await originalOf(ports, letter)
      return original === null ? { companyId: letter.companyId, bytes: null, contentType: '' } : { companyId: letter.companyId, ...bytesOf(original) }
    },
    /** Sends one through anew; null where there is none within the companies. */
    async replay(caller: Caller, id: string): Promise<ReplayAnswer | null> {
      const letter = await findLetter(facts, listOf(caller.scope.companyIds), id)
      return letter === null ? null : replayOne(ports, caller, letter)
    },
    /** One step of sending through anew all that fit. */
    replayMany: (caller: Caller, span: Span, filter: DeadLetterFilter, step: { readonly limit: number; readonly cursor: string | null }): Promise<ReplayStep> =>
      replayStep(ports, caller, scopeOf(span), filter, step),
  }
}
