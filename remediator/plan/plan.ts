/** Makes the plan of a run: what will be sent to which machine, to the letter, and what it costs. Pure; it is shown before anything runs, and nothing else is ever run. */
import { createHash } from 'node:crypto'
import { AppError } from '../../schemas/errors.ts'
import type { FoundTarget, PlanProblem } from '../../schemas/remediation-match.ts'
import type { Risk, Runbook, RunbookScript, RunbookStep, System } from '../../schemas/runbooks.ts'
import type { Cloud, PlannedCommand, ReasonCode, RunPlan, RunTarget } from '../../schemas/runs.ts'
import type { Executor } from '../executors/port.ts'
import { bindInputs } from '../library/binding.ts'
import { composeScript, type InputValues } from '../library/envelope.ts'

/** What a plan goes by of a cloud. */
export type PlanExecutor = Pick<Executor, 'cloud' | 'capabilities' | 'costMicroUsd'>

/** What is to be planned. */
export interface PlanQuestion {
  /** Tokens of the commands name it. */
  readonly runId: string
  readonly runbook: Runbook
  /** After what the MSP and the company say. */
  readonly risk: Risk
  readonly targets: readonly FoundTarget[]
  /** The problem it is run for; null: none. */
  readonly problem: Pick<PlanProblem, 'asset' | 'signature' | 'labels'> | null
  /** What a person gave, by input; hostile. */
  readonly given: Readonly<Record<string, unknown>>
  readonly executors: Readonly<Partial<Record<Cloud, PlanExecutor>>>
  /** Sentences to be shown with it. */
  readonly remarks: readonly string[]
}

/** The plan, or why none can be made. */
export type PlanAnswer = { readonly kind: 'planned'; readonly plan: RunPlan } | PlanRefusal
/** No plan. */
export interface PlanRefusal {
  readonly kind: 'refused'
  readonly code: Extract<ReasonCode, 'system_unsupported' | 'executor_unsupported' | 'input_missing' | 'input_invalid' | 'target_unknown'>
  readonly why: string
}

/** A command before it has a token, which is part of its script. */
type Draft = Omit<PlannedCommand, 'token' | 'script' | 'digest'> & { readonly text: string | null }

/** Plans every step on every machine, then the probe, then what would roll it back. */
export function makePlan(question: PlanQuestion): PlanAnswer {
  const { runbook, targets, risk, remarks } = question
  if (targets.length === 0) return refused('target_unknown', 'No machine is named; say which one is meant.')
  const bound: { readonly found: FoundTarget; readonly values: InputValues }[] = []
  for (const found of targets) {
    const answer = bindInputs(runbook.inputs, { problem: question.problem, target: { asset: found.target.asset, tags: found.tags }, given: question.given })
    if (answer.kind === 'refused') return refused(answer.code, `On ${found.target.asset}: ${answer.mistakes.map(({ input, why }) => `${input}: ${why}`).join('; ')}.`)
    bound.push({ found, values: answer.values })
  }
  const commands: PlannedCommand[] = []
  for (const part of partsOf(runbook)) {
    for (const { found: { target }, values } of bound) {
      const draft = draftOf(part, target, values, runbook)
      if ('code' in draft) return draft
      const command = finish(draft, values, `${question.runId}-${commands.length}`)
      const wrong = 'code' in command ? command : unsupported(command, target, question.executors[target.cloud])
      if (wrong !== null) return wrong
      if (!('code' in command)) commands.push(command)
    }
  }
  const cost = commands.reduce((sum, { automation, timeoutMs, asset, phase }) => {
    const cloud = targets.find(({ target }) => target.asset === asset)?.target.cloud
    return phase === 'rollback' || cloud === undefined ? sum : sum + (question.executors[cloud]?.costMicroUsd({ automation, timeoutMs }) ?? 0)
  }, 0)
  const differing = bound.slice(1).flatMap(({ found, values }) => Object.entries(values).filter(([name, value]) => bound[0]?.values[name] !== value).map(([name, value]) => `On ${found.target.asset} the input ${name} is ${JSON.stringify(value)}.`))
  return {
    kind: 'planned',
    plan: { targets: targets.map(({ target }) => target), inputs: bound[0]?.values ?? {}, commands, risk, costMicroUsd: cost, remarks: [...remarks, ...targets.flatMap((found) => found.remarks), ...differing].slice(0, 50), candidates: [] },
  }
}

interface Part {
  readonly id: string
  readonly phase: PlannedCommand['phase']
  readonly shell: Readonly<Partial<Record<System, RunbookScript>>> | null
  readonly automation: RunbookStep['automation']
  readonly timeoutMs: number
  readonly changes: boolean
}

function partsOf({ steps, verify, rollback }: Runbook): readonly Part[] {
  const probe: readonly Part[] = verify === null ? [] : [{ id: 'verify', phase: 'verify', shell: verify.shell, automation: null, timeoutMs: verify.timeoutMs, changes: false }]
  return [...steps.map((step): Part => ({ ...step, phase: 'step' })), ...probe, ...rollback.map((step): Part => ({ ...step, phase: 'rollback' }))]
}

function draftOf(part: Part, target: RunTarget, values: InputValues, runbook: Runbook): Draft | PlanRefusal {
  const common = { stepId: part.id, phase: part.phase, asset: target.asset, system: target.system, timeoutMs: part.timeoutMs, changes: part.changes }
  if (part.automation !== null) {
    const parameters: Record<string, string> = {}
    for (const [name, value] of Object.entries(part.automation.parameters)) {
      const filled = parameterOf(value, target, values)
      if (filled === null) return refused('input_missing', `The parameter ${name} of the document ${part.automation.document} needs ${value}, which has no value; give that input.`)
      parameters[name] = filled
    }
    return { ...common, text: null, automation: { document: part.automation.document, parameters } }
  }
  const script = part.shell?.[target.system]
  if (script === undefined) return refused('system_unsupported', `${target.asset} runs ${target.system}, and the step ${part.id} of ${runbook.id} has no script for it; choose another runbook.`)
  return { ...common, text: script.text, automation: null }
}

/** A parameter is text as it stands, or one whole value; values are never parts of other text. */
function parameterOf(value: string, target: RunTarget, values: InputValues): string | null {
  const own = /^\$\{target\.(instanceId|region|asset)\}$/.exec(value)?.[1]
  if (own === 'instanceId' || own === 'region' || own === 'asset') return target[own]
  const input = /^\$\{inputs\.([A-Za-z0-9]+)\}$/.exec(value)?.[1]
  if (input === undefined) return value
  return Object.hasOwn(values, input) ? String(values[input]) : null
}

function finish({ text, ...draft }: Draft, values: InputValues, token: string): PlannedCommand | PlanRefusal {
  if (text === null) return { ...draft, token, script: null, digest: sha256(JSON.stringify(draft.automation)) }
  try {
    const script = composeScript(draft.system, text, values, token)
    return { ...draft, token, script, digest: sha256(script) }
  } catch (thrown) {
    // A value that no script can be handed is a mistake of whoever gave it; anything else is a defect.
    if (thrown instanceof AppError && thrown.code === 'bad_request') return refused('input_invalid', `On ${draft.asset}: ${thrown.message}.`)
    throw thrown
  }
}

function unsupported({ stepId, script, automation, timeoutMs }: PlannedCommand, target: RunTarget, executor: PlanExecutor | undefined): PlanRefusal | null {
  if (executor === undefined) return refused('executor_unsupported', `Nothing here runs commands in ${target.cloud}; choose a machine of another cloud.`)
  const { systems, automation: canAutomate, timeoutMaxMs, scriptMaxBytes } = executor.capabilities
  if (!systems.includes(target.system)) return refused('executor_unsupported', `Commands on ${target.system} cannot be run in ${target.cloud}.`)
  if (automation !== null && !canAutomate) return refused('executor_unsupported', `The step ${stepId} starts an Automation document, which ${target.cloud} does not have.`)
  if (timeoutMs > timeoutMaxMs) return refused('executor_unsupported', `The step ${stepId} may take ${timeoutMs / 1_000} s and ${target.cloud} allows ${timeoutMaxMs / 1_000} s; give it a shorter time limit.`)
  const bytes = script === null ? 0 : Buffer.byteLength(script)
  return bytes > scriptMaxBytes ? refused('executor_unsupported', `The step ${stepId} is ${bytes} bytes long with its functions and inputs, and ${target.cloud} takes ${scriptMaxBytes}; shorten the script.`) : null
}

function refused(code: PlanRefusal['code'], why: string): PlanRefusal {
  return { kind: 'refused', code, why }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
