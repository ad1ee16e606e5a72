/** A row of a run as the cloud is handed it: the frozen text of the plan, and nothing else. */
import { createHash } from 'node:crypto'
import type { HeldCommand, HeldRun } from '../../schemas/run-work.ts'
import type { PlannedCommand, RunTarget } from '../../schemas/runs.ts'
import type { RemoteCommand } from '../executors/port.ts'

/** The token of a probe that is repeated. */
export function probeToken(token: string, attempt: number): string {
  return attempt === 1 ? token : `${token}-p${attempt}`
}

/** The plan's text with the token of this very sending: the once-guard on the machine goes by it. Only probes have another one than the plan's. */
export function scriptFor(planned: PlannedCommand, token: string): string | null {
  return planned.script === null || token === planned.token ? planned.script : planned.script.replaceAll(planned.token, token)
}

/** SHA-256 of a script in hex; null where there is none. */
export function digestOf(script: string | null): string | null {
  return script === null ? null : createHash('sha256').update(script).digest('hex')
}

/** Machine and command of a row; null where the plan does not have them, which is a defect. */
export function remoteCommand(run: HeldRun, command: Pick<HeldCommand, 'plannedSeq' | 'token'>): { readonly target: RunTarget; readonly remote: RemoteCommand } | null {
  const planned = run.plan.commands[command.plannedSeq]
  const target = run.plan.targets.find(({ asset }) => asset === planned?.asset)
  if (planned === undefined || target === undefined) return null
  return {
    target,
    remote: { token: command.token, runId: run.id, runbookId: run.runbook.id, target, system: planned.system, script: scriptFor(planned, command.token), automation: planned.automation, timeoutMs: planned.timeoutMs },
  }
}
