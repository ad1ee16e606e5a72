/** Dead letters as they are listed and found. The records themselves lie on the log as long as it keeps them. */
import type { Position } from '../../schemas/position.ts'
import type { DeadLetterView, Page, PageQuery } from '../../schemas/views.ts'
import { companyParams, IN_COMPANIES, inScope, scopeParams, type FactScope, type FactSource } from './analytics-scope.ts'
import { decodeCursor, encodeCursor } from './sql.ts'

const VIEW = `dead_letter_id as id, nullIf(company_id, '') as companyId, topic, stage, code, message, attempts, toUnixTimestamp64Milli(at) as atMs`

type Listed = Omit<DeadLetterView, 'at'> & { atMs: number }

/** Dead letters, newest first. Those of no known company are for callers who see all. Throws `bad_request` for a cursor we did not give. */
export async function deadLetters(source: FactSource, scope: FactScope, page: PageQuery): Promise<Page<DeadLetterView>> {
  const after = page.cursor === null ? null : decodeCursor(page.cursor, 'string')
  const separator = after?.indexOf(':') ?? -1
  const rows = await source.query<Listed>(
    `select ${VIEW} from dead_letters_v1 final where ${inScope('at')}
       ${after === null ? '' : 'and (toUnixTimestamp64Milli(at), dead_letter_id) < ({afterMs:Int64}, {afterId:String})'}
     order by at desc, dead_letter_id desc limit {limit:UInt32}`,
    {
      ...scopeParams(scope), limit: page.limit + 1,
      ...(after === null ? {} : { afterMs: Math.trunc(Number(after.slice(0, separator))) || 0, afterId: after.slice(separator + 1) }),
    },
  )
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  return {
    items: shown.map(({ atMs, ...row }) => ({ ...row, at: new Date(atMs).toISOString() })),
    next: rows.length > page.limit && last !== undefined ? encodeCursor(`${last.atMs}:${last.id}`) : null,
  }
}

/** Where the original record of a dead letter lies. */
export interface FoundDeadLetter {
  readonly companyId: string | null
  readonly topic: string
  readonly partition: number
  readonly position: Position
}

/** One dead letter; null where the companies have none with this id. */
export async function findDeadLetter(source: FactSource, companyIds: readonly string[] | null, id: string): Promise<FoundDeadLetter | null> {
  const [row] = await source.query<FoundDeadLetter>(
    `select nullIf(company_id, '') as companyId, topic, partition, position from dead_letters_v1 final where ${IN_COMPANIES} and dead_letter_id = {id:String} limit 1`,
    { ...companyParams(companyIds), id },
  )
  return row ?? null
}
