/** What `aw doctor` asks of Redis: state that is evicted or lost at a restart is rebuilt from the log, slowly, so neither may be usual. */
import { connectRedis, asking } from './client.ts'

/** Looks at eviction and persistence. Throws `engine_unavailable`. */
export async function checkRedis(url: string): Promise<readonly { ok: boolean; detail: string }[]> {
  const redis = await connectRedis(url)
  try {
    const [, policy = 'unknown'] = await asking<unknown>('reading maxmemory-policy', redis.config('GET', 'maxmemory-policy')) as string[]
    const [, appendonly = 'unknown'] = await asking<unknown>('reading appendonly', redis.config('GET', 'appendonly')) as string[]
    return [
      policy === 'noeviction' ? { ok: true, detail: 'never evicts' } : { ok: false, detail: `maxmemory-policy is ${policy}: set it to noeviction, or state disappears under pressure` },
      appendonly === 'yes' ? { ok: true, detail: 'keeps an append-only file' } : { ok: false, detail: `appendonly is ${appendonly}: set it to yes, or a restart loses all state` },
    ]
  } finally {
    redis.disconnect()
  }
}
