/** The executors there are, by cloud. A cloud's libraries are loaded with its first use: a start without remediation pays for none of them. */
import type { Clock } from '../../schemas/clock.ts'
import type { Cloud } from '../../schemas/runs.ts'
import type { Executor } from './port.ts'

/** Gives the executor of a cloud; the same one each time, because it keeps sessions and tokens in memory. */
export type Executors = (cloud: Cloud) => Promise<Executor>

const LOADERS: Readonly<Record<Cloud, (clock: Clock) => Promise<Executor>>> = {
  aws: async (clock) => (await import('./aws/index.ts')).awsExecutor({ clock }),
  datto_rmm: async (clock) => (await import('./datto-rmm/index.ts')).dattoExecutor({ clock }),
  gcp: async (clock) => (await import('./gcp/index.ts')).gcpExecutor({ clock }),
  azure: async (clock) => (await import('./azure/index.ts')).azureExecutor({ clock }),
}

/** Makes the look-up. */
export function makeExecutors(clock: Clock): Executors {
  const made = new Map<Cloud, Promise<Executor>>()
  return (cloud) => {
    const executor = made.get(cloud) ?? LOADERS[cloud](clock)
    made.set(cloud, executor)
    return executor
  }
}
