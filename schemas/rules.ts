/**
 * The rule book: what a company, or the MSP for all of its companies, decides about grouping, quiet, severity and categories. It is versioned data: every
 * change is a new revision, and any revision can be put in force again. Lists cascade by `id`: a company's rules come first, in their order, then those
 * of the MSP whose id the company does not name. A company switches a rule of the MSP off with `{"id": …, "enabled": false}` alone.
 * schemas/rules-check.ts says what is wrong with a rule book, with every limit.
 *
 * A condition is a list of matchers that must all hold, each `<field><operator><value>` as in Alertmanager: `asset=~"web-.*"`,
 * `labels.site!=Leeds`. Fields: asset, signature, source, integration, severity, status, title, message, site, service and labels.<name>; operators: `=`,
 * `!=` (case does not matter), `=~`, `!~` (RE2, anchored at both ends). An absent field is the empty text.
 */

/** Matchers that must all hold; an empty list holds always. */
export type Condition = readonly string[]

interface Rule {
  /** Unique in its list; letters, digits, `-` and `_`. */
  readonly id: string
  /** What people call it. */
  readonly name?: string
  /** Default true. */
  readonly enabled?: boolean
}

/**
 * Problems that hold the condition and agree in all named fields are one incident, whatever their score; others never join them by score. A problem
 * that lacks one of the fields is none of them.
 */
export interface GroupByRule extends Rule { readonly kind: 'group_by'; readonly when: Condition; readonly by: readonly string[] }
/** A problem of the left and one of the right side are never joined, by score or bridge. */
export interface NeverJoinRule extends Rule { readonly kind: 'never_join'; readonly left: Condition; readonly right: Condition }
/** A problem of the left and one of the right side within the window are always joined, where the `equal` fields agree. */
export interface AlwaysJoinRule extends Rule { readonly kind: 'always_join'; readonly left: Condition; readonly right: Condition; readonly equal?: readonly string[] }
/** Taken in order: the first rule that applies between a problem and those of an incident decides. */
export type GroupingRule = GroupByRule | NeverJoinRule | AlwaysJoinRule

/** When a maintenance window is open. Local times are of the time zone; `from` is `HH:MM`; `startsAt` and `endsAt` are ISO 8601 with their offset. */
export type Schedule =
  | { readonly kind: 'once'; readonly startsAt: string; readonly endsAt: string }
  | { readonly kind: 'daily'; readonly from: string; readonly minutes: number }
  /** Days 1 (Monday) to 7. */
  | { readonly kind: 'weekly'; readonly days: readonly number[]; readonly from: string; readonly minutes: number }
  /** The nth (1 to 4; -1: last) given weekday of the month, as patch days are named. */
  | { readonly kind: 'monthly'; readonly nth: number; readonly day: number; readonly from: string; readonly minutes: number }
/** Problems that begin while it is open are kept quiet until it ends. */
export interface MaintenanceRule extends Rule { readonly when: Condition; readonly schedule: Schedule; /** IANA name. */ readonly timeZone: string; readonly reason: string }
/** A mute made by a person. Times are ISO 8601. */
export interface SilenceRule extends Rule { readonly when: Condition; readonly startsAt: string; readonly endsAt: string; readonly reason: string; readonly by: string }
/** While a source problem fires, target problems whose `equal` fields agree with it are quiet. */
export interface InhibitionRule extends Rule { readonly source: Condition; readonly target: Condition; readonly equal: readonly string[] }
/** A problem that clears by itself within so many minutes wakes nobody. */
export interface HoldRule extends Rule { readonly when: Condition; readonly minutes: number }
/** Sets the severity of problems. */
export interface SeverityRule extends Rule { readonly when: Condition; readonly severity: 'critical' | 'high' | 'medium' | 'low' | 'info'; readonly reason?: string }
/** A category beside the default ones, or, with the id of one, in its place. */
export interface CategoryRule extends Rule {
  readonly when?: Condition
  /** Words and phrases that speak for it, lower case. */
  readonly words: readonly string[]
  readonly canResolveAutomatically?: boolean
  readonly action?: 'resolve_automatically' | 'assign' | 'escalate'
}

/** Switches of the built-in patterns and suppressions; absent: the default. */
export interface RuleSwitches {
  /** What is behind an asset that cannot be reached is kept quiet; needs a topology or parent labels. Default true. */
  readonly dependencySuppression?: boolean
  readonly storm?: boolean
  readonly cascade?: boolean
  readonly periodic?: boolean
  readonly recurrence?: boolean
  readonly missing?: boolean
}

/** A whole rule book; every list may be absent. */
export interface RuleBook {
  readonly grouping?: readonly GroupingRule[]
  readonly maintenance?: readonly MaintenanceRule[]
  readonly silences?: readonly SilenceRule[]
  readonly inhibitions?: readonly InhibitionRule[]
  readonly holds?: readonly HoldRule[]
  readonly severities?: readonly SeverityRule[]
  readonly categories?: readonly CategoryRule[]
  readonly switches?: RuleSwitches
}

/** The lists of a rule book that cascade by id. */
export const RULE_LISTS = ['grouping', 'maintenance', 'silences', 'inhibitions', 'holds', 'severities', 'categories'] as const
/** One of them. */
export type RuleList = (typeof RULE_LISTS)[number]

/** A company's word that a rule of the MSP does not hold for it. */
export interface RuleOff { readonly id: string; readonly enabled: false }
/** A rule book as it is stored for one scope: as written, with the rules that are switched off. */
export type StoredRuleBook = { readonly [List in RuleList]?: readonly (NonNullable<RuleBook[List]>[number] | RuleOff)[] } & { readonly switches?: RuleSwitches }

/** The rule book in effect: the company's rules, then those of the MSP that it does not name; rules that are switched off are left out. */
export function effectiveRules(msp: StoredRuleBook, company: StoredRuleBook): RuleBook {
  const book: Record<string, unknown> = {}
  for (const list of RULE_LISTS) {
    const own: readonly (RuleOff | { readonly id: string; readonly enabled?: boolean })[] = company[list] ?? []
    const named = new Set(own.map(({ id }) => id))
    const rules = [...own, ...(msp[list] ?? []).filter(({ id }) => !named.has(id))].filter(({ enabled }) => enabled !== false)
    if (rules.length > 0) book[list] = rules
  }
  const switches = { ...msp.switches, ...company.switches }
  if (Object.keys(switches).length > 0) book['switches'] = switches
  return book
}

/** A rule book in effect as a Settings record carries it; the empty text where it says nothing. */
export function rulesText(book: RuleBook): string {
  return Object.keys(book).length === 0 ? '' : JSON.stringify(book)
}
