/** Trouble that comes back at the same local time: a maintenance window in which nobody need look. */
import type { Advice, PastProblem } from '../../schemas/advice.ts'
import type { Schedule } from '../../schemas/rules.ts'
import { localClock, type LocalTime } from './local-time.ts'
import { adviceId, conditionOf, DAY_MS, emptied, matcher, MINUTE_MS, monitorsOf, quantile } from './monitors.ts'

/** A gap in the time of day that ends a cluster, and how long one may be, in minutes. */
const GAP_MINUTES = 15
const SPAN_MAX_MINUTES = 120
/** The window lasts until so much of its problems have ended, and so much longer than the last start at most. */
const ENDED = 0.9
const TAIL_MAX_MINUTES = 60
/** Days on which it must have come, and the share of such days. */
const DAYS_MIN = 4
const DAY_SHARE = 0.75
const PROBLEMS_MIN = 5
/** A window that another one covers so far is not told beside it. */
const COVERED = 0.8

interface Placed { readonly problem: PastProblem; readonly at: LocalTime }
interface Found { readonly advice: Advice; readonly gone: ReadonlySet<PastProblem> }

/** Windows by check and by asset, the larger first; `fromMs` to `toMs` is the time that was read. */
export function advisedWindows(problems: readonly PastProblem[], span: { readonly fromMs: number; readonly toMs: number; readonly timeZone: string }): Advice[] {
  const clock = localClock(span.timeZone)
  const calendar = new Map<number, number>()
  for (let atMs = span.fromMs; atMs < span.toMs; atMs += DAY_MS) {
    const { weekday } = clock(atMs)
    calendar.set(weekday, (calendar.get(weekday) ?? 0) + 1)
  }
  const groups = [
    ...monitorsOf(problems).map((monitor) => ({ words: `"${monitor.signature}" of ${monitor.source}`, key: `${monitor.source}\n${monitor.signature}`, when: conditionOf(monitor), list: monitor.problems })),
    ...[...Map.groupBy(problems.filter(({ asset }) => asset !== null), ({ asset }) => asset ?? '')].map(([asset, list]) => ({ words: asset, key: `asset\n${asset}`, when: [matcher('asset', asset)], list })),
  ]
  const found = groups.flatMap(({ words, key, when, list }) => clusters(list.map((problem) => ({ problem, at: clock(problem.startMs) })))
    .flatMap((cluster) => windowOf(cluster, { words, key, when }, { all: problems, calendar, timeZone: span.timeZone }) ?? []))
  return withoutCovered(found).map(({ advice }) => advice)
}

/** Starts that lie together in the time of day. A window over midnight is told as two. */
function clusters(placed: readonly Placed[]): Placed[][] {
  const sorted = [...placed].sort((a, b) => a.at.minuteOfDay - b.at.minuteOfDay || a.problem.startMs - b.problem.startMs)
  const list: Placed[][] = []
  for (const one of sorted) {
    const last = list.at(-1)
    if (last !== undefined && one.at.minuteOfDay - (last.at(-1)?.at.minuteOfDay ?? 0) <= GAP_MINUTES) last.push(one)
    else list.push([one])
  }
  return list
}

function windowOf(cluster: readonly Placed[], about: { words: string; key: string; when: readonly string[] }, world: { all: readonly PastProblem[]; calendar: ReadonlyMap<number, number>; timeZone: string }): Found | null {
  const days = [...Map.groupBy(cluster, ({ at }) => at.weekday)].filter(([weekday, list]) => new Set(list.map(({ at }) => at.day)).size >= (world.calendar.get(weekday) ?? 1) * DAY_SHARE).map(([weekday]) => weekday).sort((a, b) => a - b)
  const inside = cluster.filter(({ at }) => days.includes(at.weekday))
  const hitDays = new Set(inside.map(({ at }) => at.day)).size
  const [first, last] = [inside[0]?.at.minuteOfDay ?? 0, inside.at(-1)?.at.minuteOfDay ?? 0]
  if (inside.length < PROBLEMS_MIN || hitDays < DAYS_MIN || last - first > SPAN_MAX_MINUTES) return null
  const lasted = inside.flatMap(({ problem: { startMs, endMs }, at }) => (endMs === null ? [] : [at.minuteOfDay + (endMs - startMs) / MINUTE_MS])).sort((a, b) => a - b)
  const until = Math.min(Math.max(last + 1, Math.ceil(quantile(lasted, ENDED))), last + TAIL_MAX_MINUTES)
  // Only what was over by the end of the window would never have been told.
  const gone = new Set(inside.filter(({ problem: { startMs, endMs }, at }) => endMs !== null && at.minuteOfDay + (endMs - startMs) / MINUTE_MS <= until).map(({ problem }) => problem))
  if (gone.size < PROBLEMS_MIN) return null
  const minutes = until - first
  const possible = days.reduce((sum, weekday) => sum + (world.calendar.get(weekday) ?? 0), 0)
  const incidents = emptied(world.all, gone)
  const id = adviceId('maintenance', about.key, String(Math.round(first / GAP_MINUTES)), days.join(','))
  const schedule: Schedule = days.length === 7 ? { kind: 'daily', from: clockText(first), minutes } : { kind: 'weekly', days, from: clockText(first), minutes }
  const when = `${daysText(days)} ${clockText(first)} to ${clockText(until)}`
  return {
    gone,
    advice: {
      id, kind: 'maintenance', isApplied: false,
      text: `${about.words} has trouble every ${when} (${world.timeZone}): ${inside.length} problems on ${hitDays} of ${possible} such days, ${gone.size} of them over by the end. Make it a maintenance window, and ${incidents} incidents would not have been opened.`,
      figures: { problems: inside.length, saved: gone.size, savedIncidents: incidents, days: hitDays, possibleDays: possible, windowMinutes: minutes },
      proposal: { list: 'maintenance', rule: { id, name: `${about.words} every ${when}`.slice(0, 200), when: about.when, schedule, timeZone: world.timeZone, reason: `Trouble that comes back: ${inside.length} problems on ${hitDays} of ${possible} days` } },
    },
  }
}

function withoutCovered(found: readonly Found[]): Found[] {
  const kept: Found[] = []
  for (const one of [...found].sort((a, b) => b.gone.size - a.gone.size || (a.advice.id < b.advice.id ? -1 : 1))) {
    const isCovered = kept.some(({ gone }) => [...one.gone].filter((problem) => gone.has(problem)).length >= one.gone.size * COVERED)
    if (!isCovered) kept.push(one)
  }
  return kept
}

const NAMES = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

function daysText(days: readonly number[]): string {
  const word = days.join('')
  return word === '1234567' ? 'day' : word === '12345' ? 'weekday' : days.map((day) => NAMES[day - 1] ?? '').join(', ')
}

function clockText(minuteOfDay: number): string {
  const minute = minuteOfDay % 1_440
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
