/**
 * The rule book: what a company, or the MSP for all of its companies, decides about grouping, quiet, severity and categories. It is versioned data: every
 * change is a new revision, and any revision can be put in force again. Lists cascade by `id`: a company's rule stands in place of the MSP's
 * rule of the same id; `enabled: false` switches that one off.
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

/** Problems that hold the condition and agree in all named fields are one incident, whatever their score; others never join them. */
export interface GroupByRule extends Rule { readonly kind: 'group_by'; readonly when: Condition; readonly by: readonly string[] }
/** A problem of the left and one of the right side are never joined, by score or bridge. */
export interface NeverJoinRule extends Rule { readonly kind: 'never_join'; readonly left: Condition; readonly right: Condition }
/** A problem of the left and one of the right side within the window are always joined, where the `equal` fields agree. */
export interface AlwaysJoinRule extends Rule { readonly kind: 'always_join'; readonly left: Condition; readonly right: Condition; readonly equal?: readonly string[] }
/** The first rule that applies decides. */
export type GroupingRule = GroupByRule | NeverJoinRule | AlwaysJoinRule

/** When a maintenance window is open. Local times are of the time zone; `from` is `HH:MM`. */
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
