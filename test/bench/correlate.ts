/**
 * `aw bench correlate`: the engine alone, one core. Problems a second with 1,000, 10,000 and 100,000 incidents open, and how many
 * candidates each problem was scored against, which must not grow with what is open.
 */
import { correlateStage } from '../../correlator/stage.ts'
import { searchStats } from '../../correlator/search.ts'
import { StateView, type Positioned } from '../../processors/stage.ts'
import type { CorrelateEntry, CorrelationRecord, ProblemEvent } from '../../schemas/records.ts'

const PROBLEMS = 100_000
const BATCH = 1_000
const RUNS = 3
const T0 = 1_700_000_000_000

/** One row of the result. */
export interface CorrelateRow {
  readonly openIncidents: number
  readonly problemsPerSecond: number
  /** The same by processor time, garbage collection included: what one free core gives when this machine is shared. */
  readonly problemsPerCpuSecond: number
  readonly pairsPerProblem: number
  /** Share of the problems that joined an incident instead of founding one. */
  readonly joined: number
  readonly heapMb: number
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

function measure(openIncidents: number): CorrelateRow {
  const stage = correlateStage({ maxOpenProblems: 10_000_000 })
  const state = new StateView<CorrelateEntry>()
  let position = 0
  const run = (count: number, make: (i: number) => Positioned<CorrelationRecord>): { seconds: number; cpuSeconds: number } => {
    const batches: Positioned<CorrelationRecord>[][] = []
    for (let i = 0; i < count; i += BATCH) batches.push(Array.from({ length: Math.min(BATCH, count - i) }, (_, j) => make(i + j)))
    const startedMs = performance.now()
    const startedCpu = process.cpuUsage()
    for (const batch of batches) {
      stage.process(batch, state)
      state.takeDelta()
    }
    const { user, system } = process.cpuUsage(startedCpu)
    return { seconds: (performance.now() - startedMs) / 1000, cpuSeconds: (user + system) / 1_000_000 }
  }
  // A single-problem incident on each asset, over the last nine minutes.
  run(openIncidents, (i) => problemOf((position += 1), i, 0, T0 + Math.floor((i * 540_000) / openIncidents)))
  const [searches, pairs] = [searchStats.searches, searchStats.pairs]
  const incidentsBefore = incidentsIn(state)
  // Then the measured storm, a minute of it: further checks of those assets.
  const { seconds, cpuSeconds } = run(PROBLEMS, (i) => problemOf((position += 1), (i * 7919) % openIncidents, 1 + Math.floor(i / openIncidents), T0 + 540_000 + Math.floor((i * 60_000) / PROBLEMS)))
  return {
    openIncidents,
    problemsPerSecond: Math.round(PROBLEMS / seconds),
    problemsPerCpuSecond: Math.round(PROBLEMS / cpuSeconds),
    pairsPerProblem: Math.round((10 * (searchStats.pairs - pairs)) / (searchStats.searches - searches)) / 10,
    joined: 1 - (incidentsIn(state) - incidentsBefore) / PROBLEMS,
    heapMb: Math.round(process.memoryUsage().heapUsed / 1_048_576),
  }
}

function incidentsIn(state: StateView<CorrelateEntry>): number {
  let count = 0
  for (const [, { event }] of state.entries()) if (event.type === 'incident') count += 1
  return count
}

/** Runs the bench, prints a table or JSON, and gives the rows: the median of three runs each. */
export function benchCorrelate(options: { readonly json: boolean }): readonly CorrelateRow[] {
  measure(1_000)
  const rows = [1_000, 10_000, 100_000].map((open) => {
    const runs = Array.from({ length: RUNS }, () => measure(open)).sort((a, b) => a.problemsPerSecond - b.problemsPerSecond)
    return runs[Math.floor(RUNS / 2)] as CorrelateRow
  })
  if (options.json) console.log(JSON.stringify({ bench: 'correlate', problems: PROBLEMS, batch: BATCH, rows }))
  else {
    console.log('open incidents  problems/s  problems/cpu s  pairs/problem  joined  heap MB')
    for (const row of rows) console.log(`${String(row.openIncidents).padStart(14)}  ${String(row.problemsPerSecond).padStart(10)}  ${String(row.problemsPerCpuSecond).padStart(14)}  ${String(row.pairsPerProblem).padStart(13)}  ${row.joined.toFixed(2).padStart(6)}  ${String(row.heapMb).padStart(7)}`)
  }
  return rows
}
