/** What must be true between the parts of a runbook, beyond what its schema can say. */
import { RE2JS } from 're2js'
import { SYSTEMS, type System } from '../../schemas/runbooks.ts'
import { checkInput, isSource } from './binding.ts'
import type { InputForm, Mistake, RunbookFiles, RunbookForm, ShellForm, StepForm } from './definition.ts'
import { durationMs } from './durations.ts'
import { parseExpectation } from './expectation.ts'
import { matcherText, parseMatcher } from './matcher.ts'

/** Longest time limit of a command: what Azure and AWS both take well. */
const STEP_MS = 3_600_000
const WITHIN_MS = 86_400_000
const FILE = 'runbook.yaml'
const AUTOMATION_VALUE = /^(\$\{target\.(instanceId|region|asset)\}|\$\{inputs\.([a-z][A-Za-z0-9]*)\}|[^$]*)$/

type Tell = (path: string, message: string, file?: string) => void

/** Every contradiction in a runbook whose form is right. */
export function crossRules(form: RunbookForm, files: RunbookFiles): Mistake[] {
  const mistakes: Mistake[] = []
  const tell: Tell = (path, message, file = FILE) => void mistakes.push({ file, path, message })
  matchRules(form, tell)
  for (const [name, input] of Object.entries(form.inputs ?? {})) inputRules(`inputs.${name}`, name, input, tell)
  stepRules(form, files, tell)
  if (form.verify !== 'report') {
    shellRules('verify.shell', form.verify.shell, form, files, tell)
    const expected = parseExpectation(form.verify.expect)
    if (typeof expected === 'string') tell('verify.expect', expected)
    limit('verify.within', form.verify.within, WITHIN_MS, tell)
    limit('verify.timeout', form.verify.timeout, STEP_MS, tell)
  }
  limit('guard.cooldown', form.guard.cooldown, 30 * WITHIN_MS, tell)
  if (form.guard.approval !== undefined) limit('guard.approval.timeout', form.guard.approval.timeout, 7 * WITHIN_MS, tell)
  unused(form, files, tell)
  return mistakes
}

function matchRules({ match }: RunbookForm, tell: Tell): void {
  for (const part of ['all', 'any'] as const) {
    for (const [index, matcher] of (match[part] ?? []).entries()) {
      try {
        parseMatcher(matcherText(matcher))
      } catch (cause) {
        tell(`match.${part}[${index}]`, cause instanceof Error ? cause.message : 'cannot be read')
      }
    }
  }
}

function inputRules(path: string, name: string, input: InputForm, tell: Tell): void {
  const type = input.type ?? 'string'
  for (const from of [input.from ?? []].flat()) if (!isSource(from)) tell(`${path}.from`, `"${from}" is no source; use problem.labels.<label>, problem.asset, problem.signature, target.asset or target.tags.<tag>`)
  if (type === 'string' && input.pattern === undefined && input.values === undefined) tell(path, 'is a string without pattern or values; say what it may hold')
  if (type !== 'string' && input.pattern !== undefined) tell(`${path}.pattern`, `is for strings; use min and max for ${type}`)
  if ((type === 'integer' || type === 'number') && (input.min === undefined || input.max === undefined)) tell(path, 'is a number without min and max; say how far it may go')
  if (input.required === true && input.default !== undefined) tell(`${path}.required`, 'is said of an input that has a default; leave out one of the two')
  if (input.pattern !== undefined) {
    try {
      RE2JS.compile(input.pattern)
    } catch (cause) {
      return tell(`${path}.pattern`, `is no RE2 pattern: ${cause instanceof Error ? cause.message : 'it does not compile'}`)
    }
  }
  if (input.default === undefined) return
  const checked = checkInput({ name, type, description: '', from: [], default: null, isRequired: false, pattern: input.pattern ?? null, min: input.min ?? null, max: input.max ?? null, values: input.values ?? [], maxLength: input.maxLength ?? 200 }, input.default)
  if ('why' in checked) tell(`${path}.default`, `does not fit its own input: ${checked.why}`)
}

function stepRules(form: RunbookForm, files: RunbookFiles, tell: Tell): void {
  const seen = new Set<string>()
  for (const [list, steps] of [['steps', form.steps], ['rollback', form.rollback]] as const) {
    for (const [index, step] of steps.entries()) {
      const path = `${list}[${index}]`
      if (seen.has(step.id)) tell(`${path}.id`, `"${step.id}" is the id of two steps`)
      seen.add(step.id)
      if ((step.shell === undefined) === (step.automation === undefined)) tell(path, 'needs exactly one of shell and automation')
      limit(`${path}.timeout`, step.timeout, STEP_MS, tell)
      if (list === 'rollback' && step.onFailure === 'rollback') tell(`${path}.onFailure`, 'is rollback in a rollback; use stop or continue')
      if (step.shell !== undefined) shellRules(`${path}.shell`, step.shell, form, files, tell)
      automationRules(path, step, form, tell)
    }
  }
  if (systemsOf(form).length === 0) tell('systems', 'is missing; a runbook of Automation documents alone says for which systems it is')
  if (form.verify === 'report' && form.steps.some(({ changes }) => changes)) tell('verify', 'is "report", but a step changes something; say how it is seen that it helped')
}

/** Every part must be there for every system: half a runbook on Windows is none. */
function shellRules(path: string, shell: ShellForm, form: RunbookForm, files: RunbookFiles, tell: Tell): void {
  for (const system of SYSTEMS) {
    const file = shell[system]
    const isWanted = systemsOf(form).includes(system)
    if (file === undefined && isWanted) tell(path, `has no script for ${system}, which other steps have`)
    if (file !== undefined && !isWanted) tell(`${path}.${system}`, `is not among systems`)
    if (file !== undefined && files[file] === undefined) tell(`${path}.${system}`, `names ${file}, which is not there`)
    else if (file !== undefined && files[file]?.trim() === '') tell('', 'is empty', file)
  }
}

/** Systems a runbook is for: those it names, else those its steps have scripts for. */
export function systemsOf(form: RunbookForm): readonly System[] {
  return form.systems ?? SYSTEMS.filter((system) => form.steps.some(({ shell }) => shell?.[system] !== undefined))
}

function automationRules(path: string, { automation }: StepForm, form: RunbookForm, tell: Tell): void {
  for (const [name, value] of Object.entries(automation?.parameters ?? {})) {
    const match = AUTOMATION_VALUE.exec(value)
    const input = match?.[3]
    if (match === null) tell(`${path}.automation.parameters.${name}`, 'may be a text, or ${target.instanceId}, ${target.region}, ${target.asset} or ${inputs.<name>} as a whole, never as part of one')
    else if (input !== undefined && !Object.hasOwn(form.inputs ?? {}, input)) tell(`${path}.automation.parameters.${name}`, `names the input ${input}, which there is not`)
  }
}

function limit(path: string, text: string, maxMs: number, tell: Tell): void {
  const value = durationMs(text)
  if (value === null || value < 1) tell(path, 'must be longer than nothing, such as 20s')
  else if (value > maxMs) tell(path, `is ${text}; ${maxMs / 60_000}m at most`)
}

function unused(form: RunbookForm, files: RunbookFiles, tell: Tell): void {
  const shells = [...form.steps, ...form.rollback].map(({ shell }) => shell).concat(form.verify === 'report' ? [] : [form.verify.shell])
  const named = new Set(shells.flatMap((shell) => Object.values(shell ?? {})))
  for (const file of Object.keys(files)) {
    if (file === FILE || named.has(file) || /^cases\/[a-z0-9][a-z0-9-]*\.yaml$/.test(file) || file === 'README.md') continue
    tell('', 'is used by no step; remove it or name it', file)
  }
}
