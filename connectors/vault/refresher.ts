/** The loop that renews tokens five minutes before they end, so that no call has to wait for one. */
import type { Clock } from '../../schemas/clock.ts'
import { startLooking, type Looking } from '../../schemas/looking.ts'
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
}): Pick<Looking, 'stop'> {
  return startLooking({ clock, logger, everyMs: LOOK_EVERY_MS, what: 'renewing tokens' }, async () => {
    if (environments.length > 0) await vault.renewDue(environments)
    return false
  })
}
