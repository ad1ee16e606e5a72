/** Runbooks as everybody else sees them: the definition after it was read and checked. Source of the form: docs/runbooks.md. */

/** What a run may break at worst, lowest first. */
export const RISKS = ['low', 'medium', 'high'] as const

/** One of the risks above. */
export type Risk = (typeof RISKS)[number]

/** Operating systems a script may be written for. */
export const SYSTEMS = ['linux', 'windows'] as const

/** One of the systems above. */
export type System = (typeof SYSTEMS)[number]

/** A typed value a script is handed as parameter, never as text of the script. */
export interface RunbookInput {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean'
  readonly description: string
  /** Where it comes from when nobody gives it, the first that is there: `problem.labels.<label>`, `problem.asset`, `problem.signature`, `target.asset`, `target.tags.<tag>`; empty: only a person gives it. */
  readonly from: readonly string[]
  /** Used when there is nothing else; null: none, and the input is required. */
  readonly default: string | number | boolean | null
  readonly isRequired: boolean
  /** RE2, matched against the whole value. Every string input has one. */
  readonly pattern: string | null
  readonly min: number | null
  readonly max: number | null
  /** The only values it may have; empty: any that fits the rest. */
  readonly values: readonly (string | number)[]
  /** Characters at most. */
  readonly maxLength: number
}

/** A script of a step, by system; the text is whole, without what is sent around it. */
export interface RunbookScript {
  readonly file: string
  readonly text: string
}

/** A document of AWS Systems Manager Automation that a step starts in place of a script. Values may name `${target.instanceId}` or `${inputs.<name>}` as a whole value, never as part of one. */
export interface AutomationDocument {
  readonly document: string
  readonly parameters: Readonly<Record<string, string>>
}

/** One step; exactly one of `shell` and `automation` is set. */
export interface RunbookStep {
  readonly id: string
  readonly summary: string
  readonly shell: Readonly<Partial<Record<System, RunbookScript>>> | null
  readonly automation: AutomationDocument | null
  readonly timeoutMs: number
  /** False: it only looks, so it may be repeated. */
  readonly changes: boolean
  readonly onFailure: 'stop' | 'rollback' | 'continue'
}

/** How a run is judged: a script that only looks, what its facts must be, and whether the monitoring tool must agree. */
export interface RunbookVerify {
  readonly shell: Readonly<Partial<Record<System, RunbookScript>>>
  /** Comparisons joined by `and`, over the facts the script tells, such as `usedPercent < 90`. */
  readonly expect: string
  /** Tried again until it holds or this is over. */
  readonly withinMs: number
  readonly timeoutMs: number
  /** `must_clear`: the problem itself has to resolve within `withinMs` too; `may_clear`: the probe is enough. */
  readonly problem: 'must_clear' | 'may_clear'
}

/** A condition on an incident and one of its problems, as matchers of remediator/library/matcher.ts. All of `all` hold, and one of `any` where there are some; with neither it never matches. */
export interface RunbookMatch {
  readonly all: readonly string[]
  readonly any: readonly string[]
}

/** Limits a runbook sets itself; the company's own are added to them, the narrower counts. */
export interface RunbookLimits {
  /** Runs of this runbook in a company in an hour. */
  readonly maxRunsPerHour: number
  /** Between two runs of this runbook on one asset. */
  readonly cooldownMs: number
  readonly maxTargets: number
  /** After so many failures one after the other on an asset it does not run there again until a person runs it. */
  readonly maxFailures: number
}

/** Who has to say yes. */
export interface RunbookApproval {
  readonly role: 'company_admin' | 'msp_admin'
  /** A request is void after this. */
  readonly timeoutMs: number
  readonly fourEyes: boolean
}

/** A runbook, read and checked. */
export interface Runbook {
  /** The folder's name, or chosen by the company; immutable. */
  readonly id: string
  readonly version: number
  readonly summary: string
  /** What it does and does not do, for whoever approves it. */
  readonly description: string
  readonly category: string
  readonly risk: Risk
  readonly systems: readonly System[]
  readonly match: RunbookMatch
  readonly inputs: readonly RunbookInput[]
  readonly limits: RunbookLimits
  /** Null: as its risk asks for. */
  readonly approval: RunbookApproval | null
  readonly steps: readonly RunbookStep[]
  readonly rollback: readonly RunbookStep[]
  /** Null: it only reports; a run ends with its last step. */
  readonly verify: RunbookVerify | null
  /** `library`: ships with the program; `msp` and `company`: made by people; `draft`: a one-off script, never matched, always high risk and four eyes. */
  readonly origin: 'library' | 'msp' | 'company' | 'draft'
  readonly companyId: string | null
  /** SHA-256 over everything that may run, in hex. */
  readonly digest: string
}

/** Order of risks: 0 is the lowest. */
export function riskRank(risk: Risk): number {
  return RISKS.indexOf(risk)
}

/** The higher of two risks. */
export function higherRisk(a: Risk, b: Risk): Risk {
  return riskRank(a) >= riskRank(b) ? a : b
}
