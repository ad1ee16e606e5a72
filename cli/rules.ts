/** `aw rules`: rule books of the MSP or of one company: shown, checked, saved, rolled back, compared. */
import type { EffectiveRules, RuleBookView, RuleRevision } from '../schemas/rule-views.ts'
import { mistakeText, ruleBookMistakes, type RuleMistake } from '../schemas/rules-check.ts'
import { RULE_LISTS, type StoredRuleBook } from '../schemas/rules.ts'
import { AppError } from '../schemas/errors.ts'
import type { ApiClient } from './client.ts'
import { jsonIn } from './input.ts'
import { cell, table } from './output.ts'
import { companyNamed } from './send.ts'

/** Whose rules: a company's, or the MSP's where none is named. */
export interface RulesOptions {
  readonly company?: string
}

/** What is shown: a book, and of a company what is in effect. */
export interface ShownRules {
  readonly book: RuleBookView
  readonly effective: EffectiveRules | null
  readonly revisions: readonly RuleRevision[]
}

const REVISIONS_SHOWN = 10

/** The rule book, now or at a revision, with its latest revisions. */
export async function showRules(api: ApiClient, options: RulesOptions & { readonly revision?: number }): Promise<ShownRules> {
  const path = await pathOf(api, options)
  const [book, { items }] = await Promise.all([
    api.call<RuleBookView>('GET', options.revision === undefined ? path : `${path}/revisions/${options.revision}`), api.call<{ items: RuleRevision[] }>('GET', `${path}/revisions?limit=${REVISIONS_SHOWN}`),
  ])
  return { book, effective: options.company === undefined || options.revision !== undefined ? null : await api.call<EffectiveRules>('GET', `${path}/effective`), revisions: items }
}

/** The same as a person reads it. */
export function rulesText({ book, effective, revisions }: ShownRules): string {
  const head = book.revision === 0 ? `no rule book was saved yet (${book.scope})` : `revision ${book.revision} of ${book.scope}, saved ${book.createdAt ?? ''} by ${cell(book.author?.name ?? '', 60)}: ${cell(book.comment === '' ? '-' : book.comment, 100)}`
  const inEffect = effective === null ? [] : ['', `in effect: revision ${effective.revision} (MSP ${effective.mspRevision}, company ${effective.companyRevision})`, ...originLines(effective)]
  const known = revisions.length === 0 ? [] : ['', table(['revision', 'saved', 'by', 'why'], revisions.map((one) => [one.revision, one.createdAt ?? '', cell(one.author?.name ?? '', 30), `${one.rolledBackTo === null ? '' : `(back to ${one.rolledBackTo}) `}${cell(one.comment, 80)}`]))]
  return [head, '', JSON.stringify(book.document, null, 2), ...inEffect, ...known].join('\n')
}

function originLines({ origins }: EffectiveRules): readonly string[] {
  if (origins.length === 0) return ['no rules']
  return [table(['rule', 'from', 'since revision'], origins.map(({ list, id, from, since }) => [`${list}/${id}`, from, since]))]
}

/** Everything wrong with a file; no server needed. */
export function checkRules(file: string): { readonly file: string; readonly mistakes: readonly RuleMistake[] } {
  return { file, mistakes: ruleBookMistakes(jsonIn(file, 'the file')) }
}

/** What checking found. */
export function checkText({ file, mistakes }: ReturnType<typeof checkRules>): string {
  return mistakes.length === 0 ? `${file}: no mistakes` : mistakes.map((mistake) => mistakeText(mistake)).join('\n')
}

/** Saves a file as the rule book. */
export async function setRules(api: ApiClient, file: string, options: RulesOptions & { readonly comment: string; readonly expected?: number }): Promise<RuleBookView> {
  const { mistakes } = checkRules(file)
  if (mistakes.length > 0) throw new AppError('bad_request', `${file}: ${mistakes.map((mistake) => mistakeText(mistake)).join('; ')}`)
  const document = jsonIn(file, 'the file')
  return api.call<RuleBookView>('PUT', await pathOf(api, options), { document, comment: options.comment, ...(options.expected === undefined ? {} : { expectedRevision: options.expected }) })
}

/** Puts an earlier revision in force again. */
export async function rollBackRules(api: ApiClient, revision: number, options: RulesOptions & { readonly comment: string }): Promise<RuleBookView> {
  return api.call<RuleBookView>('POST', `${await pathOf(api, options)}/rollback`, { revision, comment: options.comment })
}

/** What saving changed. */
export function savedText({ scope, revision, rolledBackTo }: RuleBookView): string {
  return `revision ${revision} of ${scope === 'msp' ? 'the rules for all companies' : `the rules of ${scope}`} is in force${rolledBackTo === null ? '' : `, which repeats revision ${rolledBackTo}`}; it decides on what comes from now on`
}

/** How two revisions differ, rule by rule. */
export interface RuleChange {
  readonly rule: string
  readonly change: 'added' | 'removed' | 'changed'
  readonly before: unknown
  readonly after: unknown
}

/** Compares two revisions, or the present book with the one before it. */
export async function diffRules(api: ApiClient, options: RulesOptions & { readonly from?: number; readonly to?: number }): Promise<{ readonly from: number; readonly to: number; readonly changes: readonly RuleChange[] }> {
  const path = await pathOf(api, options)
  const to = await api.call<RuleBookView>('GET', options.to === undefined ? path : `${path}/revisions/${options.to}`)
  const from = await api.call<RuleBookView>('GET', `${path}/revisions/${options.from ?? Math.max(0, to.revision - 1)}`)
  const [before, after] = [byName(from.document), byName(to.document)]
  const changes = [...new Set([...before.keys(), ...after.keys()])].flatMap((rule): RuleChange[] => {
    const [was, is] = [before.get(rule), after.get(rule)]
    if (JSON.stringify(was) === JSON.stringify(is)) return []
    return [{ rule, change: was === undefined ? 'added' : is === undefined ? 'removed' : 'changed', before: was ?? null, after: is ?? null }]
  })
  return { from: from.revision, to: to.revision, changes }
}

/** What differs, as a person reads it. */
export function ruleDiffText({ from, to, changes }: Awaited<ReturnType<typeof diffRules>>): string {
  if (changes.length === 0) return `revisions ${from} and ${to} say the same`
  return [`from revision ${from} to ${to}`, ...changes.flatMap(({ rule, change, before, after }) => [`${change.padEnd(8)}  ${rule}`, ...(before === null ? [] : [`  - ${JSON.stringify(before)}`]), ...(after === null ? [] : [`  + ${JSON.stringify(after)}`])])].join('\n')
}

function byName(book: StoredRuleBook): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ...RULE_LISTS.flatMap((list) => (book[list] ?? []).map((rule) => [`${list}/${rule.id}`, rule] as const)),
    ...Object.entries(book.switches ?? {}).map(([name, value]) => [`switches/${name}`, value] as const),
  ])
}

async function pathOf(api: ApiClient, { company }: RulesOptions): Promise<string> {
  return company === undefined ? '/api/rules' : `/api/companies/${(await companyNamed(api, company)).id}/rules`
}
