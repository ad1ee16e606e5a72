/** Our edge alone over the embedded log, for the ingest benchmark: forked with the data directory, the key and the secret as arguments. */
import { hash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { CredentialSnapshot } from '../../ingest/authenticate.ts'
import { ingestPlugin } from '../../ingest/ingest-plugin.ts'
import { INGEST_SERVER_OPTIONS } from '../../ingest/server-options.ts'
import { NO_AUTHENTICATION } from '../../schemas/authentication.ts'
import { systemClock } from '../../schemas/clock.ts'
import { openCodec } from '../../schemas/codec.ts'
import { EMBEDDED_PARTITIONS, TOPICS } from '../../schemas/topics.ts'
import { openLmdbDeliveryMemory } from '../../storage/lmdb/delivery-memory.ts'
import { openLmdb } from '../../storage/lmdb/env.ts'
import { openLmdbLog } from '../../storage/lmdb/log.ts'
import { openLmdbSchemaIds } from '../../storage/lmdb/schema-ids.ts'

const [directory = '', apiKey = '', hmacSecret = ''] = process.argv.slice(2)
const env = await openLmdb({ directory })
const log = openLmdbLog(env, { clock: systemClock })
await log.ensureTopics([{ ...TOPICS.raw, partitions: EMBEDDED_PARTITIONS }])
const app = fastify({ ...INGEST_SERVER_OPTIONS, logger: { level: 'warn' } })
// The company's limit is what the benchmark must not measure.
const credential = {
  keyId: 'key-1', keyHash: hash('sha256', apiKey, 'hex'), integrationId: 'int-1', companyId: 'com-1', source: null, requireHmac: true,
  hmacSecrets: [hmacSecret], vendorSecrets: [], authentication: NO_AUTHENTICATION, requestsPerMinute: 1e9, burst: 0, expiresAtMs: null,
}
const counts = new Map<string, number>()
await app.register(ingestPlugin({
  log, codec: await openCodec(TOPICS.raw.name, openLmdbSchemaIds(env)), memory: openLmdbDeliveryMemory(env, { clock: systemClock }), clock: systemClock, processId: 'bench',
  credentials: new CredentialSnapshot([credential]),
  metrics: { inc: (metric, label, by = 1) => void counts.set(`${metric} ${label}`, (counts.get(`${metric} ${label}`) ?? 0) + by) },
  report: { info: () => undefined, warn: (fields, message) => console.error(message, fields) },
}))
await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.({ port: (app.server.address() as AddressInfo).port })
process.on('message', () => process.send?.({ counts: [...counts] }))
process.once('disconnect', () => {
  void app.close().then(() => log.close()).then(() => env.close())
})
