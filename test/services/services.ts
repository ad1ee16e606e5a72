import { containers, engineAnswers, type Contained } from './containers.ts'
import * as kafka from './kafka.ts'
import * as postgres from './postgres.ts'
import * as redis from './redis.ts'
import * as registry from './registry.ts'
import type { Report } from './packages.ts'

/** Where the real servers are; the names are those of the program's own settings. */
export interface Addresses {
  readonly KAFKA_BROKERS: string
  readonly SCHEMA_REGISTRY_URL: string
  readonly DATABASE_URL: string
  readonly REDIS_URL: string
  /** Only when the environment names one: a machine without it runs the analytics suites on the embedded engine. */
  readonly CLICKHOUSE_URL?: string
}

/** The servers, how each was had, and how those that were started are ended. */
export interface Provided {
  readonly addresses: Addresses
  readonly how: Readonly<Record<string, How>>
  readonly stop: () => Promise<void>
}

const REQUIRED = {
  KAFKA_BROKERS: { name: 'Kafka', contain: containers.kafka, start: kafka.start },
  SCHEMA_REGISTRY_URL: { name: 'the schema registry', contain: containers.registry, start: registry.start },
  DATABASE_URL: { name: 'PostgreSQL', contain: containers.postgres, start: postgres.start },
  REDIS_URL: { name: 'Redis', contain: containers.redis, start: redis.start },
} satisfies Record<keyof Omit<Addresses, 'CLICKHOUSE_URL'>, { name: string; contain: () => Promise<Contained>; start: (options: { report: Report }) => Promise<Contained> }>

type Required = keyof typeof REQUIRED
type How = 'environment' | 'container' | 'local program'
type Had = Contained & { readonly name: Required; readonly how: How }

/**
 * Every server the services tier needs: at the address in the environment where one is given, else in a container where a Docker engine
 * answers, else as a program of this machine. One that cannot be had is an error that names all that failed; nothing is left running then.
 */
export async function provide(environment: Readonly<Record<string, string | undefined>> = process.env, report: Report = (line) => console.log(line)): Promise<Provided> {
  const engine = await engineAnswers(environment['DOCKER_HOST'])
  const names = Object.keys(REQUIRED) as Required[]
  const had = await Promise.allSettled(names.map(async (name): Promise<Had> => {
    const given = environment[name]
    if (given !== undefined && given !== '') return { name, url: given, how: 'environment', stop: async () => undefined }
    const started = engine ? await REQUIRED[name].contain() : await REQUIRED[name].start({ report })
    return { name, url: started.url, how: engine ? 'container' : 'local program', stop: started.stop }
  }))
  const running = had.filter((result) => result.status === 'fulfilled').map((result) => result.value)
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((service) => service.stop()))
  }
  const failures = had.flatMap((result, at) => (result.status === 'rejected' ? [`${REQUIRED[names[at]!].name} (or set ${names[at]!}): ${result.reason instanceof Error ? result.reason.message : String(result.reason)}`] : []))
  if (failures.length > 0) {
    await stop()
    throw new Error(`These servers cannot be had, and the services tier does not skip them:\n${failures.join('\n')}`)
  }
  const url = (name: Required) => running.find((service) => service.name === name)!.url
  const clickhouse = environment['CLICKHOUSE_URL']
  return {
    addresses: {
      KAFKA_BROKERS: url('KAFKA_BROKERS'), SCHEMA_REGISTRY_URL: url('SCHEMA_REGISTRY_URL'), DATABASE_URL: url('DATABASE_URL'), REDIS_URL: url('REDIS_URL'),
      ...(clickhouse === undefined || clickhouse === '' ? {} : { CLICKHOUSE_URL: clickhouse }),
    },
    how: Object.fromEntries(running.map((service) => [service.name, service.how])),
    stop,
  }
}
