/** Dry-run cases of a runbook (cases/*.yaml): what is given, and the inputs, the refusal or the silence that is expected of it. */
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import type { ReasonCode } from '../../schemas/runs.ts'
import type { Runbook, System } from '../../schemas/runbooks.ts'
import { bindInputs } from './binding.ts'
import { matchOf, type MatchSubject } from './matcher.ts'
import type { Mistake, RunbookFiles } from './definition.ts'

/** One case as it stands in its file. */
export interface Case {
  readonly case: string
  readonly given: {
    readonly problem?: Partial<Omit<MatchSubject, 'category'>>
    readonly category?: string
    readonly target?: { readonly asset?: string; readonly system?: System; readonly tags?: Readonly<Record<string, string>> }
    readonly inputs?: Readonly<Record<string, string | number | boolean>>
  }
  readonly expect: 'no-match' | { readonly inputs: Readonly<Record<string, string | number | boolean>> } | { readonly refusal: ReasonCode }
}

/** What a runbook makes of a case, in the words of `expect`. */
export type CaseAnswer = 'no-match' | { readonly inputs: Readonly<Record<string, string | number | boolean>> } | { readonly refusal: ReasonCode }

const text = { type: 'string', maxLength: 5_000 }
const strict = (properties: Record<string, unknown>, required: readonly string[] = []) => ({ type: 'object', additionalProperties: false, required, properties })
const SCALARS = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } }
const STRINGS = { type: 'object', additionalProperties: text }
const SCHEMA = {
  type: 'array',
  minItems: 1,
  maxItems: 50,
  items: strict({
    case: { type: 'string', minLength: 5, maxLength: 300 },
    given: strict({
      problem: strict({ asset: { type: ['string', 'null'] }, signature: { type: ['string', 'null'] }, source: text, integrationId: text, severity: { enum: ['critical', 'high', 'medium', 'low', 'info', 'unknown'] }, status: { enum: ['firing', 'resolved'] }, title: text, message: text, labels: STRINGS, count: { type: 'integer', minimum: 1 } }),
      category: text,
      target: strict({ asset: text, system: { enum: ['linux', 'windows'] }, tags: STRINGS }),
      inputs: SCALARS,
    }),
    expect: { anyOf: [{ const: 'no-match' }, strict({ inputs: SCALARS }, ['inputs']), strict({ refusal: { enum: ['input_missing', 'input_invalid', 'system_unsupported'] } }, ['refusal'])] },
  }, ['case', 'given', 'expect']),
}
const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile<readonly Case[]>(SCHEMA)
const QUIET: MatchSubject = { asset: 'web-1', signature: null, source: 'datadog', integrationId: 'i-1', severity: 'high', status: 'firing', title: '', message: '', labels: {}, category: null, count: 1 }

/** The cases of a runbook by file, or what is wrong with them. */
export function readCases(files: RunbookFiles): { readonly cases: readonly { readonly file: string; readonly case: Case }[]; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = []
  const cases: { file: string; case: Case }[] = []
  for (const [file, source] of Object.entries(files).filter(([name]) => name.startsWith('cases/')).sort(([a], [b]) => (a < b ? -1 : 1))) {
    let form: unknown
    try {
      form = parse(source, { maxAliasCount: 20 })
    } catch (cause) {
      mistakes.push({ file, path: '', message: `is no YAML: ${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'it cannot be read'}` })
      continue
    }
    if (validate(form)) cases.push(...form.map((one) => ({ file, case: one })))
    else mistakes.push(...(validate.errors ?? []).slice(0, 20).map(({ instancePath, message = 'is wrong', params }) => ({ file, path: instancePath, message: `${message} ${JSON.stringify(params)}` })))
  }
  return { cases, mistakes }
}

/** What the runbook makes of a case. Without a problem somebody runs it by hand, so its criteria are not asked. */
export function answerCase(runbook: Runbook, { given }: Case): CaseAnswer {
  if (given.problem !== undefined) {
    const subject: MatchSubject = { ...QUIET, ...given.problem, category: given.category ?? null }
    if (matchOf(runbook.match)(subject).length > 0) return 'no-match'
  }
  const system = given.target?.system ?? runbook.systems[0] ?? 'linux'
  if (!runbook.systems.includes(system)) return { refusal: 'system_unsupported' }
  const problem = given.problem === undefined ? null : { asset: given.problem.asset === undefined ? QUIET.asset : given.problem.asset, signature: given.problem.signature ?? null, labels: given.problem.labels ?? {} }
  const bound = bindInputs(runbook.inputs, { problem, target: { asset: given.target?.asset ?? problem?.asset ?? 'web-1', tags: given.target?.tags ?? {} }, given: given.inputs ?? {} })
  return bound.kind === 'bound' ? { inputs: bound.values } : { refusal: bound.code }
}

/** Every case that comes out otherwise than it says. */
export function failingCases(runbook: Runbook, files: RunbookFiles): readonly Mistake[] {
  const { cases, mistakes } = readCases(files)
  const failing = cases.flatMap(({ file, case: one }) => {
    const answer = answerCase(runbook, one)
    if (same(answer, one.expect)) return []
    return [{ file, path: one.case, message: `expects ${JSON.stringify(one.expect)}, but it is ${JSON.stringify(answer)}` }]
  })
  return [...mistakes, ...failing]
}

function same(a: CaseAnswer, b: CaseAnswer): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b
  if ('refusal' in a || 'refusal' in b) return 'refusal' in a && 'refusal' in b && a.refusal === b.refusal
  const names = Object.keys(a.inputs)
  return names.length === Object.keys(b.inputs).length && names.every((name) => a.inputs[name] === b.inputs[name])
}
