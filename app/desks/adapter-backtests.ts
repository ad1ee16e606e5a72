/** Backtests of adapters: old deliveries of the log, read by the code that runs, beside what the ledger recorded. */
import type { AdapterBacktests } from '../../api/ports.ts'
import type { Engines } from '../parts/engines.ts'
import { AdapterBacktest } from '../../processors/adapter-backtest.ts'
import { mappingOf } from '../../processors/mapping/cache.ts'
import { openCodec } from '../../schemas/codec.ts'
import { AppError, toAppError } from '../../schemas/errors.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { countDeliveries, recordedDeliveries, type DeliverySource } from '../../storage/backtest/recorded-deliveries.ts'
import { normalise } from '../roles/wiring.ts'

/** Backtests that one process runs at once. */
const AT_ONCE = 2
/** What a delivery counts beside its body; one that a mapping reads may cost as much as a large body, whatever its size. */
const DELIVERY_BYTES = { adapter: 1_024, mapping: 32_768 } as const
/** Work done between two turns of the event loop, in bytes of bodies. */
const TURN_BYTES = 131_072
/** Deliveries between two lines of progress. */
const TOLD_EVERY = 200

/** Who runs a backtest now: one a company, so that none keeps the others out, and few in all, for they use the thread that everything else runs on. */
export class BacktestPlaces {
  readonly #companies = new Set<string>()

  /** Takes a place for a company. Throws `rate_limited` where there is none. */
  take(companyId: string): void {
    const why = this.#companies.has(companyId) ? 'a backtest of this company is running already' : this.#companies.size >= AT_ONCE ? `${AT_ONCE} backtests are running already` : null
    if (why !== null) throw new AppError('rate_limited', `${why}; try again when it has ended`, { details: { retryAfterSeconds: 10 } })
    this.#companies.add(companyId)
  }

  /** Gives the company's place back. */
  leave(companyId: string): void {
    this.#companies.delete(companyId)
  }
}

/** Opens them over the engines. */
export async function openAdapterBacktests(engines: Engines): Promise<AdapterBacktests> {
  const source: DeliverySource = { facts: await engines.analytics(), log: engines.log, raw: await openCodec(TOPICS.raw.name, engines.schemaIds) }
  const database = await engines.database()
  const places = new BacktestPlaces()

  /** The mapping that reads each integration's payloads now. */
  async function mappingsOf(companyId: string): Promise<ReadonlyMap<string, string>> {
    const rows = await database.query<{ id: string; mapping: string }>('select id, mapping::text as mapping from integrations where company_id = $1 and mapping is not null', [companyId])
    return new Map(rows.map(({ id, mapping }) => [id, mapping]))
  }

  return {
    async *run(query, signal) {
      refuseNoMapping(query.mapping)
      places.take(query.companyId)
      try {
        const mappings = await mappingsOf(query.companyId)
        const all = await countDeliveries(source, query)
        const total = Math.min(query.limit, all)
        const backtest = new AdapterBacktest((delivery, receivedAtMs) => normalise(delivery, receivedAtMs, query.mapping ?? mappings.get(delivery.integrationId) ?? null))
        let [done, expired, bytes, lastAtMs] = [0, 0, 0, query.fromMs]
        yield { type: 'progress', done, total }
        for await (const { atMs, read } of recordedDeliveries(source, query)) {
          if (signal.aborted) return
          if (read === null) expired += 1
          else backtest.take(read)
          const isMapped = query.mapping !== null || (read !== null && mappings.has(read.delivery.integrationId))
          bytes += DELIVERY_BYTES[isMapped ? 'mapping' : 'adapter'] + (read?.delivery.body.length ?? 0)
          if (bytes >= TURN_BYTES) {
            bytes = 0
            await new Promise((resolve) => setImmediate(resolve))
          }
          done += 1
          lastAtMs = atMs
          if (done % TOLD_EVERY === 0) yield { type: 'progress', done, total: Math.max(done, total) }
        }
        // The last millisecond is read again rather than cut in two.
        const nextMs = lastAtMs > query.fromMs ? lastAtMs : lastAtMs + 1
        yield { type: 'result', ...backtest.result({ expired, nextFrom: done < all ? new Date(nextMs).toISOString() : null }) }
      } finally {
        places.leave(query.companyId)
      }
    },
  }
}

function refuseNoMapping(mapping: string | null): void {
  if (mapping === null) return
  try {
    mappingOf(mapping)
  } catch (thrown) {
    throw new AppError('bad_request', `body.mapping: ${toAppError(thrown).message}`, { cause: thrown })
  }
}
