/** Runbooks, plans and runs with everything filled in, so that a test says only what it is about. */
import { createHash } from 'node:crypto'
import type { Runbook, RunbookStep } from '../../schemas/runbooks.ts'
import type { PlannedCommand, RunPlan, RunTarget } from '../../schemas/runs.ts'
import type { NewRun } from '../../storage/remediation/run-create.ts'

/** One step with a Linux script of its own name. */
export function step(id: string, changes: Partial<RunbookStep> = {}): RunbookStep {
  return { id, summary: `Does ${id}.`, shell: { linux: { file: `${id}.sh`, text: `echo ${id}` } }, automation: null, timeoutMs: 60_000, changes: true, onFailure: 'stop', ...changes }
}

/** Cleans a disk in one step, verified by a probe and by the problem clearing. */
export function runbook(changes: Partial<Runbook> = {}): Runbook {
  return {
    id: 'disk-clean', version: 3, summary: 'Free temporary space.', description: 'Removes old temporary files.', category: 'disk', risk: 'low', systems: ['linux'], match: { all: [], any: [] }, inputs: [],
    limits: { maxRunsPerHour: 10, cooldownMs: 0, maxTargets: 5, maxFailures: 3 }, approval: null, steps: [step('clean')], rollback: [],
    verify: { shell: { linux: { file: 'measure.sh', text: 'echo measure' } }, expect: 'usedPercent < 90', withinMs: 300_000, timeoutMs: 20_000, problem: 'must_clear' },
    origin: 'library', companyId: null, digest: 'd'.repeat(64), ...changes,
  }
}

/** A Linux machine in AWS. */
export function target(asset = 'web-1', changes: Partial<RunTarget> = {}): RunTarget {
  return { asset, cloud: 'aws', cloudAccountId: 'acct-1', system: 'linux', region: 'eu-central-1', instanceId: `i-${asset}`, group: null, foundBy: 'asset_list', isCritical: false, ...changes }
}

/** The plan of a runbook for some machines, as the planner makes it: each step on every machine, then the probe, then the roll-back. */
export function planOf(book: Runbook, runId: string, targets: readonly RunTarget[] = [target()]): RunPlan {
  const commands: PlannedCommand[] = []
  const add = (stepId: string, phase: PlannedCommand['phase'], text: string, timeoutMs: number, changes: boolean): void => {
    for (const { asset, system } of targets) {
      const token = `${runId}-${commands.length}`
      const script = `TOKEN='${token}'\n${text}\n`
      commands.push({ stepId, phase, asset, token, system, script, automation: null, digest: createHash('sha256').update(script).digest('hex'), timeoutMs, changes })
    }
  }
  for (const one of book.steps) add(one.id, 'step', one.shell?.linux?.text ?? '', one.timeoutMs, one.changes)
  if (book.verify !== null) add('verify', 'verify', book.verify.shell.linux?.text ?? '', book.verify.timeoutMs, false)
  for (const one of book.rollback) add(one.id, 'rollback', one.shell?.linux?.text ?? '', one.timeoutMs, one.changes)
  return { targets, inputs: {}, commands, risk: book.risk, costMicroUsd: 0, remarks: [], candidates: [] }
}

/** A run of it that nobody has looked at. */
export function newRun(id: string, changes: Partial<NewRun> & { readonly targets?: readonly RunTarget[] } = {}): NewRun {
  const { targets, ...rest } = changes
  const book = rest.runbook ?? runbook()
  return { id, companyId: 'c1', incidentId: null, problemKey: null, runbook: book, risk: book.risk, mode: 'production', trigger: 'automatic', plan: planOf(book, id, targets ?? [target(`web-${id}`)]), ...rest }
}
