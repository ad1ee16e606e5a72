/**
 * Look-ups of machines under the call rate that all processes keep for an account. Nobody knows beforehand how many requests one needs, so each of them waits for its turn, behind
 * commands. A look-up that has to wait too long, or that the cloud throttles, ends with that as its reason: what it found so far is told to nobody.
 */
import { isAborted, type Clock } from '../../schemas/clock.ts'
import type { Cloud } from '../../schemas/runs.ts'
import { ExecutorError, type CallContext, type CloudAccount, type Executor } from '../executors/port.ts'
import type { CallGate } from '../runs/ports.ts'
import type { Inventory } from './look-up.ts'

/** A look-up that takes longer is ended, with all its waiting. */
const LOOK_UP_MS = 20_000
/** Where a cloud throttles and does not say for how long. */
const REST_MS = 2_000

/** What it needs. */
export interface PacedInventoryOptions {
  readonly open: (companyId: string, accountId: string) => Promise<CloudAccount>
  readonly executors: (cloud: Cloud) => Promise<Pick<Executor, 'machines' | 'countedBy'>>
  readonly gate: Pick<CallGate, 'spare' | 'rest'>
  readonly clock: Clock
}

/** Makes it. */
export function pacedInventory({ open, executors, gate, clock }: PacedInventoryOptions): Inventory {
  return async (companyId, accountId, query) => {
    const account = await open(companyId, accountId)
    const { cloud } = account
    const executor = await executors(cloud)
    const counted = executor.countedBy?.(account) ?? account.id
    const over = new AbortController()
    const signal = AbortSignal.any([AbortSignal.timeout(LOOK_UP_MS), over.signal])
    const untilMs = clock.now() + LOOK_UP_MS
    const turn = async (): Promise<void> => {
      for (;;) {
        const waitMs = await gate.spare(cloud, counted, clock.now())
        if (waitMs === 0) return
        if (clock.now() + waitMs > untilMs || isAborted(signal)) throw new OwnTurn(waitMs)
        await clock.sleep(waitMs, signal).catch(() => {
          throw new OwnTurn(waitMs)
        })
      }
    }
    const context: CallContext = { account, signal, turn }
    try {
      return await executor.machines(query, context)
    } catch (thrown) {
      // Who did not get a turn has called nobody; who was throttled lets the account rest, for commands too.
      if (thrown instanceof ExecutorError && thrown.fault === 'throttled' && !(thrown instanceof OwnTurn)) await gate.rest(cloud, counted, clock.now() + (thrown.retryAfterMs ?? REST_MS), clock.now())
      throw thrown
    } finally {
      // Where several requests are under way at once, the others end with the one that failed.
      over.abort()
    }
  }
}

class OwnTurn extends ExecutorError {
  constructor(waitMs: number) {
    super('throttled', `looking for machines: the account rests or is busy with commands, which go first; try again in ${Math.ceil(waitMs / 1_000)} s`, { retryAfterMs: waitMs })
  }
}
