/** Appends numbered records to topic `t` one by one and tells its parent of each that was acknowledged. Runs as a thread or as a process of its own. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../schemas/clock.ts'
import { openLmdb } from '../../storage/lmdb/env.ts'
import { openLmdbLog } from '../../storage/lmdb/log.ts'

const [directory, name, rounds] = (isMainThread ? process.argv.slice(2) : (workerData as string[])) as [string, string, string]
const env = await openLmdb({ directory })
const log = openLmdbLog(env, { clock: systemClock })
await log.ensureTopics([{ name: 't', retentionMs: 1e9, partitions: 1 }])
for (let round = 0; round < Number(rounds); round++) {
  await log.append([{ topic: 't', key: 'k', value: Buffer.from(`${name}:${round}`) }])
  process.send?.(round)
}
parentPort?.postMessage('done')
await log.close()
await env.close()
