/** The whole check of a runbook: what `aw runbook check` tells, what people's own runbooks must pass, and what those that ship are held to. */
import type { Runbook, System } from '../../schemas/runbooks.ts'
import { answerCase, failingCases, readCases } from './cases.ts'
import { deservedRisk } from './content-risk.ts'
import { variableOf } from './envelope.ts'
import { parseExpectation } from './expectation.ts'
import { libraryFor } from './shell-library.ts'
import type { Mistake, RunbookFiles } from './definition.ts'
import { DEFINITION_FILE, readRunbook, type Origin } from './load.ts'
import { scriptFindings } from './script-rules.ts'
import { lineAt, powershellViews, shellViews } from './script-text.ts'

/** One thing found: a mistake has to be mended, advice may be right as it is. */
export interface Finding extends Mistake {
  readonly level: 'mistake' | 'advice'
}

/** What a check found. `runbook` is null where it could not be read. */
export interface CheckReport {
  readonly ok: boolean
  readonly runbook: Runbook | null
  readonly findings: readonly Finding[]
}

interface Script {
  readonly system: System
  readonly file: string
  readonly text: string
  /** Of a step that only looks, or of the verification. */
  readonly onlyLooks: boolean
  readonly isVerify: boolean
}

const TELLS: Readonly<Record<System, { changed: RegExp; ok: RegExp; fact: (name: string) => RegExp }>> = {
  linux: { changed: /\baw_changed\b/, ok: /\baw_ok\b/, fact: (name) => new RegExp(String.raw`\baw_fact\s+["']?(?:${name}\b|\$)`) },
  windows: { changed: /\bAdd-AwChange\b/i, ok: /\bComplete-AwRun\b/i, fact: (name) => new RegExp(String.raw`\bSet-AwFact\s+(?:-Name\s+)?["']?(?:${name}\b|\$)`, 'i') },
}

/** Checks a runbook by its files. Pure: analysers that are programs of their own are in analysers.ts. */
export function checkRunbook(files: RunbookFiles, origin: Origin, id?: string): CheckReport {
  const loaded = readRunbook(files, origin, id)
  const found = [...loaded.mistakes, ...scriptsIn(files).flatMap(({ file, system, text }) => scriptFindings(system, text).map(({ line, rule, message, isAdvice }) => ({ file, path: `line ${line}`, message: `${rule}: ${message}`, isAdvice })))]
  const findings = found.map((one): Finding => ({ file: one.file, path: one.path, message: one.message, level: 'isAdvice' in one && one.isAdvice ? 'advice' : 'mistake' }))
  const { runbook } = loaded
  if (runbook !== null) findings.push(...inputsUsed(runbook), ...results(runbook), ...patterns(runbook), ...cases(runbook, files), ...risk(runbook))
  return { ok: !findings.some(({ level }) => level === 'mistake'), runbook, findings }
}

/** One finding as a line for people. */
export function findingLine({ level, file, path, message }: Finding): string {
  return `${level === 'advice' ? 'advice: ' : ''}${file}: ${path === '' ? '' : `${path} `}${message}`
}

const mistake = (file: string, path: string, message: string): Finding => ({ level: 'mistake', file, path, message })

function scriptsIn(files: RunbookFiles): Pick<Script, 'file' | 'system' | 'text'>[] {
  const ofSystem = (system: System, name: RegExp) => Object.entries(files).filter(([file]) => name.test(file)).map(([file, text]) => ({ file, system, text }))
  return [...ofSystem('linux', /^[^/]+\.sh$/), ...ofSystem('windows', /^[^/]+\.ps1$/)]
}

function scriptsOf(runbook: Runbook): Script[] {
  const parts = [
    ...[...runbook.steps, ...runbook.rollback].map(({ shell, changes }) => ({ shell, onlyLooks: !changes, isVerify: false })),
    ...(runbook.verify === null ? [] : [{ shell: runbook.verify.shell, onlyLooks: true, isVerify: true }]),
  ]
  return parts.flatMap(({ shell, onlyLooks, isVerify }) => (['linux', 'windows'] as const).flatMap((system) => {
    const script = shell?.[system]
    return script === undefined ? [] : [{ system, ...script, onlyLooks, isVerify }]
  }))
}

const bareOf = ({ system, text }: Pick<Script, 'system' | 'text'>) => (system === 'linux' ? shellViews(text) : powershellViews(text)).bare

/** A script with the functions it calls, which may tell facts and changes for it. */
const withFunctions = (script: Pick<Script, 'system' | 'text'>) => `${libraryFor(script.system, bareOf(script)).replace(/^(?:aw_changed\(\)|function Add-AwChange) \{/gim, '')}\n${bareOf(script)}`

/** Inputs that no script reads are a mistake in one of the two; one that may be absent must be read so that it may. */
function inputsUsed(runbook: Runbook): Finding[] {
  const names = new Map(runbook.inputs.map((input) => [variableOf(input.name), input]))
  const used = new Set(runbook.steps.flatMap(({ automation }) => Object.values(automation?.parameters ?? {}).map((value) => variableOf(/^\$\{inputs\.(\w+)\}$/.exec(value)?.[1] ?? ''))))
  const findings: Finding[] = []
  for (const script of onceEach(scriptsOf(runbook))) {
    const bare = bareOf(script)
    for (const { 0: variable, index } of bare.matchAll(/\bAW_INPUT_[A-Z0-9_]+/g)) {
      const input = names.get(variable)
      used.add(variable)
      const place = `line ${lineAt(bare, index)}`
      if (input === undefined) findings.push(mistake(script.file, place, `reads ${variable}, but the runbook has no such input`))
      else if (script.system === 'linux' && !input.isRequired && input.default === null && !/^:?[-+=]/.test(bare.slice(index + variable.length))) findings.push(mistake(script.file, place, `reads ${variable}, which may be absent; write \${${variable}:-}`))
    }
  }
  for (const [variable, input] of names) if (!used.has(variable)) findings.push(mistake(DEFINITION_FILE, `inputs.${input.name}`, `is read by no script (${variable})`))
  return findings
}

/** Every script tells a result; one that changes tells what, one that looks changes nothing, and the verification tells the facts that are expected. */
function results(runbook: Runbook): Finding[] {
  const findings: Finding[] = []
  const comparisons = runbook.verify === null ? [] : parseExpectation(runbook.verify.expect)
  for (const script of scriptsOf(runbook)) {
    const tells = TELLS[script.system]
    const bare = withFunctions(script)
    if (!tells.ok.test(bare)) findings.push(mistake(script.file, '', `never ends well; call ${script.system === 'linux' ? 'aw_ok' : 'Complete-AwRun'}`))
    if (script.onlyLooks && tells.changed.test(bare)) findings.push(mistake(script.file, '', 'tells a change in a step that says changes: false, or in the verification'))
    if (!script.onlyLooks && !tells.changed.test(bare)) findings.push(mistake(script.file, '', `does not say what it changed; call ${script.system === 'linux' ? 'aw_changed' : 'Add-AwChange'}`))
    if (!script.isVerify || typeof comparisons === 'string') continue
    for (const { fact } of comparisons) if (!tells.fact(fact).test(bare)) findings.push(mistake(script.file, '', `does not tell ${fact}, which verify.expect asks for`))
  }
  return onceEach(findings)
}

function patterns(runbook: Runbook): Finding[] {
  return runbook.inputs.flatMap(({ name, pattern }) => (pattern === null || (pattern.startsWith('^') && pattern.endsWith('$')) ? [] : [mistake(DEFINITION_FILE, `inputs.${name}.pattern`, 'has no anchors; write ^…$, so that whoever reads it sees that all of the value has to fit')]))
}

/** Cases that fail, and cases that are missing: one that fits and, where there are criteria, one that does not. */
function cases(runbook: Runbook, files: RunbookFiles): Finding[] {
  const findings = failingCases(runbook, files).map(({ file, path, message }) => mistake(file, path, message))
  const all = readCases(files).cases.map((one) => one.case)
  const hasCriteria = runbook.match.all.length + runbook.match.any.length > 0
  const fits = all.some((one) => (!hasCriteria || one.given.problem !== undefined) && typeof answerCase(runbook, one) !== 'string')
  if (!fits) findings.push(mistake('cases', '', hasCriteria ? 'have none in which a problem fits and the inputs are bound' : 'are missing; write one with inputs'))
  if (hasCriteria && !all.some((one) => one.expect === 'no-match')) findings.push(mistake('cases', '', 'have none that expects no-match; write the problem that looks alike and is another'))
  return findings
}

function risk(runbook: Runbook): Finding[] {
  const deserved = deservedRisk(runbook)
  if (runbook.risk === 'high' || deserved.risk === runbook.risk || deserved.risk === 'low') return []
  return [{ level: 'advice', file: DEFINITION_FILE, path: 'risk', message: `is ${runbook.risk}, but its content deserves ${deserved.risk} (${deserved.reasons.slice(0, 3).join('; ')}); only an MSP Admin may keep it below` }]
}

function onceEach<T extends { readonly file: string }>(list: readonly T[]): T[] {
  return [...new Map(list.map((one) => ['message' in one ? `${one.file} ${String(one.message)}` : one.file, one])).values()]
}
