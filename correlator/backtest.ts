/** `aw backtest`: the engine over a file of alerts, in virtual time, without a log or a server. */
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { AppError, toAppError } from '../schemas/errors.ts'
import type { TopologyEdge } from '../schemas/records.ts'
import type { ComparisonView } from '../schemas/backtest.ts'
import type { TuneView } from '../schemas/tuning.ts'
import { textLines } from '../schemas/text-lines.ts'
import { trialSettingsFrom } from '../schemas/trial-settings.ts'
import { compare } from './compare.ts'
import { deduplicator, type BacktestAlert, type Deduplicate } from './backtest-problems.ts'
import { tune, type TuneStep } from './tune/tune.ts'
import { Replay, type BacktestLine, type ReplaySettings } from './replay.ts'

export type { BacktestLine } from './replay.ts'

/** What to run. */
export interface BacktestOptions {
  /** A `.jsonl` or `.jsonl.gz` file, or the alerts themselves in any order. */
  readonly alerts: string | AsyncIterable<BacktestAlert> | Iterable<BacktestAlert>
  /** A topology file, or its edges. */
  readonly topology?: string | readonly TopologyEdge[]
  /** A settings file, or the settings that differ from the defaults. */
  readonly settings?: string | ReplaySettings
  /** File for one line an alert, `.gz` to compress. */
  readonly out?: string
  /** Called with each line instead of, or beside, the file. */
  readonly onLine?: (line: BacktestLine) => void
  /** The live deduplication; the built-in one otherwise. */
  readonly deduplicate?: Deduplicate
  /** Called every 10,000 alerts with how many were taken. */
  readonly onProgress?: (done: number) => void
  /** Clock for the rate, in ms. */
  readonly monotonicMs: () => number
}

/** What came of it. */
export interface BacktestSummary {
  readonly alerts: number
  readonly companies: number
  readonly problems: number
  readonly incidents: number
  /** Alerts that were kept quiet. */
  readonly quiet: number
  /** 1 - incidents / alerts. */
  readonly noiseReduction: number
  readonly seconds: number
  readonly alertsPerSecond: number
}

/** Runs the engine over the same alerts with two settings. Throws `bad_request` naming what is wrong. */
export async function runComparison(options: Pick<BacktestOptions, 'alerts' | 'topology' | 'deduplicate' | 'onProgress'> & { readonly before: BacktestOptions['settings']; readonly after: BacktestOptions['settings'] }): Promise<ComparisonView> {
  const edges = await topologyOf(options.topology)
  const [before, after] = [new Replay(edges, await settingsOf(options.before)), new Replay(edges, await settingsOf(options.after))]
  await feed([before, after], options)
  return compare(before, after)
}

async function feed(replays: readonly Replay[], { alerts, deduplicate = deduplicator(), onProgress }: Pick<BacktestOptions, 'alerts' | 'deduplicate' | 'onProgress'>): Promise<void> {
  let [done, version] = [0, 0]
  for await (const alert of inOrder(alerts)) {
    const atMs = Date.parse(alert.ts)
    const deduplicated = deduplicate(alert, atMs, (version += 1))
    for (const replay of replays) replay.take(alert, atMs, deduplicated)
    done += 1
    if (done % PROGRESS_ALERTS === 0) onProgress?.(done)
  }
}

/** What to tune over a file. */
export interface TuneFileOptions extends Pick<BacktestOptions, 'alerts' | 'topology' | 'settings' | 'deduplicate'> {
  /** A `.jsonl` or `.jsonl.gz` file: one line an alert, {"alertId", "incidentId"}, null for noise. */
  readonly truth: string
  readonly seed: number
  readonly evaluations: number
  readonly onTried?: (tried: number) => void
}

/** Searches settings over a file with its truth. Throws `bad_request`, or `conflict` where there is too little to judge by. */
export async function tuneFile({ alerts, topology, settings, truth, deduplicate = deduplicator(), ...options }: TuneFileOptions): Promise<TuneView> {
  const steps: TuneStep[] = []
  for await (const alert of inOrder(alerts)) {
    const atMs = Date.parse(alert.ts)
    steps.push({ alert, atMs, deduplicated: deduplicate(alert, atMs, steps.length + 1) })
  }
  return tune({ ...options, steps, edges: await topologyOf(topology), settings: await settingsOf(settings), by: { truth: await readTruth(truth) } })
}

async function readTruth(path: string): Promise<ReadonlyMap<string, string | null>> {
  const truth = new Map<string, string | null>()
  for await (const { line, where } of linesIn(path)) {
    const row = parsed(line, where) as { alertId?: unknown; incidentId?: unknown } | null
    if (typeof row?.alertId !== 'string') throw new AppError('bad_request', `${where} needs "alertId", and "incidentId" or null`)
    truth.set(row.alertId, typeof row.incidentId === 'string' ? row.incidentId : null)
  }
  return truth
}

/** Alerts in order of (time, id), each once though it may stand there twice: in this order its twin comes next. */
export async function* inOrder(alerts: BacktestOptions['alerts']): AsyncGenerator<BacktestAlert> {
  let last: BacktestAlert | null = null
  for await (const alert of await sortedAlerts(alerts)) {
    if (last === null || byTime(last, alert) !== 0) yield alert
    last = alert
  }
}

/** A file that is sorted already is read as a stream. */
async function sortedAlerts(alerts: BacktestOptions['alerts']): Promise<AsyncIterable<BacktestAlert> | Iterable<BacktestAlert>> {
  if (typeof alerts === 'string' && (await isSorted(alerts))) return readAlerts(alerts)
  const all: BacktestAlert[] = []
  for await (const alert of typeof alerts === 'string' ? readAlerts(alerts) : alerts) all.push(alert)
  return all.sort(byTime)
}

/** Alerts between two calls of `onProgress`. */
const PROGRESS_ALERTS = 10_000

/** Runs the engine over the alerts in order of (time, id). Throws `bad_request` naming the line that is not an alert. */
export async function runBacktest(options: BacktestOptions): Promise<BacktestSummary> {
  const startedMs = options.monotonicMs()
  const edges = await topologyOf(options.topology)
  const settings = await settingsOf(options.settings)
  const replay = new Replay(edges, settings)
  await feed([replay], options)
  const incidents = new Set<string>()
  let quiet = 0
  const out = options.out === undefined ? null : new Out(options.out)
  for (const line of replay.lines()) {
    if (line.incidentId === null) quiet += 1
    else incidents.add(line.incidentId)
    options.onLine?.(line)
    if (out !== null) await out.write(`${JSON.stringify(line)}\n`)
  }
  await out?.end()
  const seconds = (options.monotonicMs() - startedMs) / 1000
  const alerts = replay.size
  return {
    alerts, companies: replay.companies.size, problems: replay.problems, incidents: incidents.size, quiet,
    noiseReduction: alerts === 0 ? 0 : 1 - incidents.size / alerts, seconds, alertsPerSecond: seconds === 0 ? 0 : Math.round(alerts / seconds),
  }
}

/** Order of alerts whatever the order of the input; 0 for one and the same. */
export function byTime(a: Pick<BacktestAlert, 'ts' | 'id' | 'company'>, b: Pick<BacktestAlert, 'ts' | 'id' | 'company'>): number {
  return Date.parse(a.ts) - Date.parse(b.ts) || byText(a.id, b.id) || byText(a.company, b.company)
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

async function isSorted(path: string): Promise<boolean> {
  let last: BacktestAlert | null = null
  for await (const alert of readAlerts(path)) {
    if (last !== null && byTime(last, alert) > 0) return false
    last = alert
  }
  return true
}

/** Reads a file of alerts. */
export async function* readAlerts(path: string): AsyncGenerator<BacktestAlert> {
  for await (const { line, where } of linesIn(path)) yield parseAlert(line, where)
}

async function* linesIn(path: string): AsyncGenerator<{ readonly line: string; readonly where: string }> {
  const file = createReadStream(path)
  const text = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  file.on('error', (error) => text.destroy(error))
  let number = 0
  for await (const line of textLines(text.setEncoding('utf8'))) {
    number += 1
    if (line.trim() !== '') yield { line, where: `${path}:${number}` }
  }
}

function parsed(line: string, where: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch (cause) {
    throw new AppError('bad_request', `${where} is not JSON`, { cause })
  }
}

function parseAlert(line: string, where: string): BacktestAlert {
  const value = parsed(line, where) as Partial<BacktestAlert> | null
  if (typeof value?.id !== 'string' || typeof value.company !== 'string' || typeof value.ts !== 'string' || Number.isNaN(Date.parse(value.ts))) {
    throw new AppError('bad_request', `${where} needs "id", "company" and "ts" (ISO 8601)`)
  }
  const text = (field: unknown): string | null => (typeof field === 'string' && field !== '' ? field : null)
  return {
    id: value.id, ts: value.ts, company: value.company, source: text(value.source) ?? 'unknown', asset: text(value.asset), signature: text(value.signature),
    severity: text(value.severity) ?? 'unknown', status: text(value.status) ?? 'firing', message: text(value.message) ?? '', labels: value.labels ?? {},
  }
}

/** Edges of a topology file, or those given. Throws `bad_request`. */
export async function topologyOf(topology: BacktestOptions['topology']): Promise<readonly TopologyEdge[]> {
  if (topology === undefined) return []
  if (typeof topology !== 'string') return topology
  const parsed = JSON.parse(await readFile(topology, 'utf8')) as { edges?: readonly TopologyEdge[] }
  if (!Array.isArray(parsed.edges)) throw new AppError('bad_request', `${topology} needs "edges": a list of {"from", "to", "kind"}`)
  return parsed.edges as readonly TopologyEdge[]
}

async function settingsOf(settings: BacktestOptions['settings']): Promise<ReplaySettings> {
  if (settings === undefined) return {}
  return typeof settings === 'string' ? readSettings(settings) : settings
}

/** Reads a settings file. Throws `bad_request` with every mistake. */
export async function readSettings(path: string): Promise<ReplaySettings> {
  const text = await readFile(path, 'utf8')
  let document: unknown
  try {
    document = JSON.parse(text) as unknown
  } catch (cause) {
    throw new AppError('bad_request', `${path} is not JSON`, { cause })
  }
  try {
    return trialSettingsFrom(document)
  } catch (thrown) {
    throw new AppError('bad_request', `${path}: ${toAppError(thrown).message}`, { cause: thrown })
  }
}

/** A text file that waits for its disk. */
class Out {
  readonly #file: WriteStream
  readonly #to: Writable

  constructor(path: string) {
    this.#file = createWriteStream(path)
    if (path.endsWith('.gz')) {
      const gzip = createGzip()
      gzip.pipe(this.#file)
      this.#to = gzip
    } else this.#to = this.#file
  }

  async write(text: string): Promise<void> {
    if (!this.#to.write(text)) await once(this.#to, 'drain')
  }

  async end(): Promise<void> {
    this.#to.end()
    await finished(this.#file)
  }
}
