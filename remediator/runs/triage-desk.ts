/** Takes incidents that have settled, a few at a time, and has them looked at. One incident is in one pair of hands only, whatever the number of processes. */
import type { Clock } from '../../schemas/clock.ts'
import { toAppError } from '../../schemas/errors.ts'
import { startLooking, type Looking } from '../../schemas/looking.ts'
import { triage, type DueIncident, type TriageTools } from './triage.ts'

/** Incidents looked at at once in one process. */
const AT_ONCE = 4
const LOOK_EVERY_MS = 1_000
/** What was given back is taken again after so long: where something is behind, and where a cloud did not answer. */
const AGAIN_MS = { behind: 2_000, later: 30_000 } as const

/** What the desk is built from. */
export interface TriageDeskOptions extends Omit<TriageTools, 'nowMs'> {
  /** Log time of the partitions this process reads and has caught up with, in ms. */
  readonly logNowMs: () => Promise<ReadonlyMap<number, number>>
  readonly clock: Clock
  readonly waiting: (incidents: number) => void
  readonly logger: { warn(fields: object, message: string): void }
}

/** Starts it; `stop` takes nothing more and waits for what is under way. */
export function startTriageDesk(options: TriageDeskOptions): Pick<Looking, 'stop'> {
  const { queue, clock, logger } = options
  const look = async (incident: DueIncident): Promise<void> => {
    try {
      const answer = await triage({ ...options, nowMs: () => clock.now() }, incident)
      if (answer === 'done') await queue.done(incident)
      else await queue.release(incident, AGAIN_MS[answer])
    } catch (thrown) {
      const error = toAppError(thrown)
      logger.warn({ code: error.code, incidentId: incident.incidentId, err: error }, `looking for a repair goes on later: ${error.message}`)
      await queue.release(incident, AGAIN_MS.behind)
    }
  }
  return startLooking({ clock, logger, everyMs: LOOK_EVERY_MS, what: 'looking for incidents to repair' }, async () => {
    const due = await queue.claim(await options.logNowMs(), AT_ONCE)
    await Promise.all(due.map(look))
    options.waiting(await queue.waiting())
    return due.length === AT_ONCE
  })
}
