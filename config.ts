/** The only reader of the environment: defaults, then decoding, then rules between fields; every mistake is reported at once. */
import { resolve } from 'node:path'
import { LLM_NAMES, readLlm } from './config-llm.ts'
import { NOTICE_NAMES, readNotices, type NoticeSettings } from './config-notices.ts'
import { readersOf, type Environment, type Secret } from './config-reading.ts'
import type { ModelSettings } from './correlator/analyst/model/settings.ts'
import { AppError } from './schemas/errors.ts'
import { MODES, type Mode } from './schemas/settings.ts'

/** Everything the program is told from outside. Addresses that are null mean the embedded engine. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly adminToken: Secret | null
  readonly masterKey: Secret | null
  /** Another master key that opens what is stored, while the key is changed. */
  readonly masterKeyPrevious: Secret | null
  readonly kafkaBrokers: readonly string[] | null
  readonly schemaRegistryUrl: string | null
  readonly redisUrl: Secret | null
  readonly databaseUrl: Secret | null
  readonly clickhouseUrl: Secret | null
  readonly mode: Mode
  /** Where four eyes are asked for, the admin token and accounts that it set lately are nobody's. */
  readonly isTokenBarred: boolean
  /** Partitions of topics that this start creates; null: 48 on Kafka, 4 on the embedded log. */
  readonly partitions: number | null
  /** Raised by an operator after a topic was recreated. */
  readonly logEpoch: number
  /** Largest webhook body in bytes. */
  readonly bodyBytes: number
  readonly logLevel: string
  /** Where the command line finds the running program. */
  readonly url: string
  /** Proxies in front of us whose X-Forwarded-For is believed; 0: none. */
  readonly trustedProxies: number
  /** Language models; without credentials for any, rules decide alone. */
  readonly llm: ModelSettings
  /** PSAs that cannot tell of changes are asked so often, in seconds. */
  readonly ticketPollSeconds: number
  /** How people are told when their word is needed. */
  readonly notices: NoticeSettings
}

/** Names we read ourselves; other AW_ names are mistakes. */
const KNOWN: readonly string[] = [
  'AW_HOST', 'AW_PORT', 'AW_DATA_DIR', 'AW_ADMIN_TOKEN', 'AW_MASTER_KEY', 'AW_MASTER_KEY_PREVIOUS', 'AW_MODE', 'AW_TOKEN_FOUR_EYES', 'AW_PARTITIONS', 'AW_LOG_EPOCH', 'AW_BODY_BYTES', 'AW_LOG_LEVEL',
  'AW_TRUSTED_PROXIES', 'AW_URL', 'AW_TICKET_POLL_SECONDS', ...LLM_NAMES, ...NOTICE_NAMES,
]
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** Reads the configuration. Throws `config_invalid` whose `details.mistakes` lists every mistake with the name of its variable. */
export function readConfig(environment: Environment): Config {
  const mistakes: string[] = []
  const readers = readersOf(environment, (mistake) => void mistakes.push(mistake))
  const { text, integer, oneOf, url, secret } = readers

  for (const name of Object.keys(environment)) {
    const base = name.replace(/_FILE$/, '')
    if (name.startsWith('AW_') && !KNOWN.some((known) => known === base)) mistakes.push(`${name}: no such setting; known are ${KNOWN.join(', ')}`)
  }
  const brokers = text('KAFKA_BROKERS')?.split(',').map((broker) => broker.trim()).filter((broker) => broker !== '') ?? null
  for (const broker of brokers ?? []) if (!/^[^:\s]+:\d{1,5}$/.test(broker)) mistakes.push(`KAFKA_BROKERS: host:port, several separated by commas, not "${broker}"`)
  const masterKey = text('AW_MASTER_KEY')
  if (masterKey !== null && Buffer.from(masterKey, 'base64').length !== 32) mistakes.push('AW_MASTER_KEY: 32 bytes in base64, as `openssl rand -base64 32` prints')
  const masterKeyPrevious = text('AW_MASTER_KEY_PREVIOUS')
  if (masterKeyPrevious !== null && Buffer.from(masterKeyPrevious, 'base64').length !== 32) mistakes.push('AW_MASTER_KEY_PREVIOUS: 32 bytes in base64, the key that is changed')
  if (masterKeyPrevious !== null && masterKey === null) mistakes.push('AW_MASTER_KEY: needed with AW_MASTER_KEY_PREVIOUS; a key in the data directory is changed by `aw master-key rotate` alone')
  const adminToken = text('AW_ADMIN_TOKEN')
  if (adminToken !== null && adminToken.length < 16) mistakes.push('AW_ADMIN_TOKEN: at least 16 characters')
  const schemaRegistryUrl = url('SCHEMA_REGISTRY_URL', ['http:', 'https:'])
  if (brokers !== null && schemaRegistryUrl === null) mistakes.push('SCHEMA_REGISTRY_URL: needed with KAFKA_BROKERS, so that every process agrees on schema ids')

  const config: Config = {
    host: text('AW_HOST') ?? '127.0.0.1',
    port: integer('AW_PORT', 8080, 0, 65_535),
    dataDir: resolve(text('AW_DATA_DIR') ?? '.data'),
    adminToken: secret(adminToken),
    masterKey: secret(masterKey),
    masterKeyPrevious: secret(masterKeyPrevious),
    kafkaBrokers: brokers,
    schemaRegistryUrl,
    redisUrl: secret(url('REDIS_URL', ['redis:', 'rediss:'])),
    databaseUrl: secret(url('DATABASE_URL', ['postgres:', 'postgresql:'])),
    clickhouseUrl: secret(url('CLICKHOUSE_URL', ['http:', 'https:'])),
    mode: oneOf('AW_MODE', 'dry-run', MODES),
    isTokenBarred: oneOf('AW_TOKEN_FOUR_EYES', 'counts', ['counts', 'never'] as const) === 'never',
    partitions: text('AW_PARTITIONS') === null ? null : integer('AW_PARTITIONS', 48, 1, 1_000),
    logEpoch: integer('AW_LOG_EPOCH', 1, 1, 8_191),
    bodyBytes: integer('AW_BODY_BYTES', 1_048_576, 1_024, 16_777_216),
    logLevel: oneOf('AW_LOG_LEVEL', 'info', LOG_LEVELS),
    url: (url('AW_URL', ['http:', 'https:']) ?? `http://${text('AW_HOST') ?? '127.0.0.1'}:${integer('AW_PORT', 8080, 0, 65_535)}`).replace(/\/$/, ''),
    trustedProxies: integer('AW_TRUSTED_PROXIES', 0, 0, 10),
    ticketPollSeconds: integer('AW_TICKET_POLL_SECONDS', 60, 1, 3_600),
    llm: readLlm(readers),
    notices: readNotices(readers),
  }
  const all = [...new Set(mistakes)]
  if (all.length > 0) throw new AppError('config_invalid', `the configuration has ${all.length} mistake${all.length === 1 ? '' : 's'}: ${all.join('; ')}`, { details: { mistakes: all } })
  return config
}

/** The names of engines this configuration leaves embedded, in the order of the ports. */
export function embeddedEngines(config: Config): readonly string[] {
  const addresses = { KAFKA_BROKERS: config.kafkaBrokers, SCHEMA_REGISTRY_URL: config.schemaRegistryUrl, REDIS_URL: config.redisUrl, DATABASE_URL: config.databaseUrl, CLICKHOUSE_URL: config.clickhouseUrl }
  return Object.entries(addresses).filter(([, address]) => address === null).map(([name]) => name)
}

/** The process's own environment. */
export const environment = (): Environment => process.env
