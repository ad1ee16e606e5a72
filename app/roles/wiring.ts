/** How each role is put together from the ports. A starter answers how to stop what it started. */
import { randomUUID } from 'node:crypto'
import { CredentialSnapshot } from '../../ingest/authenticate.ts'
import { correlateStage } from '../../correlator/stage.ts'
import { mappingOf } from '../../processors/mapping/cache.ts'
import { applyMapping } from '../../processors/mapping/mapping.ts'
import { processStage, type ProcessOutput } from '../../processors/process-stage.ts'
import { outputCodecs, runStage } from '../../processors/runner.ts'
import { parseBody } from '../../processors/sources/parse.ts'
import { adapterFor } from '../../processors/sources/registry.ts'
import { feedProjected } from '../../api/live-feed.ts'
import type { LiveHub } from '../../api/live-hub.ts'
import type { Settlements } from '../../api/settlements.ts'
import type { AppMetrics } from '../metrics/metrics.ts'
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { openCodec, openRecordCodec, schemaText, type TopicRecords } from '../../schemas/codec.ts'
import { toAppError } from '../../schemas/errors.ts'
import type { CorrelateEntry, Delivery, IncidentRecord, ProcessEntry } from '../../schemas/records.ts'
import { TOPICS, type TopicName } from '../../schemas/topics.ts'
import { startAnnouncer } from '../../storage/announcer.ts'
import { startProjector } from '../../storage/projector.ts'
import { credentialsMark, loadCredentials, touchLastUsed } from '../../storage/queries/credentials.ts'
import { recorderPositions } from '../../storage/queries/reader-positions.ts'
import { RECORDER, startRecorder } from '../../storage/recorder.ts'
import { startRelay, type Relay } from '../../storage/relay.ts'
import type { MasterKey } from '../../storage/secret-box.ts'
import { startCallRetention } from '../../storage/tickets/call-retention.ts'
import type { EngineLog, Engines } from '../parts/engines.ts'

/** What every starter is handed. */
export interface Surroundings {
  readonly engines: Engines
  readonly clock: Clock
  readonly logger: EngineLog
  readonly metrics: AppMetrics
  /** A part cannot go on; the process says so and stops. */
  readonly failed: (error: Error) => void
}

/** Something running. */
export interface Stoppable {
  stop(): Promise<void>
}

/** Bumped when state entries cannot stay compatible; the state is rebuilt from the log. */
const STATE_VERSIONS = { process: 1, correlate: 1 }

/** Credentials reach every ingest process within this time. */
export const CREDENTIALS_INTERVAL_MS = 2_000
/** When keys were last used is written this often. */
const USED_INTERVAL_MS = 10_000

/** A delivery read by the mapping of its integration, else by the adapter of its source. Throws `payload_invalid` or `mapping_failed` when the body as a whole cannot be read. */
export function normalise(delivery: Delivery, receivedAtMs: number, mapping: string | null): ReturnType<ReturnType<typeof adapterFor>['normalise']> {
  const payload = parseBody(delivery.body, delivery.contentType)
  if (mapping !== null) return applyMapping(mappingOf(mapping), payload, delivery.source).alerts
  return adapterFor(delivery.source).normalise(payload, { contentType: delivery.contentType, headers: delivery.headers, receivedAtMs })
}

/** Role `process`. */
export async function startProcess({ engines, logger, metrics, failed }: Surroundings): Promise<Stoppable> {
  const { log, schemaIds } = engines
  const stage = processStage({ normalise, correlationPartitions: await log.partitions(TOPICS.correlation.name) })
  return runStage<Parameters<typeof stage.process>[0][number]['record'], ProcessOutput, ProcessEntry>({
    stage,
    topic: TOPICS.raw.name,
    input: await openCodec(TOPICS.raw.name, schemaIds),
    outputs: outputCodecs({
      [TOPICS.alerts.name]: await openCodec(TOPICS.alerts.name, schemaIds),
      [TOPICS.correlation.name]: await openCodec(TOPICS.correlation.name, schemaIds),
      [TOPICS.deadLetter.name]: await openCodec(TOPICS.deadLetter.name, schemaIds),
    }),
    entries: await openRecordCodec<ProcessEntry>('state-process', schemaText('state-process'), schemaIds),
    stateVersion: STATE_VERSIONS.process,
    log, store: await engines.state(), metrics: metrics.runner, logger, failed, monotonicMs: () => performance.now(),
  })
}

/** Role `correlate`. */
export async function startCorrelate({ engines, logger, metrics, failed }: Surroundings): Promise<Stoppable> {
  const { log, schemaIds } = engines
  const stage = correlateStage()
  return runStage<Parameters<typeof stage.process>[0][number]['record'], IncidentRecord, CorrelateEntry>({
    stage,
    topic: TOPICS.correlation.name,
    input: await openCodec(TOPICS.correlation.name, schemaIds),
    outputs: outputCodecs({
      [TOPICS.incidents.name]: await openCodec(TOPICS.incidents.name, schemaIds),
      [TOPICS.deadLetter.name]: await openCodec(TOPICS.deadLetter.name, schemaIds),
    }),
    entries: await openRecordCodec<CorrelateEntry>('state-correlate', schemaText('state-correlate'), schemaIds),
    stateVersion: STATE_VERSIONS.correlate,
    log, store: await engines.state(), metrics: metrics.runner, logger, failed, monotonicMs: () => performance.now(),
  })
}

/** Who hears at once of what was projected. */
export interface Listeners {
  readonly live: LiveHub
  readonly settlements: Settlements
}

/** Role `project`; tells live listeners and waiting commands of the same process what it has committed. */
export async function startProject({ engines, logger, metrics, failed }: Surroundings, listeners: Listeners | null): Promise<Stoppable> {
  const projector = await startProjector({
    log: engines.log, schemaIds: engines.schemaIds, database: await engines.database(), logger, failed,
    progress: (partition, atMs) => metrics.runner.progress('project', partition, atMs),
  })
  if (listeners !== null) projector.onProjected((projected) => feedProjected(projected, listeners))
  return projector
}

/**
 * What the API tells live: counts of received alerts, and, where no projection runs in this process, changed incidents. It reads the ends of the logs in a
 * consumer group of its own; nothing depends on it, so it begins anew at each start and commits nothing.
 */
export async function startLiveFeed({ engines, failed }: Surroundings, live: LiveHub, hasProjection: boolean): Promise<Stoppable> {
  const { log, schemaIds } = engines
  const group = `aw-live-${randomUUID()}`
  const follow = async <N extends TopicName>(topic: N, tell: (record: TopicRecords[N]) => void): Promise<Stoppable> => {
    const codec = await openCodec(topic, schemaIds)
    return log.consume({
      group, topic, failed, revoked: () => undefined,
      assigned: async (partition) => (await log.ends(topic)).find((end) => end.partition === partition)?.next ?? 0,
      batch: async (_partition, records) => {
        await codec.prepare(records.map((record) => record.value))
        for (const record of records) tell(codec.decode(record.value))
      },
    })
  }
  const feeds = [await follow(TOPICS.alerts.name, (row) => live.countAlerts(row.companyId, 1))]
  if (!hasProjection) {
    feeds.push(await follow(TOPICS.incidents.name, ({ event }) => {
      if (event.type !== 'incident') return
      const { incidentId: id, companyId, version, status, severity, title, assignee, alertCount, problemCount, mergedInto } = event
      live.publish({ type: 'incident_updated', companyId, assignee, data: { id, companyId, version, status, severity, title, assignee, alertCount, problemCount, mergedInto } })
    }))
  }
  return {
    stop: async () => {
      await Promise.all(feeds.map((feed) => feed.stop()))
    },
  }
}

/** Role `record`. */
export async function startRecord({ engines, logger, clock, failed }: Surroundings): Promise<Stoppable> {
  const database = await engines.database()
  return startRecorder({
    log: engines.log, schemaIds: engines.schemaIds, analytics: await engines.analytics(), positions: recorderPositions(database, RECORDER), clock, logger, failed,
  })
}

/** Role `relay`; it also announces settings again before the log forgets them, and deletes outside calls that have been kept long enough. */
export async function startRelaying({ engines, logger, clock }: Surroundings): Promise<Relay> {
  const database = await engines.database()
  const relay = startRelay({ database, log: engines.log, schemaIds: engines.schemaIds, clock, logger })
  const announcer = startAnnouncer({ database, clock, logger, announced: () => relay.wake() })
  const retention = startCallRetention(database, { clock, logger })
  return {
    wake: () => relay.wake(),
    stop: async () => {
      await retention.stop()
      await announcer.stop()
      await relay.stop()
    },
  }
}

/** What reading keys needs. */
export type KeeperSurroundings = Pick<Surroundings, 'clock' | 'logger'> & { readonly engines: Pick<Engines, 'database'> }

/** The keys that ingest judges by: read at once, then every two seconds and whenever the API of this process changes one. */
export class CredentialKeeper implements Stoppable {
  readonly snapshot = new CredentialSnapshot()
  readonly #surroundings: KeeperSurroundings
  readonly #masterKey: MasterKey
  readonly #stopping = new AbortController()
  #loop: Promise<void> | null = null
  /** Settles, and never rejects, when the reading under way is over. */
  #reading: Promise<unknown> = Promise.resolve()
  /** The reading that has not begun yet: it serves everybody who asks before it does. */
  #queued: Promise<void> | null = null
  /** What the snapshot was read at. */
  #mark: string | null = null
  #usedAtMs = 0

  constructor(surroundings: KeeperSurroundings, masterKey: MasterKey) {
    this.#surroundings = surroundings
    this.#masterKey = masterKey
  }

  /** Reads once, and goes on reading. Throws when the first reading fails. */
  async start(): Promise<void> {
    await this.refresh()
    this.#loop = this.#run()
  }

  /** Reads the keys as they are from now on; readings never overtake one another. */
  refresh(): Promise<void> {
    this.#queued ??= this.#readNext()
    return this.#queued
  }

  async #readNext(): Promise<void> {
    await this.#reading
    this.#queued = null
    const reading = this.#read()
    this.#reading = Promise.allSettled([reading])
    return reading
  }

  /** Reads the keys because one has changed; where that fails, the next reading in turn has to do. Never throws. */
  async refreshed(): Promise<void> {
    try {
      await this.refresh()
    } catch (thrown) {
      this.#surroundings.logger.warn({ code: toAppError(thrown).code }, 'reading the changed keys failed: trying again in turn')
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    await this.#noteUse().catch((thrown: unknown) => this.#surroundings.logger.warn({ code: toAppError(thrown).code }, 'noting when keys were last used failed'))
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#surroundings
    while (!isAborted(this.#stopping.signal)) {
      try {
        await clock.sleep(CREDENTIALS_INTERVAL_MS, this.#stopping.signal)
        await this.refresh()
        if (clock.now() - this.#usedAtMs >= USED_INTERVAL_MS) await this.#noteUse()
      } catch (thrown) {
        // Without the database the keys known so far go on working; a revocation waits until it is back.
        if (!isAborted(this.#stopping.signal)) logger.warn({ code: toAppError(thrown).code }, 'reading the keys failed: going on with those known')
      }
    }
  }

  async #read(): Promise<void> {
    const { engines, clock, logger } = this.#surroundings
    const [database, nowMs] = [await engines.database(), clock.now()]
    const mark = await credentialsMark(database, nowMs)
    if (mark === this.#mark) return
    this.snapshot.replace(await loadCredentials(database, this.#masterKey, nowMs, ({ code, message }) => logger.warn({ code, message }, 'a stored secret is left out: issue a new one')))
    this.#mark = mark
  }

  async #noteUse(): Promise<void> {
    const { engines, clock } = this.#surroundings
    this.#usedAtMs = clock.now()
    const used = this.snapshot.takeUsed()
    try {
      await touchLastUsed(await engines.database(), used)
    } catch (thrown) {
      this.snapshot.restoreUsed(used)
      throw thrown
    }
  }
}
