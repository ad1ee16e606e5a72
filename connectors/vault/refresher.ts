/** The loop that renews tokens five minutes before they end, so that no call has to wait for one. */
import { isAborted, type Clock } from '../../schemas/clock.ts'
import { toAppError } from '../../schemas/errors.ts'
import type { Environment } from '../../schemas/tickets.ts'
import type { Vault } from './vault.ts'

/** How often is looked, in ms. */
export const LOOK_EVERY_MS = 15_000

/** Starts it. Only connections of `environments`, which the mode allows to be called, are renewed; others when a person checks them. */
export function startRefresher({ vault, environments, clock, logger }: {
  readonly vault: Pick<Vault, 'renewDue'>
  readonly environments: readonly Environment[]
  readonly clock: Clock
  readonly logger: { warn(fields: object, message: string): void }
}): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const run = async (): Promise<void> => {
    while (!isAborted(stopping.signal)) {
      try {
        await vault.renewDue(environments)
      } catch (thrown) {
        logger.warn({ code: toAppError(thrown).code, err: toAppError(thrown) }, 'renewing tokens goes on later')
      }
      await Promise.allSettled([clock.sleep(LOOK_EVERY_MS, stopping.signal)])
    }
  }
  const running = environments.length === 0 ? Promise.resolve() : run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
