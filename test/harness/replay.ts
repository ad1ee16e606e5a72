/**
 * Replays a stage over a log from its first record, with fresh state, and compares what it would publish with what was published. Published
 * records may come twice and versions of one thing may be skipped, but nothing may be published differently.
 */
import { join } from 'node:path'
import { correlateStage } from '../../correlator/stage.ts'
import type { Log } from '../../processors/ports.ts'
import { processStage } from '../../processors/process-stage.ts'
import { StateView, type Keyed, type Stage } from '../../processors/stage.ts'
import { systemClock } from '../../schemas/clock.ts'
import { openCodec, type Codec, type SchemaIds, type TopicRecords } from '../../schemas/codec.ts'
import { positionOf } from '../../schemas/position.ts'
import type { CorrelateEntry, CorrelationRecord, IncidentRecord, LedgerRow, ProcessEntry } from '../../schemas/records.ts'
import { TOPICS, type TopicName } from '../../schemas/topics.ts'
import { openLmdb } from '../../storage/lmdb/env.ts'
import { openLmdbLog } from '../../storage/lmdb/log.ts'
import { openLmdbSchemaIds } from '../../storage/lmdb/schema-ids.ts'
import { normalise } from '../../app/roles/wiring.ts'

/** How many records were compared, and every thing whose replay differs. */
export interface Replay {
  readonly published: number
  readonly differences: readonly string[]
}

/** A log with its schema ids. */
export interface OpenLog { readonly log: Log; readonly schemaIds: SchemaIds }

/** Replays correlation.v1 of an embedded installation that is not running. */
export async function replayCorrelation(dataDir: string): Promise<Replay> {
  return withEmbeddedLog(dataDir, compareCorrelation)
}

/** Replays alerts.raw.v1 of an embedded installation that is not running. */
export async function replayRaw(dataDir: string): Promise<Replay> {
  return withEmbeddedLog(dataDir, compareRaw)
}

/** Incidents of a replay against incidents.v1: ids, versions and contents. */
export async function compareCorrelation({ log, schemaIds }: OpenLog): Promise<Replay> {
  const replayed = new Map<string, string>()
  const codec = await openCodec(TOPICS.incidents.name, schemaIds)
  for (const { record } of await replay(log, schemaIds, TOPICS.correlation.name, () => correlateStage(), () => new StateView<CorrelateEntry>(), 1)) {
    replayed.set(incidentKey(record), canonical(codec.decode(codec.encode(record))))
  }
  const published = await readAll(log, schemaIds, TOPICS.incidents.name)
  const result = compare(published, replayed, (record) => incidentKey(record))
  const told = new Set(published.map(incidentKey))
  const untold = [...latestVersions(replayed.keys())].filter((key) => !told.has(key)).map((key) => `${key}: never published`)
  return { published: result.published, differences: [...result.differences, ...untold.slice(0, 2)] }
}

/** Of each incident and problem the key of its newest version: versions in between may be skipped, the last may not. */
function latestVersions(keys: Iterable<string>): Iterable<string> {
  const latest = new Map<string, { key: string; version: number }>()
  for (const key of keys) {
    const [, thing = key, version = '0'] = /^(.*) (\d+)$/.exec(key) ?? []
    if ((latest.get(thing)?.version ?? -1) < Number(version)) latest.set(thing, { key, version: Number(version) })
  }
  return [...latest.values()].map(({ key }) => key)
}

/** Problem events and ledger rows of a replay against correlation.v1 and alerts.v1. */
export async function compareRaw({ log, schemaIds }: OpenLog): Promise<Replay> {
  const correlationPartitions = await log.partitions(TOPICS.correlation.name)
  const out = await replay(log, schemaIds, TOPICS.raw.name, () => processStage({ normalise, correlationPartitions }), () => new StateView<ProcessEntry>(), 500)
  const replayed = new Map<string, string>()
  const codecs = new Map([[TOPICS.correlation.name, await openCodec(TOPICS.correlation.name, schemaIds)], [TOPICS.alerts.name, await openCodec(TOPICS.alerts.name, schemaIds)]] as [string, Codec<CorrelationRecord | LedgerRow>][])
  for (const { topic, record } of out) {
    const codec = codecs.get(topic)
    const key = codec === undefined ? null : rawKey(record as CorrelationRecord | LedgerRow)
    // Through the codec, so that both sides hold exactly what the schema holds.
    if (codec !== undefined && key !== null) replayed.set(key, canonical(codec.decode(codec.encode(record as CorrelationRecord | LedgerRow))))
  }
  const events = compare(await readAll(log, schemaIds, TOPICS.correlation.name), replayed, rawKey)
  const rows = compare(await readAll(log, schemaIds, TOPICS.alerts.name), replayed, rawKey)
  return { published: events.published + rows.published, differences: [...events.differences, ...rows.differences] }
}

function incidentKey({ event }: IncidentRecord): string {
  switch (event.type) {
    case 'incident': return `incident ${event.incidentId} ${event.version}`
    case 'problem': return `problem ${event.problem.companyId} ${event.problem.problemKey} ${event.version}`
    case 'note': return `note ${event.commandId}`
    case 'outcome': return `outcome ${event.commandId}`
  }
}

function rawKey(record: CorrelationRecord | LedgerRow): string | null {
  if (!('event' in record)) return `row ${record.partition} ${record.version} ${record.element}`
  if (record.event.type !== 'problem') return null
  // A delivery may change a problem more than once; all changes have its version.
  const { problemKey, version, alertId, count, change } = record.event
  return `problem ${problemKey} ${version} ${alertId} ${count} ${change}`
}

function compare<T>(published: readonly T[], replayed: ReadonlyMap<string, string>, keyOf: (record: T) => string | null): Replay {
  const differences: string[] = []
  let compared = 0
  for (const record of published) {
    const key = keyOf(record)
    if (key === null) continue
    compared += 1
    const again = replayed.get(key)
    const once = canonical(record)
    if (again !== once) differences.push(`${key}:\n  published ${once}\n  replayed  ${again ?? 'nothing'}`)
  }
  return { published: compared, differences: differences.slice(0, 2) }
}

async function replay<N extends TopicName, O, S>(
  log: Log, schemaIds: SchemaIds, topic: N, makeStage: () => Stage<TopicRecords[N], O, S>, makeState: () => StateView<S>, batchRecords: number,
): Promise<Keyed<O>[]> {
  const codec = await openCodec(topic, schemaIds)
  const out: Keyed<O>[] = []
  for (const { partition, first, next } of await log.ends(topic)) {
    const stage = makeStage()
    const state = makeState()
    for await (const records of log.read(topic, partition, first, next)) {
      await codec.prepare(records.map((record) => record.value))
      const inputs = records.map((record) => ({ partition, position: positionOf(log.epoch, record.offset), atMs: record.atMs, key: record.key, record: codec.decode(record.value) }))
      for (let i = 0; i < inputs.length; i += batchRecords) {
        out.push(...stage.process(inputs.slice(i, i + batchRecords), state).out)
        state.takeDelta()
      }
    }
  }
  return out
}

/** Every record of a topic, partition by partition. */
export async function readAll<N extends TopicName>(log: Log, schemaIds: SchemaIds, topic: N): Promise<TopicRecords[N][]> {
  const codec = await openCodec(topic, schemaIds)
  const all: TopicRecords[N][] = []
  for (const { partition, first, next } of await log.ends(topic)) {
    for await (const records of log.read(topic, partition, first, next)) {
      await codec.prepare(records.map((record) => record.value))
      for (const record of records) all.push(codec.decode(record.value))
    }
  }
  return all
}

/** Opens the log of an embedded installation that is not running. */
export async function withEmbeddedLog<T>(dataDir: string, work: (open: OpenLog) => Promise<T>): Promise<T> {
  const env = await openLmdb({ directory: join(dataDir, 'log') })
  const log = openLmdbLog(env, { clock: systemClock })
  try {
    return await work({ log, schemaIds: openLmdbSchemaIds(env) })
  } finally {
    await log.close()
    await env.close()
  }
}

/** The same text for the same content, whatever the order of its fields. */
export const canonical = (value: unknown): string => JSON.stringify(value, (_key, inner: unknown) =>
  inner !== null && typeof inner === 'object' && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner)
