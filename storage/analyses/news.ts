/** Live news of an analyst that runs in another process than the API: rows kept for minutes, read by the API. Losing one loses nothing: the analysis itself is stored. */
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { toAppError } from '../../schemas/errors.ts'
import { atMs, type SqlDatabase } from '../queries/sql.ts'

const LOOK_EVERY_MS = 500
const NEWS_MAX = 200

/** Writes news for the API's processes. What cannot be written is said in the log and forgotten. */
export function newsWriter(db: SqlDatabase, { clock, logger }: { readonly clock: Clock; readonly logger: { warn(fields: object, message: string): void } }): (news: object) => void {
  return (news) => {
    db.transaction((sql) => sql.query(`insert into analysis_news (news, created_at) values ($1::jsonb, ${atMs('$2')})`, [JSON.stringify(news), clock.now()]), { durable: false })
      .catch((thrown: unknown) => logger.warn({ code: toAppError(thrown).code }, 'telling of an analysis failed'))
  }
}

/** Follows the news from now on. */
export function followNews(db: SqlDatabase, { clock, logger, tell }: { readonly clock: Clock; readonly logger: { warn(fields: object, message: string): void }; readonly tell: (news: unknown) => void }): { stop(): Promise<void> } {
  const stopping = new AbortController()
  let last: number | null = null
  const look = async (): Promise<void> => {
    if (last === null) {
      last = (await db.query<{ id: number }>('select coalesce(max(id), 0)::float8 as id from analysis_news'))[0]?.id ?? 0
      return
    }
    for (const row of await db.query<{ id: number; news: unknown }>(`select id::float8 as id, news from analysis_news where id > $1 order by id limit ${NEWS_MAX}`, [last])) {
      last = row.id
      tell(row.news)
    }
  }
  const run = async (): Promise<void> => {
    while (!isAborted(stopping.signal)) {
      try {
        await look()
        await clock.sleep(LOOK_EVERY_MS, stopping.signal)
      } catch (thrown) {
        if (isAborted(stopping.signal)) return
        logger.warn({ code: toAppError(thrown).code }, 'reading news of analyses failed: trying again')
        await clock.sleep(10 * LOOK_EVERY_MS, stopping.signal).then(undefined, () => undefined)
      }
    }
  }
  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
