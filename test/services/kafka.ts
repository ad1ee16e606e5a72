import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureJava, ensureMaven, run, type Report } from './packages.ts'
import { freePort } from './ports.ts'
import { program } from './program.ts'
import { dataFolder, serve, talk, type Service, type ServiceOptions } from './service.ts'

const HEAP_MB = 512
const READY_WITHIN_MS = 90_000

/** Makes sure that the broker's jars and a Java are there. */
export async function install(report?: Report): Promise<{ java: string; jars: string }> {
  return { jars: await ensureMaven('kafka', join(import.meta.dirname, 'kafka', 'pom.xml'), report), java: await ensureJava(report) }
}

/** Settings of one node that is broker and controller at once. Small where the default is sized for a data centre. */
function properties(port: number, controllerPort: number, logDir: string): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': logDir,
    'auto.create.topics.enable': false,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    'log.index.size.max.bytes': 1_048_576,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    // A broker that was killed may come back only when its old registration has timed out; the default is 9 s.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
  }).map(([key, value]) => `${key}=${value}\n`).join('')
}

/** Starts a Kafka broker (KRaft, one node, replication 1); `url` is its `host:port`. Its log is `kafka.log` in the data folder. */
export async function start(options: ServiceOptions & { readonly report?: Report } = {}): Promise<Service> {
  const { java, jars } = await install(options.report)
  const port = options.port ?? (await freePort())
  const { dataDir, remove } = dataFolder('kafka', options.dataDir)
  const settings = join(dataDir, 'server.properties')
  const logDir = join(dataDir, 'log')
  const tool = [`-Xmx${HEAP_MB}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info', '-Dorg.slf4j.simpleLogger.showDateTime=true', '-cp', join(jars, '*')]
  mkdirSync(logDir, { recursive: true })
  writeFileSync(settings, properties(port, await freePort(), logDir))
  if (!existsSync(join(logDir, 'meta.properties'))) {
    await run(java, [...tool, 'kafka.tools.StorageTool', 'format', `--cluster-id=${randomBytes(16).toString('base64url')}`, '--config', settings])
  }
  const broker = program({
    name: 'Kafka',
    command: java,
    args: [...tool, 'kafka.Kafka', settings],
    logFile: join(dataDir, 'kafka.log'),
    readyWithinMs: READY_WITHIN_MS,
    // The port opens a little before the broker has its partitions back.
    probe: async (log) => log.includes('Kafka Server started') && (await talk(port, undefined)) === '',
  })
  return serve(broker, { url: `127.0.0.1:${port}`, port, dataDir }, remove)
}
