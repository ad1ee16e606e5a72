/** Repeats the settings of integrations and companies on the log before it forgets them; runs beside the relay, which carries them. */
import { isAborted, type Clock } from '../schemas/clock.ts'
import { toAppError } from '../schemas/errors.ts'
import { announceDue } from './queries/integration-settings.ts'
import type { SqlDatabase } from './queries/sql.ts'

/** How often it looks for rows that are due. */
const LOOK_INTERVAL_MS = 60_000

/** What the announcer is built from. */
export interface AnnouncerOptions {
  readonly database: SqlDatabase
  readonly clock: Clock
  readonly logger: { warn(fields: object, message: string): void }
  /** Rows lie in the outbox. */
  readonly announced: () => void
}

/** Starts it; it looks at once, so that what an earlier release never announced is announced. Failures are logged and tried again. */
export function startAnnouncer(options: AnnouncerOptions): { stop(): Promise<void> } {
  const { database, clock, logger, announced } = options
  const ending = new AbortController()
  const run = async (): Promise<void> => {
    while (!isAborted(ending.signal)) {
      try {
        if ((await announceDue(database, clock.now())) > 0) announced()
        await clock.sleep(LOOK_INTERVAL_MS, ending.signal)
      } catch (thrown) {
        if (isAborted(ending.signal)) return
        const error = toAppError(thrown)
        logger.warn({ code: error.code, err: error }, `announcing settings goes on later: ${error.message}`)
        await Promise.allSettled([clock.sleep(LOOK_INTERVAL_MS, ending.signal)])
      }
    }
  }
  const running = run()
  return {
    async stop() {
      ending.abort()
      await running
    },
  }
}
