/** Checks whose problems mostly clear by themselves: hold them so long. */
import type { Advice, PastProblem } from '../../schemas/advice.ts'
import { adviceId, conditionOf, emptied, MINUTE_MS, monitorsOf, type Monitor } from './monitors.ts'

/** Times offered, in minutes. */
const OFFERED = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30]
/** Of what the longest hold would save, the advised one saves so much. */
const ENOUGH = 0.9
/** Problems saved at least, and their share of all. */
const SAVED_MIN = 10
const SHARE_MIN = 0.5

/** One hold for each check that deserves one. */
export function advisedHolds(problems: readonly PastProblem[], days: number): Advice[] {
  return monitorsOf(problems).flatMap((monitor) => holdOf(monitor, problems, days) ?? [])
}

function holdOf(monitor: Monitor, all: readonly PastProblem[], days: number): Advice | null {
  const { source, signature, problems } = monitor
  const clearedWithin = (minutes: number): PastProblem[] => problems.filter(({ startMs, endMs }) => endMs !== null && endMs - startMs <= minutes * MINUTE_MS)
  const most = clearedWithin(OFFERED.at(-1) ?? 0).length
  const minutes = OFFERED.find((one) => clearedWithin(one).length >= most * ENOUGH)
  if (minutes === undefined) return null
  const gone = clearedWithin(minutes)
  if (gone.length < SAVED_MIN || gone.length < problems.length * SHARE_MIN) return null
  const incidents = emptied(all, new Set(gone))
  const id = adviceId('hold', source, signature)
  const told = minutes === 1 ? '1 minute' : `${minutes} minutes`
  const delayed = problems.length - gone.length
  return {
    id, kind: 'hold', isApplied: false,
    text: `Hold "${signature}" of ${source} for ${told}: ${gone.length} of ${problems.length} problems of these ${days} days cleared by themselves within it, and ${incidents} incidents would not have been opened.`
      + (delayed === 0 ? '' : ` The other ${delayed} would have been told ${told} later.`),
    figures: { problems: problems.length, saved: gone.length, savedIncidents: incidents, delayed, holdMinutes: minutes },
    proposal: { list: 'holds', rule: { id, name: `${signature} clears by itself`.slice(0, 200), when: conditionOf(monitor), minutes } },
  }
}
