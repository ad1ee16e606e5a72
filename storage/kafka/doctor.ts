/** What `aw doctor` asks of Kafka: a record counts as accepted when all in-sync replicas have it, which promises little where there is one. */
import kafkajs, { type Admin } from 'kafkajs'
import { TOPICS } from '../../schemas/topics.ts'
import { asking, kafkaClient } from './client.ts'

const REQUEST_TIMEOUT_MS = 10_000

const REPLICAS = 3
const IN_SYNC_REPLICAS = 2

/** Compressions that kafkajs reads; a topic that recompresses otherwise cannot be consumed. */
const READABLE = ['producer', 'uncompressed', 'gzip']

/** One finding about the topics. */
export interface KafkaFinding {
  readonly ok: boolean
  readonly detail: string
}

/** Looks at the replication and the settings of the program's topics. Throws `engine_unavailable`. */
export async function checkKafka({ brokers }: { readonly brokers: readonly string[] }): Promise<readonly KafkaFinding[]> {
  const admin = kafkaClient(brokers, REQUEST_TIMEOUT_MS).admin()
  try {
    await asking('connecting to Kafka', admin.connect())
    const existing = new Set(await asking('listing the topics', admin.listTopics()))
    const names = Object.values(TOPICS).map(({ name }) => name)
    const findings = await findingsOf(admin, names.filter((name) => existing.has(name)))
    const missing = names.filter((name) => !existing.has(name))
    return missing.length === 0 ? findings : [...findings, { ok: true, detail: `not there yet, made at the next start: ${missing.join(', ')}` }]
  } finally {
    await admin.disconnect()
  }
}

async function findingsOf(admin: Admin, names: readonly string[]): Promise<KafkaFinding[]> {
  if (names.length === 0) return []
  const { topics } = await asking('reading the topics', admin.fetchTopicMetadata({ topics: [...names] }))
  const { resources } = await asking('reading the settings of the topics', admin.describeConfigs({
    includeSynonyms: false, resources: names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  }))
  return names.map((name) => {
    const replicas = Math.min(...(topics.find((topic) => topic.name === name)?.partitions ?? []).map((partition) => partition.replicas.length))
    const entries = resources.find((resource) => resource.resourceName === name)?.configEntries ?? []
    const setting = (key: string): string => entries.find((entry) => entry.configName === key)?.configValue ?? 'unknown'
    const faults = [
      ...(replicas < REPLICAS ? [`replication is ${replicas}: reassign its partitions to ${REPLICAS} brokers`] : []),
      ...(Number(setting('min.insync.replicas')) < IN_SYNC_REPLICAS ? [`min.insync.replicas is ${setting('min.insync.replicas')}: set it to ${IN_SYNC_REPLICAS}, or one broker alone acknowledges`] : []),
      ...(setting('message.timestamp.type') === 'LogAppendTime' ? [] : [`message.timestamp.type is ${setting('message.timestamp.type')}: set it to LogAppendTime, or time is what each machine believes`]),
      ...(setting('cleanup.policy') === 'delete' ? [] : [`cleanup.policy is ${setting('cleanup.policy')}: set it to delete, or records disappear from the middle`]),
      ...(READABLE.includes(setting('compression.type')) ? [] : [`compression.type is ${setting('compression.type')}: set it to producer or gzip, the others are not read`]),
    ]
    return faults.length === 0 ? { ok: true, detail: `${name} has ${replicas} replicas and the settings it needs` } : { ok: false, detail: `${name}: ${faults.join('; ')}` }
  })
}
