/** The noisiest checks, and what to change in the tool. */
import type { Advice, PastProblem } from '../../schemas/advice.ts'
import { adviceId, MINUTE_MS, monitorsOf, quantile, type Monitor } from './monitors.ts'

const TOLD = 10
const ALERTS_MIN = 50
/** Alerts a problem from which repeats are the trouble. */
const REPEATS = 20
/** Pause before it comes back under which it goes to and fro, in minutes, and how often it must have. */
const RETURN_MINUTES = 10
const RETURNS_MIN = 5
/** Share of ended problems under which a check counts as one that never says it is over. */
const ENDED_SHARE = 0.2
const PROBLEMS_MIN = 5

/** The ten with the most alerts. */
export function noisiest(problems: readonly PastProblem[]): Advice[] {
  const all = problems.reduce((sum, { alerts }) => sum + alerts, 0)
  const counted = monitorsOf(problems).map((monitor) => ({ monitor, alerts: monitor.problems.reduce((sum, one) => sum + one.alerts, 0) })).filter(({ alerts }) => alerts >= ALERTS_MIN)
  return counted.sort((a, b) => b.alerts - a.alerts || (a.monitor.signature < b.monitor.signature ? -1 : 1)).slice(0, TOLD).map(({ monitor, alerts }) => {
    const { source, signature } = monitor
    const returns = pauses(monitor).filter((pause) => pause <= RETURN_MINUTES * MINUTE_MS).length
    const ended = monitor.problems.filter(({ endMs }) => endMs !== null).length
    const assets = new Set(monitor.problems.map(({ asset }) => asset)).size
    const incidents = new Set(monitor.problems.map(({ incidentId }) => incidentId).filter((id) => id !== '')).size
    return {
      id: adviceId('noisy', source, signature), kind: 'noisy', isApplied: false, proposal: null,
      text: `"${signature}" of ${source} sent ${alerts} alerts, ${Math.round((alerts / all) * 100)}% of all: ${monitor.problems.length} problems on ${assets} assets, in ${incidents} incidents. ${changeOf({ monitor, alerts, returns, ended })}`,
      figures: { problems: monitor.problems.length, saved: 0, alerts, assets, incidents, returns, ended },
    }
  })
}

function changeOf({ monitor: { problems }, alerts, returns, ended }: { monitor: Monitor; alerts: number; returns: number; ended: number }): string {
  if (returns >= RETURNS_MIN && returns >= problems.length / 2) return `It came back within ${RETURN_MINUTES} minutes ${returns} times: let the check end at another value than it begins, or look at several samples before it alerts.`
  if (alerts >= problems.length * REPEATS) return `It repeats ${Math.round(alerts / problems.length)} times a problem: let the tool repeat less often.`
  if (problems.length >= PROBLEMS_MIN && ended < problems.length * ENDED_SHARE) return `Only ${ended} of them ended: let the tool say when it is over.`
  const lasted = problems.flatMap(({ startMs, endMs }) => (endMs === null ? [] : [endMs - startMs])).sort((a, b) => a - b)
  return `Half of them lasted ${Math.max(1, Math.round(quantile(lasted, 0.5) / MINUTE_MS))} minutes or less: ask whether anybody acts on it, and raise its threshold where nobody does.`
}

/** Time between an end and the next start of the same problem. */
function pauses({ problems }: Monitor): number[] {
  return [...Map.groupBy(problems, ({ problemKey }) => problemKey).values()].flatMap((list) => {
    const sorted = [...list].sort((a, b) => a.startMs - b.startMs)
    return sorted.slice(1).flatMap(({ startMs }, at) => {
      const endMs = sorted[at]?.endMs ?? null
      return endMs === null ? [] : [startMs - endMs]
    })
  })
}
