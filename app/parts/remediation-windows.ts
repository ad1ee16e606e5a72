/** Which maintenance windows of a company hold a machine: the rules in force, their schedules and their conditions, joined for the guard. */
import { openUntil } from '../../correlator/quiet/schedule.ts'
import { holds, parseCondition, type Subject } from '../../schemas/conditions.ts'
import type { PlanProblem } from '../../schemas/remediation-match.ts'
import type { RuleBook } from '../../schemas/rules.ts'
import type { RunTarget } from '../../schemas/runs.ts'
import { settingsInForce } from '../../storage/queries/company-settings.ts'
import type { Sql } from '../../storage/queries/sql.ts'

/** What a run is about. */
export interface WindowQuestion {
  readonly targets: readonly Pick<RunTarget, 'asset'>[]
  /** The problem it is run for; null: none. */
  readonly problem: Omit<PlanProblem, 'problemKey' | 'count'> | null
}

/** Ids of the windows that are open at an instant for one of the machines. A company's windows are read once; the answer may be asked for many instants. */
export type WindowsAt = (question: WindowQuestion, atMs: number) => readonly string[]

/** Reads the company's maintenance windows as they stand. */
export async function readWindows(sql: Sql, companyId: string): Promise<WindowsAt> {
  const text = (await settingsInForce(sql, companyId))?.rules ?? ''
  const book = text === '' ? {} : (JSON.parse(text) as RuleBook)
  return windowsOf(book.maintenance ?? [])
}

/** The same of rules that are at hand. */
export function windowsOf(rules: NonNullable<RuleBook['maintenance']>): WindowsAt {
  const windows = rules.filter(({ enabled }) => enabled !== false).map((rule) => ({ rule, when: parseCondition(rule.when) }))
  return ({ targets, problem }, atMs) => {
    const subjects = targets.map(({ asset }): Subject => ({ ...problem ?? NO_PROBLEM, asset })).concat(problem ?? [])
    return windows.filter(({ rule, when }) => openUntil(rule.schedule, rule.timeZone, atMs) !== null && subjects.some((subject) => holds(when, subject))).map(({ rule }) => rule.id)
  }
}

const NO_PROBLEM: Subject = { asset: null, signature: null, source: '', integrationId: '', severity: 'unknown', status: 'firing', title: '', message: '', labels: {} }
