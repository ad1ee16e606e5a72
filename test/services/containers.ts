import { request } from 'node:http'
import { freePort } from './ports.ts'
import { COMPATIBLE_API } from './registry.ts'

const ENGINE_ANSWERS_WITHIN_MS = 1_500
const READY_WITHIN_MS = 180_000

/** A server in a container: where it is reached and how it is ended. */
export interface Contained {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Whether a Docker engine answers a ping, at `DOCKER_HOST` or at the usual socket. */
export async function engineAnswers(dockerHost: string | undefined): Promise<boolean> {
  const address = new URL(dockerHost === undefined || dockerHost === '' ? 'unix:///var/run/docker.sock' : dockerHost)
  const where = address.protocol === 'unix:' ? { socketPath: address.pathname } : { host: address.hostname, port: address.port }
  return new Promise((resolve) => {
    const ping = request({ ...where, path: '/_ping', timeout: ENGINE_ANSWERS_WITHIN_MS }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    ping.once('error', () => resolve(false))
    ping.once('timeout', () => ping.destroy(new Error('no answer')))
    ping.end()
  })
}

/** One container on a port of the host that is known before it starts, because Kafka has to name it to its clients. */
async function contain(image: string, containerPort: number | 'same', url: (port: number) => string, ready: RegExp, environment: (port: number) => Record<string, string>, command?: string[]): Promise<Contained> {
  // Only here, so that a machine without a Docker engine never loads it.
  const { GenericContainer, Wait } = await import('testcontainers')
  const port = await freePort()
  const described = new GenericContainer(image)
    .withExposedPorts({ container: containerPort === 'same' ? port : containerPort, host: port })
    .withEnvironment(environment(port))
    .withWaitStrategy(Wait.forLogMessage(ready))
    .withStartupTimeout(READY_WITHIN_MS)
  const container = await (command === undefined ? described : described.withCommand(command)).start()
  return {
    url: url(port),
    stop: async () => {
      await container.stop()
    },
  }
}

/** How each service is had as a container; the images are those of docker-compose.yml. */
export const containers = {
  kafka: () => contain('apache/kafka:4.4.0', 'same', (port) => `127.0.0.1:${port}`, /Kafka Server started/, (port) => ({
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_LISTENERS: `PLAINTEXT://:${port},CONTROLLER://:9093`,
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
  })),
  registry: () => contain('apicurio/apicurio-registry:3.0.9', 8080, (port) => `http://127.0.0.1:${port}${COMPATIBLE_API}`, /Listening on/, () => ({})),
  postgres: () => contain('postgres:17', 5432, (port) => `postgres://aw:aw@127.0.0.1:${port}/aw`, /database system is ready to accept connections[\s\S]*database system is ready to accept connections|listening on IPv4 address "0\.0\.0\.0"/,
    () => ({ POSTGRES_USER: 'aw', POSTGRES_PASSWORD: 'aw', POSTGRES_DB: 'aw' })),
  redis: () => contain('redis:7.4', 6379, (port) => `redis://127.0.0.1:${port}`, /Ready to accept connections/, () => ({}),
    ['redis-server', '--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction']),
} satisfies Record<string, () => Promise<Contained>>
