/** Chooses an engine for each port: a server where the configuration names one, else the embedded engine. Nothing else knows which it is. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import type { DeliveryMemory } from '../../ingest/ports.ts'
import type { Log, StateStore } from '../../processors/ports.ts'
import type { Clock } from '../../schemas/clock.ts'
import type { SchemaIds } from '../../schemas/codec.ts'
import type { AppError } from '../../schemas/errors.ts'
import { EMBEDDED_PARTITIONS, KAFKA_PARTITIONS, TOPICS } from '../../schemas/topics.ts'
import { openAnalytics, type Analytics } from '../../storage/clickhouse/analytics.ts'
import { lockDataDir } from '../../storage/data-dir.ts'
import type { LmdbEnv } from '../../storage/lmdb/env.ts'
import { openDatabase, type Database } from '../../storage/postgres/database.ts'

/** What engines have to say to people. */
export interface EngineLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** The ports, opened. Those that no running role needs are opened on first use. */
export interface Engines {
  readonly log: Log
  readonly schemaIds: SchemaIds
  state(): Promise<StateStore>
  deliveries(): Promise<DeliveryMemory>
  database(): Promise<Database>
  analytics(): Promise<Analytics>
  /** Closes what was opened, the log last. */
  close(): Promise<void>
}


/** Opens the log and the schema ids, makes the topics, and prepares the rest. Throws `data_dir_locked`, `engine_missing`, `engine_unavailable`. */
export async function openEngines(config: Config, clock: Clock, logger: EngineLog): Promise<Engines> {
  const closers: (() => unknown)[] = []
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer()
  }
  try {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
    const isEmbedded = config.kafkaBrokers === null || config.redisUrl === null || config.databaseUrl === null || config.clickhouseUrl === null
    if (isEmbedded) {
      const lock = lockDataDir(config.dataDir)
      closers.push(() => lock.release())
    }
    const environment = (folder: string, isDerived: boolean) => once(async (): Promise<LmdbEnv> => {
      const { openLmdb } = await import('../../storage/lmdb/env.ts')
      const env = await openLmdb({ directory: join(config.dataDir, folder), isDerived })
      closers.push(() => env.close())
      return env
    })
    const lmdb = environment('log', false)
    const derived = environment('state', true)
    const log = await openLog(config, clock, logger, lmdb)
    closers.push(() => log.close())
    const partitions = config.partitions ?? (config.kafkaBrokers === null ? EMBEDDED_PARTITIONS : KAFKA_PARTITIONS)
    await log.ensureTopics(Object.values(TOPICS).map(({ name, retentionMs }) => ({ name, retentionMs, partitions })))

    const state = once(async (): Promise<StateStore> => {
      const store = config.redisUrl === null
        ? (await import('../../storage/lmdb/state.ts')).openLmdbState(await derived())
        : await (await import('../../storage/redis/state.ts')).openRedisState({ url: config.redisUrl.reveal() })
      closers.push(() => store.close())
      return store
    })
    const deliveries = once(async (): Promise<DeliveryMemory> => {
      if (config.redisUrl === null) return (await import('../../storage/lmdb/delivery-memory.ts')).openLmdbDeliveryMemory(await derived(), { clock })
      const memory = await (await import('../../storage/redis/delivery-memory.ts')).openRedisDeliveryMemory({ url: config.redisUrl.reveal() })
      closers.push(() => memory.close())
      return memory
    })
    const database = once(async (): Promise<Database> => {
      const opened = await openDatabase({ url: config.databaseUrl?.reveal(), dataDir: config.dataDir, clock, log: logger })
      closers.push(() => opened.close())
      return opened
    })
    const analytics = once(async (): Promise<Analytics> => {
      const url = config.clickhouseUrl?.reveal()
      const opened = await openAnalytics({ ...(url === undefined ? {} : { url }), dataDir: config.dataDir, log: logger })
      closers.push(() => opened.close())
      return opened
    })
    return { log, schemaIds: await openSchemaIds(config, lmdb), state, deliveries, database, analytics, close }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

async function openLog(config: Config, clock: Clock, logger: EngineLog, lmdb: () => Promise<LmdbEnv>): Promise<Log> {
  if (config.kafkaBrokers === null) {
    const { openLmdbLog } = await import('../../storage/lmdb/log.ts')
    return openLmdbLog(await lmdb(), { clock, report: (error) => logger.warn({ code: error.code }, error.message) })
  }
  const { openKafkaLog } = await import('../../storage/kafka/log.ts')
  return openKafkaLog({ brokers: config.kafkaBrokers, epoch: config.logEpoch, clock, report: (error: AppError) => logger.warn({ code: error.code }, error.message) })
}

async function openSchemaIds(config: Config, lmdb: () => Promise<LmdbEnv>): Promise<SchemaIds> {
  if (config.schemaRegistryUrl === null) return (await import('../../storage/lmdb/schema-ids.ts')).openLmdbSchemaIds(await lmdb())
  return (await import('../../storage/registry/schema-ids.ts')).openRegistrySchemaIds({ url: config.schemaRegistryUrl })
}

/** Runs `make` on the first call; later calls share its answer. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => (made ??= make())
}
