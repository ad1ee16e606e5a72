/** Whether the engines that the running roles need answer, each within a bound. */
import type { Health, HealthCheck } from '../../api/ports.ts'
import type { Engines } from './engines.ts'
import type { RoleName } from '../roles/names.ts'
import type { Clock } from '../../schemas/clock.ts'
import { toAppError } from '../../schemas/errors.ts'
import { TOPICS } from '../../schemas/topics.ts'

/** An engine that takes longer counts as away, in ms. */
const DEADLINE_MS = 3_000

/** What an engine is good for, and the roles that cannot work without it. */
const NEEDS: Readonly<Record<'log' | 'state' | 'database' | 'analytics', readonly RoleName[]>> = {
  log: ['ingest', 'process', 'correlate', 'project', 'record', 'remediate', 'sync', 'relay', 'api'],
  state: ['process', 'correlate'],
  database: ['ingest', 'project', 'record', 'analyse', 'remediate', 'notify', 'sync', 'relay', 'api'],
  analytics: ['record', 'api'],
}

/** The checks of `GET /api/health/ready`. */
export function healthOf(engines: Engines, roles: readonly RoleName[], clock: Clock): Health {
  const probes = {
    log: async () => {
      await engines.log.ends(TOPICS.raw.name)
      const why = await engines.log.refusing()
      return why === null ? null : `takes no records: ${why}`
    },
    state: async () => answers((await engines.state()).load('health', 0)),
    database: async () => answers((await engines.database()).query('select 1')),
    analytics: async () => answers((await engines.analytics()).query('select 1 as one')),
  }
  const needed = (Object.keys(probes) as (keyof typeof probes)[]).filter((name) => NEEDS[name].some((role) => roles.includes(role)))
  return { ready: () => Promise.all(needed.map((name) => check(name, probes[name], clock))) }
}

/** An engine that answers does its work. */
async function answers(asked: Promise<unknown>): Promise<null> {
  await asked
  return null
}

/** A probe answers null, or what is wrong. */
export async function check(name: string, probe: () => Promise<string | null>, clock: Clock): Promise<HealthCheck> {
  const startedMs = clock.now()
  const timer = new AbortController()
  const deadline = clock.sleep(DEADLINE_MS, timer.signal).then(() => `no answer within ${DEADLINE_MS} ms`, () => null)
  const message = await Promise.race([probe().catch((thrown: unknown) => `does not answer (${toAppError(thrown).code}); aw doctor says how to mend it`), deadline])
  timer.abort()
  return { name, ok: message === null, message, latencyMs: clock.now() - startedMs }
}
