/**
 * `aw bench correlate`: the engine alone, one core. New problems a second with 1,000, 10,000 and 100,000 incidents open, and how many
 * candidates each problem was scored against, which must not grow with what is open; and repeats of known problems a second, which are most
 * of what a live log holds. Only the stage is timed: making the records, as decoding would, is not.
 *
 * About three tenths of the time is garbage collection, nearly all of it copying what stays. A young generation of 32 or 64 MB and a
 * single-threaded collector were tried: 42,800 to 46,300 against 43,600 a processor second, less than runs differ among themselves.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { correlateStage } from '../../correlator/stage.ts'
import { searchStats } from '../../correlator/search.ts'
import { StateView, type Positioned } from '../../processors/stage.ts'
import type { CorrelateEntry, CorrelationRecord, ProblemEvent } from '../../schemas/records.ts'

const PROBLEMS = 100_000
const BATCH = 1_000
const RUNS = 3
const T0 = 1_700_000_000_000

/** One row of the result: new problems, or repeats of those. */
export interface CorrelateRow {
  readonly input: 'new' | 'repeats'
  readonly openIncidents: number
  readonly problemsPerSecond: number
  /** The same by processor time, garbage collection included: what one free core gives when this machine is shared. */
  readonly problemsPerCpuSecond: number
  readonly pairsPerProblem: number
  /** Share of the new problems that joined an incident instead of founding one. */
  readonly joined: number
  readonly heapMb: number
  /** What the heap holds of the engine after a collection, for each problem that is open: the problem with its texts, its part of indexes and incidents. */
  readonly bytesPerProblem: number
}

/** Assets that share their checks, each at another site: related enough to be scored against each other, not enough to be joined. */
const SITES = 50

/** The `n`th problem: check `check` of an asset. */
function problemOf(n: number, asset: number, check: number, atMs: number): Positioned<CorrelationRecord> {
  const name = `host-${asset}.example.net`
  const signature = `check ${check} of group ${Math.floor(asset / SITES)}`
  const event: ProblemEvent = {
    type: 'problem', problemKey: `v1:int-1:${name}|${check}`, companyId: 'bench', integrationId: 'int-1', source: check % 3 === 0 ? 'zabbix' : 'datadog',
    change: 'opened', status: 'firing', flapping: false, acknowledged: false, episode: 1, count: 1, alertId: `delivery-${n}/0`, asset: name,
    signature, severity: 'high', title: `${signature} on ${name}`,
    message: `the value of ${signature} on ${name} has been above its threshold for five minutes`,
    labels: { site: `site-${asset % SITES}`, role: 'server', env: 'production' },
    firstAtMs: atMs, lastAtMs: atMs, resolvedAtMs: null, startsAtMs: null, partition: 0, atMs, version: n,
  }
  return { partition: 0, position: n, atMs, key: 'bench', record: { event } }
}

/** The records of a repeat: the same texts and labels, read anew. */
function repeatOf({ event }: CorrelationRecord, n: number, count: number, atMs: number): Positioned<CorrelationRecord> {
  const known = event as ProblemEvent
  const repeat: ProblemEvent = { ...known, labels: { ...known.labels }, change: 'repeated', count, lastAtMs: atMs, atMs, version: n }
  return { partition: 0, position: n, atMs, key: 'bench', record: { event: repeat } }
}

/** The stage with its state, and what a run of it costs. */
class Engine {
  readonly #stage = correlateStage({ maxOpenProblems: 10_000_000 })
  readonly #state = new StateView<CorrelateEntry>()
  position = 0

  run(count: number, make: (i: number) => Positioned<CorrelationRecord>): { ms: number; cpuUs: number } {
    let [ms, cpuUs] = [0, 0]
    for (let from = 0; from < count; from += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => make(from + i))
      const startedMs = performance.now()
      const startedCpu = process.cpuUsage()
      this.#stage.process(batch, this.#state)
      this.#state.takeDelta()
      const { user, system } = process.cpuUsage(startedCpu)
      ms += performance.now() - startedMs
      cpuUs += user + system
    }
    return { ms, cpuUs }
  }

  get incidents(): number {
    let count = 0
    for (const [, { event }] of this.#state.entries()) if (event.type === 'incident') count += 1
    return count
  }
}

function measure(openIncidents: number, baseBytes: number): [CorrelateRow, CorrelateRow] {
  const engine = new Engine()
  const next = (): number => (engine.position += 1)
  const row = (input: CorrelateRow['input'], { ms, cpuUs }: { ms: number; cpuUs: number }, more: Pick<CorrelateRow, 'pairsPerProblem' | 'joined'>): CorrelateRow => ({
    input, openIncidents, problemsPerSecond: Math.round(PROBLEMS / (ms / 1_000)), problemsPerCpuSecond: Math.round(PROBLEMS / (cpuUs / 1_000_000)), ...more,
    heapMb: Math.round(process.memoryUsage().heapUsed / 1_048_576), bytesPerProblem,
  })
  let bytesPerProblem = 0
  // A single-problem incident on each asset, over the last nine minutes.
  engine.run(openIncidents, (i) => problemOf(next(), i, 0, T0 + Math.floor((i * 540_000) / openIncidents)))
  const { searches, pairs } = searchStats
  const incidentsBefore = engine.incidents
  // Then the measured storm, a minute of it: further checks of those assets.
  const stormAt = (i: number): number => T0 + 540_000 + Math.floor((i * 60_000) / PROBLEMS)
  const known: CorrelationRecord[] = []
  const storm = engine.run(PROBLEMS, (i) => {
    const made = problemOf(next(), (i * 7919) % openIncidents, 1 + Math.floor(i / openIncidents), stormAt(i))
    known.push(made.record)
    return made
  })
  bytesPerProblem = Math.round((collectedBytes() - baseBytes) / (openIncidents + PROBLEMS))
  const fresh = row('new', storm, {
    pairsPerProblem: Math.round((10 * (searchStats.pairs - pairs)) / (searchStats.searches - searches)) / 10,
    joined: 1 - (engine.incidents - incidentsBefore) / PROBLEMS,
  })
  // Then the same problems told again, a minute later.
  const searchesBefore = searchStats.searches
  const repeats = engine.run(PROBLEMS, (i) => repeatOf(known[i] as CorrelationRecord, next(), 2, stormAt(i) + 60_000))
  if (searchStats.searches !== searchesBefore) throw new Error('a repeat was searched for')
  return [fresh, row('repeats', repeats, { pairsPerProblem: 0, joined: 0 })]
}

/** What the heap holds after a collection, in bytes. */
function collectedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  return process.memoryUsage().heapUsed
}

/** Runs the bench, prints a table or JSON, and gives the rows: the median of three runs each, by processor time. */
export function benchCorrelate(options: { readonly json: boolean }): readonly CorrelateRow[] {
  const baseBytes = collectedBytes()
  measure(1_000, baseBytes)
  const rows = [1_000, 10_000, 100_000].flatMap((open) => {
    const runs = Array.from({ length: RUNS }, () => measure(open, baseBytes))
    const median = (column: 0 | 1): CorrelateRow => runs.map((run) => run[column]).sort((a, b) => a.problemsPerCpuSecond - b.problemsPerCpuSecond)[Math.floor(RUNS / 2)] as CorrelateRow
    return [median(0), median(1)]
  })
  if (options.json) console.log(JSON.stringify({ bench: 'correlate', problems: PROBLEMS, batch: BATCH, rows }))
  else {
    console.log('input    open incidents  problems/s  problems/cpu s  pairs/problem  joined  heap MB  bytes/problem')
    for (const row of rows) console.log(`${row.input.padEnd(7)}  ${String(row.openIncidents).padStart(14)}  ${String(row.problemsPerSecond).padStart(10)}  ${String(row.problemsPerCpuSecond).padStart(14)}  ${String(row.pairsPerProblem).padStart(13)}  ${row.joined.toFixed(2).padStart(6)}  ${String(row.heapMb).padStart(7)}  ${String(row.bytesPerProblem).padStart(13)}`)
  }
  return rows
}
