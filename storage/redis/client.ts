/** One way to reach Redis for everything that is kept there: bounded waits, and every failure an AppError that says what to look at. */
import { Redis } from 'ioredis'
import { AppError } from '../../schemas/errors.ts'

/** Longest wait for one answer. */
const COMMAND_TIMEOUT_MS = 5_000
/** Longest wait between two attempts to connect. */
const RECONNECT_MAX_MS = 1_000

/** Connects. Throws `engine_unavailable` when Redis does not answer now; later losses are mended by reconnecting. */
export async function connectRedis(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true, commandTimeout: COMMAND_TIMEOUT_MS, connectTimeout: COMMAND_TIMEOUT_MS, maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, RECONNECT_MAX_MS),
  })
  // Commands carry their own failures; without a listener ioredis would print every attempt.
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return redis
  } catch (cause) {
    redis.disconnect()
    throw unavailable('connecting to Redis', cause)
  }
}

/** Runs a command; whatever it throws becomes `engine_unavailable`. */
export async function asking<T>(doing: string, command: Promise<T>): Promise<T> {
  try {
    return await command
  } catch (cause) {
    throw unavailable(doing, cause)
  }
}

function unavailable(doing: string, cause: unknown): AppError {
  return new AppError('engine_unavailable', `${doing}: ${cause instanceof Error ? cause.message : String(cause)}; check REDIS_URL and that Redis runs`, { cause })
}
