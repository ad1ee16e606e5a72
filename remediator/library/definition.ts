/** The form of runbook.yaml: its type and the JSON schema it is held to. What a schema cannot say stands in rules.ts. */
import type { Risk, System } from '../../schemas/runbooks.ts'

/** Files of a runbook by name: runbook.yaml, scripts, and cases/<name>.yaml. */
export type RunbookFiles = Readonly<Record<string, string>>

/** One thing that is wrong, with the file and the place in it (`steps[0].timeout`; empty: the file as a whole). */
export interface Mistake {
  readonly file: string
  readonly path: string
  readonly message: string
}

/** A matcher as people write it: the text of matcher.ts, or an object that reads as a sentence. */
export type MatcherForm =
  | string
  | { readonly severity: { readonly atLeast: string } }
  | { readonly count: { readonly atLeast: number } }
  | { readonly words: string }
  | ({ readonly label?: string; readonly field?: string } & { readonly equals?: string; readonly not?: string; readonly oneOf?: readonly string[]; readonly matches?: string })

/** One input as it stands in the file. */
export interface InputForm {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean'
  readonly description?: string
  readonly from?: string | readonly string[]
  readonly default?: string | number | boolean
  readonly required?: boolean
  readonly pattern?: string
  readonly min?: number
  readonly max?: number
  readonly values?: readonly (string | number)[]
  readonly maxLength?: number
}

/** Script files by system. */
export type ShellForm = Readonly<Partial<Record<System, string>>>

/** One step as it stands in the file. */
export interface StepForm {
  readonly id: string
  readonly summary: string
  readonly shell?: ShellForm
  readonly automation?: { readonly document: string; readonly parameters?: Readonly<Record<string, string>> }
  readonly timeout: string
  readonly changes: boolean
  readonly onFailure?: 'stop' | 'rollback' | 'continue'
}

/** runbook.yaml. */
export interface RunbookForm {
  readonly id: string
  readonly version: number
  readonly summary: string
  readonly description: string
  readonly category: string
  readonly risk: Risk
  readonly systems?: readonly System[]
  readonly match: { readonly all?: readonly MatcherForm[]; readonly any?: readonly MatcherForm[] }
  readonly inputs?: Readonly<Record<string, InputForm>>
  readonly guard: {
    readonly maxRunsPerHour: number
    readonly cooldown: string
    readonly maxTargets: number
    readonly maxFailures?: number
    readonly approval?: { readonly role: 'company-admin' | 'msp-admin'; readonly timeout: string; readonly fourEyes?: boolean }
  }
  readonly steps: readonly StepForm[]
  readonly rollback: readonly StepForm[]
  readonly verify: 'report' | { readonly shell: ShellForm; readonly expect: string; readonly within: string; readonly timeout: string; readonly problem: 'must-clear' | 'may-clear' }
}

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength })
const strict = (properties: Record<string, unknown>, required: readonly string[]) => ({ type: 'object', additionalProperties: false, required, properties })
const whole = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum })
const DURATION = { type: 'string', pattern: '^\\d{1,9}(ms|s|m|h|d)$' }
const SYSTEM = { enum: ['linux', 'windows'] }
const SHELL = { ...strict({ linux: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,59}\\.sh$' }, windows: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,59}\\.ps1$' } }, []), minProperties: 1 }
const STEP = strict({
  id: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,39}$' },
  summary: text(300),
  shell: SHELL,
  automation: strict({ document: { type: 'string', pattern: '^[A-Za-z0-9_.:/-]{3,200}$' }, parameters: { type: 'object', maxProperties: 20, propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9]{0,59}$' }, additionalProperties: { type: 'string', maxLength: 500 } } }, ['document']),
  timeout: DURATION,
  changes: { type: 'boolean' },
  onFailure: { enum: ['stop', 'rollback', 'continue'] },
}, ['id', 'summary', 'timeout', 'changes'])
const VALUE = text(500)
const MATCHER = {
  anyOf: [
    { type: 'string', minLength: 3, maxLength: 700 },
    strict({ severity: strict({ atLeast: { enum: ['critical', 'high', 'medium', 'low', 'info'] } }, ['atLeast']) }, ['severity']),
    strict({ count: strict({ atLeast: whole(1, 1_000_000) }, ['atLeast']) }, ['count']),
    strict({ words: text(200) }, ['words']),
    { ...strict({ label: text(100), field: { enum: ['asset', 'signature', 'source', 'status', 'title', 'message', 'text', 'site', 'service', 'category'] }, equals: VALUE, not: VALUE, oneOf: { type: 'array', minItems: 1, maxItems: 50, items: VALUE }, matches: VALUE }, []), minProperties: 2, maxProperties: 2 },
  ],
}
const MATCHERS = { type: 'array', maxItems: 20, items: MATCHER }
const SCALAR = { type: ['string', 'number', 'boolean'] }

/** JSON schema of runbook.yaml. */
export const RUNBOOK_SCHEMA = strict({
  id: { type: 'string', pattern: '^[a-z][a-z0-9-]{2,59}$' },
  version: whole(1, 1_000_000),
  summary: text(200),
  description: text(4_000),
  category: { type: 'string', pattern: '^[a-z][a-z0-9-]{1,39}$' },
  risk: { enum: ['low', 'medium', 'high'] },
  systems: { type: 'array', minItems: 1, uniqueItems: true, items: SYSTEM },
  match: strict({ all: MATCHERS, any: MATCHERS }, []),
  inputs: {
    type: 'object',
    maxProperties: 20,
    propertyNames: { pattern: '^[a-z][A-Za-z0-9]{0,39}$' },
    additionalProperties: strict({
      type: { enum: ['string', 'integer', 'number', 'boolean'] },
      description: text(500),
      from: { anyOf: [text(200), { type: 'array', minItems: 1, maxItems: 10, items: text(200) }] },
      default: SCALAR,
      required: { type: 'boolean' },
      pattern: text(500),
      min: { type: 'number' },
      max: { type: 'number' },
      values: { type: 'array', minItems: 1, maxItems: 100, items: { type: ['string', 'number'] } },
      maxLength: whole(1, 65_536),
    }, ['description']),
  },
  guard: strict({
    maxRunsPerHour: whole(1, 100),
    cooldown: DURATION,
    maxTargets: whole(1, 100),
    maxFailures: whole(1, 10),
    approval: strict({ role: { enum: ['company-admin', 'msp-admin'] }, timeout: DURATION, fourEyes: { type: 'boolean' } }, ['role', 'timeout']),
  }, ['maxRunsPerHour', 'cooldown', 'maxTargets']),
  steps: { type: 'array', minItems: 1, maxItems: 20, items: STEP },
  rollback: { type: 'array', maxItems: 20, items: STEP },
  verify: {
    anyOf: [
      { const: 'report' },
      strict({ shell: SHELL, expect: text(1_000), within: DURATION, timeout: DURATION, problem: { enum: ['must-clear', 'may-clear'] } }, ['shell', 'expect', 'within', 'timeout', 'problem']),
    ],
  },
}, ['id', 'version', 'summary', 'description', 'category', 'risk', 'match', 'guard', 'steps', 'rollback', 'verify'])
