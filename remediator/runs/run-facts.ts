/** What follows from a run's rows. */
import type { HeldCommand, HeldRun, NewCommand } from '../../schemas/run-work.ts'
import type { CommandOutcomeKind } from '../../schemas/runs.ts'
import { digestOf, probeToken, scriptFor } from './remote-command.ts'

const WORDS: Readonly<Record<Exclude<CommandOutcomeKind, 'ok'>, string>> = {
  failed: 'failed', refused: 'was refused by the script, which changed nothing', repeated: 'had been started before', timed_out: 'did not end within its time limit', cancelled: 'was cancelled in the cloud',
  undelivered: 'did not reach the machine', no_result: 'ended without telling a result',
}

/** Why a command that has ended is no success, as code and sentence; null where it is one, or has not ended. */
export function failureOf({ status, outcome, stepId, asset, result, message }: HeldCommand): { readonly code: string; readonly message: string } | null {
  if (status !== 'ended' || outcome === null || outcome === 'ok') return null
  const code = outcome === 'failed' || outcome === 'refused' ? result?.code ?? `step_${outcome}` : `step_${outcome}`
  const detail = result?.message ?? message
  return { code, message: `Step ${stepId} on ${asset} ${WORDS[outcome]}${detail === null || detail === '' ? '.' : `: ${detail}`}` }
}

/** Why those that have ended are no success, in their order. */
export function failuresOf(commands: readonly HeldCommand[]): { readonly code: string; readonly message: string }[] {
  return commands.flatMap((command) => failureOf(command) ?? [])
}

/** Machines on which something that changes may have been done. What a script refused, and what never arrived, changed nothing. */
export function touchedAssets(run: HeldRun): ReadonlySet<string> {
  return new Set(run.commands.filter((command) => {
    if (command.phase !== 'step' || run.plan.commands[command.plannedSeq]?.changes !== true) return false
    return command.status === 'sent' || command.status === 'unknown' || command.status === 'sending' || (command.status === 'ended' && command.outcome !== 'refused' && command.outcome !== 'undelivered')
  }).map(({ asset }) => asset))
}

/** The same probe once more, by a token of its own: on the machine and in the cloud it is another command. */
export function probeAgain(run: HeldRun, last: HeldCommand): NewCommand {
  const planned = run.plan.commands[last.plannedSeq]
  const attempt = last.attempt + 1
  const token = probeToken(planned?.token ?? last.token, attempt)
  return { seq: Math.max(...run.commands.map(({ seq }) => seq)) + 1, plannedSeq: last.plannedSeq, token, attempt, digest: (planned === undefined ? null : digestOf(scriptFor(planned, token))) ?? planned?.digest ?? '' }
}
