/**
 * `aw bench fairness`: what a quiet company feels while another sends ten times its quota. Two quiet companies, one that shares the stormy one's
 * partitions and one that shares none, post a new problem every quarter of a second; the time until its incident is committed is compared with the
 * same without a storm, in the same run. Two storms: single alerts, and posts of as many alerts as one request may hold before it counts twice.
 */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { table } from '../../cli/output.ts'
import { DEFAULT_SETTINGS } from '../../schemas/settings.ts'
import { EMBEDDED_PARTITIONS } from '../../schemas/topics.ts'
import { partitionOf } from '../../storage/partition-of.ts'
import { Program, until } from '../harness/process.ts'
import { post, type Company } from '../harness/sender.ts'
import { generate } from './generate.ts'
import { Markers, quantile } from './markers.ts'

/** How the benchmark is run. */
export interface FairnessOptions {
  readonly json: boolean
  /** Seconds of the quiet measurement and of each storm, 60 by default: the reserve of a quota lasts half of that. */
  readonly seconds?: number
}

/** One load and what the quiet companies felt. */
export interface FairnessRow {
  readonly load: string
  readonly accepted: number
  readonly refused: number
  /** Who shares no partition with the stormy company. */
  readonly otherP50Ms: number | null
  readonly otherP99Ms: number | null
  /** Who shares its partitions. */
  readonly sameP50Ms: number | null
  readonly sameP99Ms: number | null
  readonly residentMib: number
}

const MARKER_EVERY_MS = 250
const CONNECTIONS = 32
const QUOTAS = 10
/** Alerts of a generator that fill most of 64 KiB. */
const ALERTS_PER_POST = 200
const COMPANIES_MAX = 200

interface Placed extends Company {
  readonly raw: number
  readonly correlation: number
}

/** Measures and prints a table, or JSON. */
export async function benchFairness(options: FairnessOptions): Promise<readonly FairnessRow[]> {
  const seconds = options.seconds ?? 60
  const program = await Program.fromNothing()
  try {
    await program.start()
    const { stormy, same, other } = await cast(program)
    const markers = await Markers.listen(program)
    const measure = async (load: string, storm: Promise<{ posts: number; refused: number }>): Promise<FairnessRow> => {
      process.stderr.write(`${load} …\n`)
      const told = { same: probe(markers, same, storm), other: probe(markers, other, storm) }
      const { posts, refused } = await storm
      const [sameMs, otherMs] = await Promise.all([told.same, told.other])
      return {
        load, accepted: posts - refused, refused, residentMib: residentMib(program),
        otherP50Ms: quantile(otherMs, 0.5), otherP99Ms: quantile(otherMs, 0.99), sameP50Ms: quantile(sameMs, 0.5), sameP99Ms: quantile(sameMs, 0.99),
      }
    }
    const storm = (alertsPerPost: number) => {
      const posts = Math.round((QUOTAS * DEFAULT_SETTINGS.requestsPerMinute * seconds) / 60)
      const alerts = posts * alertsPerPost
      return generate({ port: program.port, companies: [stormy], alerts, alertsPerPost, problems: 10_000, alertsPerSecond: alerts / seconds, connections: CONNECTIONS })
    }
    const rows = [
      await measure('no storm', delay(seconds * 1_000, { posts: 0, refused: 0 })),
      await measure(`${QUOTAS} × the quota, single alerts`, storm(1)),
    ]
    // The reserve refills while nothing is sent, and a new company starts with a full one.
    rows.push(await measure(`${QUOTAS} × what is left of it, ${ALERTS_PER_POST} alerts each`, storm(ALERTS_PER_POST)))
    console.log(options.json ? JSON.stringify({ cores: availableParallelism(), rows }) : text(rows))
    return rows
  } finally {
    await program.remove()
  }
}

/** A stormy company, one that shares both its partitions and one that shares none. */
async function cast(program: Program): Promise<{ stormy: Placed; same: Placed; other: Placed }> {
  const stormy = await place(program, 0)
  let same: Placed | undefined
  let other: Placed | undefined
  for (let number = 1; number < COMPANIES_MAX && (same === undefined || other === undefined); number++) {
    const company = await place(program, number)
    if (company.raw === stormy.raw && company.correlation === stormy.correlation) same ??= company
    if (company.raw !== stormy.raw && company.correlation !== stormy.correlation) other ??= company
  }
  if (same === undefined || other === undefined) throw new Error(`none of ${COMPANIES_MAX} companies shares its partitions`)
  for (const company of [stormy, same, other]) await until('the key is known', async () => (await post(program.url, company, 'alerts', [])).status === 202)
  return { stormy, same, other }
}

async function place(program: Program, number: number): Promise<Placed> {
  const company = await program.api<Company & { id: string }>('POST', '/api/companies', { name: `Fair ${number}` })
  const { items } = await program.api<{ items: { id: string }[] }>('GET', `/api/companies/${company.id}/integrations`)
  return { ...company, raw: partitionOf(items[0]?.id ?? '', EMBEDDED_PARTITIONS), correlation: partitionOf(company.id, EMBEDDED_PARTITIONS) }
}

async function probe(markers: Markers, company: Company, storm: Promise<unknown>): Promise<number[]> {
  let isStorming = true
  void storm.finally(() => { isStorming = false })
  const waiting: Promise<number>[] = []
  while (isStorming) {
    waiting.push(markers.post(company))
    await delay(MARKER_EVERY_MS)
  }
  return Promise.all(waiting)
}

function residentMib(program: Program): number {
  const status = readFileSync(`/proc/${program.pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_024)
}

function text(rows: readonly FairnessRow[]): string {
  const ms = (value: number | null): string => (value === null ? '' : value.toFixed(0))
  const lines = rows.map((row) => [row.load, row.accepted, row.refused, ms(row.otherP50Ms), ms(row.otherP99Ms), ms(row.sameP50Ms), ms(row.sameP99Ms), row.residentMib])
  return `${table(['load', 'accepted', 'refused', 'other p50 ms', 'other p99 ms', 'same p50 ms', 'same p99 ms', 'resident MiB'], lines)}\n\n`
    + `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node.js ${process.version}, embedded engines: one process serves all partitions. other: shares no partition with the storm; same: shares both.`
}
