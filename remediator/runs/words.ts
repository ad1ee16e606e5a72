/** What a run says to its incident, for technicians: what was done, where, and what came of it. */
import type { HeldRun } from '../../schemas/run-work.ts'
import { failureOf } from './run-facts.ts'

/** Longest text of a command to an incident, in characters. */
const TEXT_CHARS = 3_500
const CHANGED_SHOWN = 10

/** Told with the first command. */
export function startNote(run: HeldRun): string {
  const why = run.message === null ? '' : ` Why: ${run.message}`
  return cut(`${mark(run)}Runbook ${named(run)} (${run.runbook.summary}) is run on ${machines(run)}, risk ${run.risk}, asked for by ${run.requestedBy.name}.${why} Run ${run.id}.`)
}

/** Told at the end: what was tried and found. */
export function endNote(run: HeldRun): string {
  const head = `${mark(run)}Runbook ${named(run)} on ${machines(run)}: ${ending(run)}`
  return cut([head, ...tried(run), `Run ${run.id}.`].join('\n'))
}

/** The resolution of an incident that a run has repaired. */
export function resolution(run: HeldRun): string {
  return cut([`Repaired by runbook ${named(run)} on ${machines(run)}; verified, and the problem has cleared.`, ...tried(run), `Run ${run.id}.`].join('\n'))
}

function named({ runbook }: HeldRun): string {
  return `${runbook.id} v${runbook.version}`
}

function machines({ plan }: HeldRun): string {
  return plan.targets.map(({ asset }) => asset).join(', ') || 'no machine'
}

function mark({ isSimulated }: HeldRun): string {
  return isSimulated ? '[simulated] ' : ''
}

function ending(run: HeldRun): string {
  const message = run.message ?? ''
  switch (run.status) {
    case 'succeeded':
      return run.outcome === 'self_healed' ? 'verified, and the problem has cleared.' : run.outcome === 'verified' ? 'verified. The problem itself is not over yet.' : `done. ${message}`
    case 'rolled_back':
      return `it did not help and was rolled back. ${message}`
    case 'cancelled':
      return `cancelled. ${message}`
    case 'expired':
    case 'refused':
      return `not run. ${message}`
    default:
      return `it failed and needs a person. ${message}`
  }
}

function tried(run: HeldRun): string[] {
  return run.commands.filter(({ status }) => status === 'ended' || status === 'unknown').map((command) => {
    const failure = failureOf(command)
    const kind = command.phase === 'step' ? 'Step' : command.phase === 'verify' ? 'Probe' : 'Roll-back'
    if (command.status === 'unknown') return `${kind} ${command.stepId} on ${command.asset}: nobody can tell whether it was taken.`
    const facts = Object.entries(command.result?.facts ?? {}).slice(0, 6).map(([name, value]) => `${name} ${value}`).join(', ')
    const changed = command.result?.changed ?? []
    const what = changed.length === 0 ? '' : ` Changed: ${changed.slice(0, CHANGED_SHOWN).join('; ')}${(command.result?.changedCount ?? 0) > CHANGED_SHOWN ? `; ${(command.result?.changedCount ?? 0) - CHANGED_SHOWN} more` : ''}.`
    return `${kind} ${command.stepId} on ${command.asset}: ${failure === null ? command.result?.message ?? 'done' : failure.message}${facts === '' ? '' : ` (${facts})`}${what}`
  })
}

function cut(text: string): string {
  return text.length <= TEXT_CHARS ? text : `${text.slice(0, TEXT_CHARS - 1)}…`
}
