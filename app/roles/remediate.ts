/** How the role `remediate` is put together: the reader of incidents, the desk that plans for them, and the worker of runs, over the parts the API has too. */
import { createHash, randomUUID } from 'node:crypto'
import type { LiveHub, LiveNews } from '../../api/live-hub.ts'
import type { Config } from '../../config.ts'
import { openUntil } from '../../correlator/quiet/schedule.ts'
import type { RemediationParts } from '../parts/remediation.ts'
import { ExecutorError, type CloudAccount } from '../../remediator/executors/port.ts'
import { simulatedExecutor } from '../../remediator/executors/simulated.ts'
import { judge } from '../../remediator/guard/judge.ts'
import { seededJitter } from '../../schemas/jitter.ts'
import type { Reach } from '../../remediator/runs/ports.ts'
import { startTriageDesk } from '../../remediator/runs/triage-desk.ts'
import { startWorker } from '../../remediator/runs/worker.ts'
import { holds, parseCondition } from '../../schemas/conditions.ts'
import { AppError } from '../../schemas/errors.ts'
import { epochOf, offsetOf, type Position } from '../../schemas/position.ts'
import { effectiveRisk, runMode } from '../../schemas/remediation-settings.ts'
import type { RuleBook } from '../../schemas/rules.ts'
import type { HeldRun } from '../../schemas/run-work.ts'
import type { RunTarget } from '../../schemas/runs.ts'
import type { Mode } from '../../schemas/settings.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { newsWriter } from '../../storage/analyses/news.ts'
import { partitionOf } from '../../storage/partition-of.ts'
import { PROJECTOR } from '../../storage/projector.ts'
import { settingsInForce } from '../../storage/queries/company-settings.ts'
import type { Sql, SqlDatabase } from '../../storage/queries/sql.ts'
import { remediationQueue, startRemediationReader } from '../../storage/remediation/queue.ts'
import { remediationLayers } from '../../storage/remediation/settings-store.ts'
import type { Stoppable, Surroundings } from './wiring.ts'

/** A running role; `wake` makes it look at its runs now. */
export interface Remediating extends Stoppable {
  wake(): void
}

/** What it needs besides the engines. */
export interface RemediateOptions {
  readonly config: Pick<Config, 'mode'>
  readonly parts: RemediationParts
  /** The hub of this process, where it serves the API. */
  readonly live: LiveHub | null
}

/** Role `remediate`. */
export async function startRemediate({ engines, clock, logger, metrics, failed }: Surroundings, { config, parts, live }: RemediateOptions): Promise<Remediating> {
  const database = await engines.database()
  const { shelf, runs, accounts, executors, gate } = parts
  const ceiling = config.mode
  const queue = remediationQueue(database, { nowMs: () => clock.now() })
  if (database.kind === 'pglite') {
    await runs.freeAll()
    await queue.freeAll()
  }
  const modeOf = (companyId: string, asked: Mode | null = null): Promise<Mode> => companyMode(database, companyId).then((mode) => runMode(ceiling, mode, asked))
  const write = newsWriter(database, { clock, logger })
  const news = (run: HeldRun): void => {
    const { id, companyId, incidentId, runbook, status, outcome, code, isSimulated, version } = run
    const told: LiveNews = { type: 'run_updated', companyId, assignee: run.assignee, data: { id, companyId, incidentId, runbookId: runbook.id, status, outcome, code, isSimulated, version } }
    if (live === null) write(told)
    else live.publish(told)
  }

  const reach = async (run: HeldRun, target: RunTarget, purpose: 'send' | 'look'): Promise<Reach> => {
    if (run.isSimulated) return { executor: simulatedExecutor(target.cloud, clock), account: nobody(run.companyId, target) }
    if (run.mode !== 'sandbox' && run.mode !== 'production') return { code: 'mode_dry_run', message: `A run of mode ${run.mode} sends nothing.` }
    if (purpose === 'send' && (await modeOf(run.companyId, run.mode)) !== run.mode) return { code: 'mode_dry_run', message: `The mode was lowered below ${run.mode} since the run was planned.` }
    try {
      const account = await accounts.open(run.companyId, target.cloudAccountId, { purpose: 'run', runId: run.id, caller: null })
      if (purpose === 'send' && !account.enabled) return { code: 'cloud_account_off', message: `The cloud account ${account.name} is switched off.` }
      if (account.environment !== run.mode || account.cloud !== target.cloud) return { code: 'cloud_account_off', message: `The cloud account ${account.name} is not one for mode ${run.mode} in ${target.cloud}.` }
      return { executor: await executors(target.cloud), account }
    } catch (thrown) {
      if (thrown instanceof ExecutorError) return { code: 'executor_unsupported', message: thrown.message }
      if (thrown instanceof AppError && thrown.code === 'not_found') return { code: 'no_cloud_account', message: 'The cloud account of the plan is gone.' }
      throw thrown
    }
  }

  const worker = startWorker({
    store: runs, clock, logger, news, reach, metrics: metrics.remediate, gate, jitter: seededJitter(seedOf(randomUUID())), name: `remediate-${randomUUID()}`,
    judgeOf: async (run) => {
      const currentDigest = (await shelf.get(run.companyId, run.runbook.id))?.digest ?? null
      const maintenance = await openWindows(database, run, clock.now())
      return (facts) => {
        const verdict = judge({ ...facts, currentDigest, maintenance })
        return run.isSimulated && verdict.kind === 'show' && verdict.code === 'mode_demo' ? { kind: 'run', why: 'Mode demo: it is simulated, and nothing is sent.' } : verdict
      }
    },
    async replan(run, target) {
      const planned = await (await parts.planner()).plan({
        runId: run.id, companyId: run.companyId, runbook: run.runbook, incidentId: run.incidentId, problemKey: run.problemKey, mode: run.mode, cloud: target.cloud,
        wishes: [{ asset: target.asset, cloudAccountId: target.cloudAccountId, instanceId: target.instanceId }], given: run.plan.inputs,
      })
      return planned.kind === 'planned' ? { plan: planned.plan } : { code: planned.code, message: planned.why, isPassing: planned.isPassing ?? false }
    },
    isCaughtUp: projectionWatch(engines.log, database),
  })
  const reader = await startRemediationReader({
    log: engines.log, schemaIds: engines.schemaIds, database, logger, failed, nowMs: () => clock.now(), skipped: (count) => metrics.remediate.skipped(count),
    progress: (partition, atMs) => metrics.runner.progress('remediate', partition, atMs),
  })
  const desk = startTriageDesk({
    queue, planner: () => parts.planner(), modeOf, clock, logger, newId: randomUUID, logNowMs: () => reader.logNowMs(), waiting: (incidents) => metrics.remediate.waiting(incidents),
    riskOf: async (companyId) => {
      const { msp, company } = await remediationLayers(database, companyId)
      return (runbook) => effectiveRisk(runbook, msp, company)
    },
    create: async (run, key) => {
      await runs.create(null, run, { key, request: null })
      worker.wake()
    },
  })
  return {
    wake: () => worker.wake(),
    async stop() {
      await reader.stop()
      await desk.stop()
      await worker.stop()
    },
  }
}

async function companyMode(sql: Sql, companyId: string): Promise<Mode | null> {
  const [row] = await sql.query<{ mode: Mode | null }>(`select settings ->> 'mode' as mode from companies where id = $1`, [companyId])
  return row?.mode ?? null
}

/** Different for every process, so that two never wait in step. */
function seedOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0)
}

/** What a simulated run has in place of an account. */
function nobody(companyId: string, { cloud, cloudAccountId }: RunTarget): CloudAccount {
  return { id: cloudAccountId, companyId, cloud, environment: 'sandbox', fields: {}, secret: () => Promise.resolve(null) }
}

/** Maintenance windows of the company that are open and hold one of the machines, as the correlator reckons them. */
async function openWindows(sql: Sql, { companyId, problemKey, plan }: HeldRun, nowMs: number): Promise<string[]> {
  const text = (await settingsInForce(sql, companyId))?.rules ?? ''
  const rules = (text === '' ? {} : (JSON.parse(text) as RuleBook)).maintenance ?? []
  const open = rules.filter((rule) => rule.enabled !== false && openUntil(rule.schedule, rule.timeZone, nowMs) !== null)
  if (open.length === 0) return []
  const [problem] = problemKey === null ? [] : await sql.query<{ asset: string | null; signature: string | null; source: string; integrationId: string; severity: string; status: string; title: string; message: string; labels: Record<string, string> }>(
    'select asset, signature, source, integration_id as "integrationId", severity, status, title, message, labels from problems where company_id = $1 and problem_key = $2', [companyId, problemKey])
  const rest = problem ?? { signature: null, source: '', integrationId: '', severity: 'medium', status: 'firing', title: '', message: '', labels: {} }
  return open.filter(({ when }) => plan.targets.some(({ asset }) => holds(parseCondition(when), { ...rest, asset }))).map(({ id }) => id)
}

/**
 * Whether the projection has come to where the company's log of incidents stood when this was first asked: what the log told by then is shown. A projection
 * that lags behind a busy log is therefore waited for once, and not for ever.
 */
function projectionWatch(log: Surroundings['engines']['log'], sql: SqlDatabase): (companyId: string) => Promise<boolean> {
  const topic = TOPICS.incidents.name
  const wanted = new Map<string, number>()
  return async (companyId) => {
    const ends = await log.ends(topic)
    const partition = partitionOf(companyId, ends.length)
    const next = wanted.get(companyId) ?? ends.find((end) => end.partition === partition)?.next ?? 0
    const [row] = await sql.query<{ position: Position }>('select position from reader_positions where reader = $1 and topic = $2 and partition = $3', [PROJECTOR, topic, partition])
    const isThere = next === 0 || (row !== undefined && epochOf(row.position) === log.epoch && offsetOf(row.position) + 1 >= next)
    if (isThere) wanted.delete(companyId)
    else wanted.set(companyId, next)
    return isThere
  }
}
