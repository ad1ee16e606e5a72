/** `aw backtest`: the engine over a file of alerts, in virtual time, without a log or a server. */
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { AppError } from '../schemas/errors.ts'
import type { CorrelateEntry, CorrelationRecord, Settings, TopologyEdge } from '../schemas/records.ts'
import { DEFAULT_SETTINGS } from '../schemas/settings.ts'
import { StateView } from '../processors/stage.ts'
import { deduplicator, type BacktestAlert, type Deduplicate } from './backtest-problems.ts'
import { RootCauses } from './root-cause.ts'
import { correlateStage } from './stage.ts'

/** What to run. */
export interface BacktestOptions {
  /** A `.jsonl` or `.jsonl.gz` file, or the alerts themselves in any order. */
  readonly alerts: string | AsyncIterable<BacktestAlert> | Iterable<BacktestAlert>
  /** A topology file, or its edges. */
  readonly topology?: string | readonly TopologyEdge[]
  /** A settings file, or the settings that differ from the defaults. */
  readonly settings?: string | Partial<Pick<Settings, 'windowMs' | 'maxLifeMs' | 'joinThreshold' | 'weights' | 'criticalAssets'>>
  /** File for one line an alert, `.gz` to compress. */
  readonly out?: string
  /** Called with each line instead of, or beside, the file. */
  readonly onLine?: (line: BacktestLine) => void
  /** The live deduplication; the built-in one otherwise. */
  readonly deduplicate?: Deduplicate
  /** Clock for the rate, in ms. */
  readonly monotonicMs: () => number
}

/** One line of the result. */
export interface BacktestLine {
  readonly alertId: string
  readonly incidentId: string
  readonly rootCauseAsset?: string
}

/** What came of it. */
export interface BacktestSummary {
  readonly alerts: number
  readonly companies: number
  readonly problems: number
  readonly incidents: number
  /** 1 - incidents / alerts. */
  readonly noiseReduction: number
  readonly seconds: number
  readonly alertsPerSecond: number
}

const PROGRESS_MS = 5_000

/** Runs the engine over the alerts in order of (time, id). Throws `bad_request` naming the line that is not an alert. */
export async function runBacktest(options: BacktestOptions): Promise<BacktestSummary> {
  const startedMs = options.monotonicMs()
  const edges = await topologyOf(options.topology)
  const settings = await settingsOf(options.settings)
  const engine = new Engine(options.deduplicate ?? deduplicator(), edges, settings)
  if (typeof options.alerts === 'string' && (await isSorted(options.alerts))) {
    for await (const alert of readAlerts(options.alerts)) engine.take(alert)
  } else {
    const all: BacktestAlert[] = []
    for await (const alert of typeof options.alerts === 'string' ? readAlerts(options.alerts) : options.alerts) all.push(alert)
    all.sort(byTime)
    for (const alert of all) engine.take(alert)
  }
  const incidents = new Set<string>()
  const out = options.out === undefined ? null : new Out(options.out)
  for (const line of engine.lines()) {
    incidents.add(line.incidentId)
    options.onLine?.(line)
    if (out !== null) await out.write(`${JSON.stringify(line)}\n`)
  }
  await out?.end()
  const seconds = (options.monotonicMs() - startedMs) / 1000
  const alerts = engine.size
  return {
    alerts, companies: engine.companies.size, problems: engine.problems, incidents: incidents.size,
    noiseReduction: alerts === 0 ? 0 : 1 - incidents.size / alerts, seconds, alertsPerSecond: seconds === 0 ? 0 : Math.round(alerts / seconds),
  }
}

/** The stage with its state, fed alert by alert. */
class Engine {
  readonly companies = new Set<string>()
  readonly #deduplicate: Deduplicate
  readonly #edges: readonly TopologyEdge[]
  readonly #settings: Partial<Settings>
  readonly #stage = correlateStage()
  readonly #state = new StateView<CorrelateEntry>()
  readonly #alertIds: string[] = []
  /** Per alert: index of the incident it was placed in; -1 for none. */
  readonly #placed: number[] = []
  readonly #incidents: { id: string; into: string | null }[] = []
  readonly #indexOf = new Map<string, number>()
  readonly #current = new Map<string, number>()
  readonly #causes: RootCauses
  #position = 0
  #toldMs = 0
  problems = 0

  constructor(deduplicate: Deduplicate, edges: readonly TopologyEdge[], settings: Partial<Settings>) {
    this.#deduplicate = deduplicate
    this.#edges = edges
    this.#settings = settings
    this.#causes = new RootCauses(edges)
  }

  get size(): number {
    return this.#alertIds.length
  }

  take(alert: BacktestAlert): void {
    const atMs = Date.parse(alert.ts)
    if (!this.companies.has(alert.company)) this.#meet(alert.company, atMs)
    if (atMs >= this.#toldMs + PROGRESS_MS) {
      this.#toldMs = atMs
      this.#feed({ event: { type: 'progress', partition: 0, atMs, version: this.#position } }, atMs)
    }
    const { companyId, problemKey, events } = this.#deduplicate(alert, atMs, this.#position)
    for (const event of events) {
      if (event.change === 'opened' || event.change === 'reopened') this.problems += 1
      this.#feed({ event }, atMs)
    }
    const at = problemKey === null ? undefined : this.#current.get(`${companyId}|${problemKey}`)
    this.#alertIds.push(alert.id)
    this.#placed.push(at ?? -1)
    if (at !== undefined) this.#causes.observe(at, alert, atMs)
  }

  /** The result, in the order taken; merges are followed. An alert that belongs to no problem stands alone. */
  *lines(): Generator<BacktestLine> {
    const final = this.#incidents.map((_, at) => this.#follow(at))
    final.forEach((to, from) => this.#causes.merge(from, to))
    for (let i = 0; i < this.#alertIds.length; i += 1) {
      const alertId = this.#alertIds[i] ?? ''
      const at = this.#placed[i] ?? -1
      if (at < 0) {
        yield { alertId, incidentId: `alone_${alertId}` }
        continue
      }
      const to = final[at] ?? at
      const rootCauseAsset = this.#causes.name(to)
      yield { alertId, incidentId: this.#incidents[to]?.id ?? '', ...(rootCauseAsset === null ? {} : { rootCauseAsset }) }
    }
  }

  #meet(companyId: string, atMs: number): void {
    this.companies.add(companyId)
    const { windowMs, maxLifeMs, joinThreshold, weights } = DEFAULT_SETTINGS
    this.#feed({ event: { type: 'settings', companyId, revision: 1, windowMs, maxLifeMs, joinThreshold, criticalAssets: [], aliases: {}, rules: '', rulesRevision: 0, ...this.#settings, weights: { ...weights, ...this.#settings.weights } } }, atMs)
    if (this.#edges.length > 0) this.#feed({ event: { type: 'topology', companyId, revision: 1, edges: [...this.#edges] } }, atMs)
  }

  #feed(record: CorrelationRecord, atMs: number): void {
    const { out } = this.#stage.process([{ partition: 0, position: this.#position, atMs, key: '', record }], this.#state)
    this.#position += 1
    for (const { record: { event } } of out) {
      if (event.type === 'incident') {
        const at = this.#at(event.incidentId)
        const incident = this.#incidents[at]
        if (incident !== undefined) incident.into = event.mergedInto
      } else if (event.type === 'problem') this.#current.set(`${event.problem.companyId}|${event.problem.problemKey}`, this.#at(event.incidentId))
    }
    this.#state.takeDelta()
  }

  #at(incidentId: string): number {
    let at = this.#indexOf.get(incidentId)
    if (at === undefined) {
      at = this.#incidents.push({ id: incidentId, into: null }) - 1
      this.#indexOf.set(incidentId, at)
    }
    return at
  }

  #follow(from: number): number {
    let at = from
    for (;;) {
      const into = this.#incidents[at]?.into ?? null
      if (into === null) return at
      at = this.#at(into)
    }
  }
}

function byTime(a: BacktestAlert, b: BacktestAlert): number {
  return Date.parse(a.ts) - Date.parse(b.ts) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

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
  const file = createReadStream(path)
  const text = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  file.on('error', (error) => text.destroy(error))
  let number = 0
  for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1
    if (line.trim() !== '') yield parseAlert(line, `${path}:${number}`)
  }
}

function parseAlert(line: string, where: string): BacktestAlert {
  let value: Partial<BacktestAlert> | null
  try {
    value = JSON.parse(line) as Partial<BacktestAlert> | null
  } catch (cause) {
    throw new AppError('bad_request', `${where} is not JSON`, { cause })
  }
  if (typeof value?.id !== 'string' || typeof value.company !== 'string' || typeof value.ts !== 'string' || Number.isNaN(Date.parse(value.ts))) {
    throw new AppError('bad_request', `${where} needs "id", "company" and "ts" (ISO 8601)`)
  }
  const text = (field: unknown): string | null => (typeof field === 'string' && field !== '' ? field : null)
  return {
    id: value.id, ts: value.ts, company: value.company, source: text(value.source) ?? 'unknown', asset: text(value.asset), signature: text(value.signature),
    severity: text(value.severity) ?? 'unknown', status: text(value.status) ?? 'firing', message: text(value.message) ?? '', labels: value.labels ?? {},
  }
}

async function topologyOf(topology: BacktestOptions['topology']): Promise<readonly TopologyEdge[]> {
  if (topology === undefined) return []
  if (typeof topology !== 'string') return topology
  const parsed = JSON.parse(await readFile(topology, 'utf8')) as { edges?: readonly TopologyEdge[] }
  if (!Array.isArray(parsed.edges)) throw new AppError('bad_request', `${topology} needs "edges": a list of {"from", "to", "kind"}`)
  return parsed.edges as readonly TopologyEdge[]
}

async function settingsOf(settings: BacktestOptions['settings']): Promise<Partial<Settings>> {
  if (settings === undefined) return {}
  return typeof settings === 'string' ? (JSON.parse(await readFile(settings, 'utf8')) as Partial<Settings>) : settings
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
