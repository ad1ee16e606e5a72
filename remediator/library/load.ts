/** Reads a runbook from its files. All mistakes are told at once, each with its file and place. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import { LineCounter, parseDocument } from 'yaml'
import type { Runbook, RunbookInput, RunbookScript, RunbookStep, System } from '../../schemas/runbooks.ts'
import { RUNBOOK_SCHEMA, type InputForm, type Mistake, type RunbookFiles, type RunbookForm, type ShellForm, type StepForm } from './definition.ts'
import { digestOf } from './digest.ts'
import { durationMs } from './durations.ts'
import { matcherText } from './matcher.ts'
import { crossRules, systemsOf } from './rules.ts'

/** A runbook, or everything that is wrong with it. */
export type Loaded = { readonly runbook: Runbook; readonly mistakes: readonly [] } | { readonly runbook: null; readonly mistakes: readonly Mistake[] }

/** Whose it is. */
export interface Origin {
  readonly origin: Runbook['origin']
  readonly companyId: string | null
}

/** The file that says what the runbook is. */
export const DEFINITION_FILE = 'runbook.yaml'
/** Bytes of one file, and of all files of a runbook together. */
export const FILE_BYTES = 65_536
/** Bytes of all files of a runbook together. */
export const FILES_BYTES = 524_288
const FILES_MAX = 100

const validate = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile<RunbookForm>(RUNBOOK_SCHEMA)
const SHIPPED: Origin = { origin: 'library', companyId: null }

/** Reads the files of a folder: runbook.yaml, *.sh, *.ps1 and cases/*.yaml. Throws when the folder cannot be read. */
export async function runbookFiles(folder: string): Promise<RunbookFiles> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files: Record<string, string> = {}
  for (const entry of names) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue
    const name = join(entry.parentPath, entry.name).slice(folder.length).replace(/^[/\\]+/, '').replaceAll('\\', '/')
    if (Object.keys(files).length >= FILES_MAX) break
    files[name] = await readFile(join(folder, name), 'utf8')
  }
  return files
}

/** Reads a runbook's folder; the folder's name is its id. */
export async function loadRunbook(folder: string, origin: Origin = SHIPPED): Promise<Loaded> {
  return readRunbook(await runbookFiles(folder.replace(/[/\\]+$/, '')), origin, basename(folder))
}

/** Reads a runbook from the texts of its files. `id`, where given, is what its id has to be. Pure. */
export function readRunbook(files: RunbookFiles, origin: Origin, id?: string): Loaded {
  const mistakes: Mistake[] = sizes(files)
  const source = files[DEFINITION_FILE]
  if (source === undefined) return refused([...mistakes, { file: DEFINITION_FILE, path: '', message: 'is missing; every runbook has one' }])
  if (mistakes.length > 0) return refused(mistakes)
  const form = parse(source, mistakes)
  if (form === null) return refused(mistakes)
  if (id !== undefined && form.id !== id) mistakes.push({ file: DEFINITION_FILE, path: 'id', message: `is "${form.id}", but the folder is called "${id}"; both must be the same` })
  mistakes.push(...crossRules(form, files))
  if (mistakes.length > 0) return refused(mistakes)
  return { runbook: runbookOf(form, files, origin), mistakes: [] }
}

/** One mistake as a line for people. */
export function mistakeLine({ file, path, message }: Mistake): string {
  return `${file}: ${path === '' ? '' : `${path} `}${message}`
}

const refused = (mistakes: readonly Mistake[]): Loaded => ({ runbook: null, mistakes })

function sizes(files: RunbookFiles): Mistake[] {
  const mistakes: Mistake[] = []
  let total = 0
  for (const [file, text] of Object.entries(files)) {
    const bytes = Buffer.byteLength(text)
    total += bytes
    if (bytes > FILE_BYTES) mistakes.push({ file, path: '', message: `has ${bytes} bytes; ${FILE_BYTES} at most` })
  }
  if (total > FILES_BYTES) mistakes.push({ file: DEFINITION_FILE, path: '', message: `and its files have ${total} bytes together; ${FILES_BYTES} at most` })
  return mistakes
}

function parse(source: string, mistakes: Mistake[]): RunbookForm | null {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true, version: '1.2', schema: 'core' })
  for (const error of [...document.errors, ...document.warnings].slice(0, 5)) mistakes.push({ file: DEFINITION_FILE, path: `line ${lines.linePos(error.pos[0]).line}`, message: `is no YAML: ${(error.message.split('\n')[0] ?? '').replace(/ at line .*$/, '')}` })
  if (mistakes.length > 0) return null
  let form: unknown
  try {
    form = document.toJS({ maxAliasCount: 20 })
  } catch (cause) {
    mistakes.push({ file: DEFINITION_FILE, path: '', message: `cannot be read: ${cause instanceof Error ? cause.message : 'too many aliases'}` })
    return null
  }
  if (validate(form)) return form
  mistakes.push(...explain(validate.errors ?? []).map(({ path, message }) => ({ file: DEFINITION_FILE, path, message })))
  return null
}

/** Of the branches of a choice only the one that says most is told: "must match a schema in anyOf" helps nobody. */
function explain(errors: readonly ErrorObject[]): { path: string; message: string }[] {
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ instancePath }) => instancePath)
  const plain = errors.filter(({ keyword, instancePath }) => keyword !== 'anyOf' && !choices.includes(instancePath))
  const told = plain.map((error) => ({ path: pathOf(error.instancePath), message: messageOf(error) }))
  for (const choice of choices.filter((path) => !plain.some(({ instancePath }) => instancePath.startsWith(`${path}/`)))) told.push({ path: pathOf(choice), message: 'has none of the forms that docs/runbooks.md gives' })
  return [...new Map(told.map((one) => [`${one.path} ${one.message}`, one])).values()]
}

const pathOf = (pointer: string): string => pointer.split('/').slice(1).reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`), '')

function messageOf({ keyword, params, message = 'is wrong', data }: ErrorObject): string {
  const parameters = params as Readonly<Record<string, unknown>>
  if (keyword === 'additionalProperties') return `has the unknown key "${String(parameters['additionalProperty'])}"`
  if (keyword === 'required') return `lacks "${String(parameters['missingProperty'])}"`
  if (keyword === 'enum') return `must be one of ${(parameters['allowedValues'] as readonly unknown[]).join(', ')}`
  return typeof data === 'string' && keyword === 'pattern' ? `"${data.slice(0, 60)}" ${message}` : message
}

function runbookOf(form: RunbookForm, files: RunbookFiles, { origin, companyId }: Origin): Runbook {
  const { approval } = form.guard
  const definition = {
    id: form.id,
    version: form.version,
    summary: form.summary.trim(),
    description: form.description.trim(),
    category: form.category,
    risk: form.risk,
    systems: systemsOf(form),
    match: { all: (form.match.all ?? []).map(matcherText), any: (form.match.any ?? []).map(matcherText) },
    inputs: Object.entries(form.inputs ?? {}).map(([name, input]) => inputOf(name, input)),
    limits: { maxRunsPerHour: form.guard.maxRunsPerHour, cooldownMs: ms(form.guard.cooldown), maxTargets: form.guard.maxTargets, maxFailures: form.guard.maxFailures ?? 2 },
    approval: approval === undefined ? null : { role: approval.role === 'msp-admin' ? ('msp_admin' as const) : ('company_admin' as const), timeoutMs: ms(approval.timeout), fourEyes: approval.fourEyes ?? false },
    steps: form.steps.map((step) => stepOf(step, files)),
    rollback: form.rollback.map((step) => stepOf(step, files)),
    verify: form.verify === 'report' ? null : {
      shell: scriptsOf(form.verify.shell, files),
      expect: form.verify.expect,
      withinMs: ms(form.verify.within),
      timeoutMs: ms(form.verify.timeout),
      problem: form.verify.problem === 'must-clear' ? ('must_clear' as const) : ('may_clear' as const),
    },
  }
  return { ...definition, origin, companyId, digest: digestOf(definition) }
}

function inputOf(name: string, input: InputForm): RunbookInput {
  return {
    name,
    type: input.type ?? 'string',
    description: input.description ?? '',
    from: typeof input.from === 'string' ? [input.from] : (input.from ?? []),
    default: input.default ?? null,
    isRequired: input.default === undefined && (input.required ?? true),
    pattern: input.pattern ?? null,
    min: input.min ?? null,
    max: input.max ?? null,
    values: input.values ?? [],
    maxLength: input.maxLength ?? 200,
  }
}

function stepOf(step: StepForm, files: RunbookFiles): RunbookStep {
  return {
    id: step.id,
    summary: step.summary.trim(),
    shell: step.shell === undefined ? null : scriptsOf(step.shell, files),
    automation: step.automation === undefined ? null : { document: step.automation.document, parameters: step.automation.parameters ?? {} },
    timeoutMs: ms(step.timeout),
    changes: step.changes,
    onFailure: step.onFailure ?? 'stop',
  }
}

const scriptsOf = (shell: ShellForm, files: RunbookFiles): Partial<Record<System, RunbookScript>> =>
  Object.fromEntries(Object.entries(shell).map(([system, file]) => [system, { file, text: files[file] ?? '' }]))

/** The schema has seen to it that it is a duration. */
const ms = (text: string): number => durationMs(text) ?? 0
