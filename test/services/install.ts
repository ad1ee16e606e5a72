/** `node test/services/install.ts`: installs what the services tier runs on this machine and starts nothing. */
import * as alertmanager from './alertmanager.ts'
import * as kafka from './kafka.ts'
import * as moto from './moto.ts'
import * as postgres from './postgres.ts'
import * as redis from './redis.ts'
import * as registry from './registry.ts'

const report = (line: string) => console.log(line)
for (const [name, service] of Object.entries({ PostgreSQL: postgres, Redis: redis, Alertmanager: alertmanager, Kafka: kafka, 'the schema registry': registry, moto })) {
  await service.install(report)
  console.log(`${name}: installed`)
}
