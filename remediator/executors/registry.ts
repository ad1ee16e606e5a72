/** The executors there are, by cloud. */
import type { Clock } from '../../schemas/clock.ts'
import type { Cloud } from '../../schemas/runs.ts'
import { awsExecutor } from './aws/index.ts'
import { azureExecutor } from './azure/index.ts'
import type { Executor } from './port.ts'

/** An executor by cloud; a cloud without one has no place in it. */
export type Executors = Readonly<Partial<Record<Cloud, Executor>>>

/** Makes them all; one of each serves every account, and each keeps its own sessions and tokens in memory. */
export function makeExecutors(clock: Clock): Executors {
  return { aws: awsExecutor({ clock }), azure: azureExecutor({ clock }) }
}
