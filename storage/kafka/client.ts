/** One way to reach Kafka for everything here: bounded waits, a silent client, and every failure an AppError that says what to look at. */
import kafkajs, { Kafka, logLevel, type RetryOptions } from 'kafkajs'
import { AppError } from '../../schemas/errors.ts'

const CONNECT_TIMEOUT_MS = 2_000

/** Retries inside kafkajs nest, so each level gets few; who calls knows better when to give up. */
const RETRY: RetryOptions = { retries: 2, initialRetryTime: 100, maxRetryTime: 500 }

/** A client of the cluster that gives up on one request after `requestTimeoutMs`. It connects to nothing by itself. */
export function kafkaClient(brokers: readonly string[], requestTimeoutMs: number): Kafka {
  return new Kafka({
    clientId: 'alert-whisperer', brokers: [...brokers], connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: requestTimeoutMs, enforceRequestTimeout: true,
    retry: RETRY,
    // kafkajs calls heartbeats, rebalances and reconnections errors; what matters reaches us as a throw or an event.
    logLevel: logLevel.NOTHING,
  })
}

/** The error below kafkajs's wrappers: the outer ones always say that trying again is useless. */
export function innermost(thrown: unknown): unknown {
  if (thrown instanceof AggregateError || !(thrown instanceof Error)) return thrown
  const several = (thrown as { errors?: unknown }).errors
  if (Array.isArray(several) && several.length > 0) return innermost(several[0])
  return thrown.cause instanceof Error && thrown.cause !== thrown ? innermost(thrown.cause) : thrown
}

/** The broker's name for a refusal, for instance `UNKNOWN_MEMBER_ID`; empty when the error is no answer of a broker. */
export function refusal(thrown: unknown): string {
  const error = innermost(thrown)
  return error instanceof kafkajs.KafkaJSError && 'type' in error && typeof error.type === 'string' ? error.type : ''
}

/** Runs a request; whatever it throws becomes `engine_unavailable`. */
export async function asking<T>(doing: string, request: Promise<T>): Promise<T> {
  try {
    return await request
  } catch (thrown) {
    throw unavailable(doing, thrown)
  }
}

/** `engine_unavailable` with the innermost reason. */
export function unavailable(doing: string, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  return new AppError('engine_unavailable', `${doing}: ${reasonOf(thrown)}; check KAFKA_BROKERS and that the brokers run`, { cause: thrown })
}

/** The innermost message of a failure. */
export function reasonOf(thrown: unknown): string {
  const error = innermost(thrown)
  return error instanceof Error ? error.message : String(error)
}

/** The topic does not exist, which is no failure of Kafka: nobody called `ensureTopics`. */
export function unknownTopic(topic: string): AppError {
  return new AppError('internal', `no topic ${topic} on this log; ensureTopics creates it`)
}
