/** The JSON forms in which rule books, cascading settings and what differs are answered. */
import type { MspOverrides, Overrides, SettingMark } from './settings-cascade.ts'
import type { RuleBook, RuleList, StoredRuleBook } from './rules.ts'
import type { CompanySettings } from './settings.ts'

/** Who did something, as the audit log names them. */
export interface Author { readonly kind: string; readonly id: string; readonly name: string }

/** One revision without its document. */
export interface RuleRevision {
  /** `msp`, or a company id. */
  readonly scope: string
  /** From 1; 0 where nothing was ever saved. */
  readonly revision: number
  readonly author: Author | null
  readonly comment: string
  readonly rolledBackTo: number | null
  readonly createdAt: string | null
}

/** A rule book of one scope as it was saved. */
export interface RuleBookView extends RuleRevision {
  readonly document: StoredRuleBook
}

/** What a person saves. */
export interface RuleBookDraft {
  readonly document: unknown
  readonly comment: string
  /** The revision the change was made on; null: whatever is there. */
  readonly expectedRevision: number | null
}

/** Where one rule in effect comes from. */
export interface RuleOrigin {
  readonly list: RuleList | 'switches'
  readonly id: string
  readonly from: 'msp' | 'company'
  /** Revision of that rule book since which the rule stands as it does. */
  readonly since: number
}

/** A company's rules in effect. */
export interface EffectiveRules {
  readonly companyId: string
  /** The revision that evidence names; 0: no rules yet. */
  readonly revision: number
  readonly mspRevision: number
  readonly companyRevision: number
  readonly document: RuleBook
  readonly origins: readonly RuleOrigin[]
}

/** What the MSP sets for all. */
export interface MspSettingsView {
  readonly revision: number
  /** What it sets itself. */
  readonly overrides: MspOverrides
  /** What a company without settings of its own has. */
  readonly settings: CompanySettings
  readonly origins: Readonly<Record<string, SettingMark>>
  readonly updatedAt: string | null
}

/** Where a value comes from. */
export interface SettingOrigin {
  /** `AW_MODE`: the program allows less than the company. */
  readonly from: 'built_in' | 'msp' | 'company' | 'AW_MODE'
  readonly set: SettingMark | null
}

/** A company's settings in effect, and where each value comes from. */
export interface CompanySettingsView {
  readonly companyId: string
  readonly settingsRevision: number
  readonly overrides: Overrides
  readonly settings: CompanySettings
  /** By setting, and by value of the tables that somebody sets. */
  readonly origins: Readonly<Record<string, SettingOrigin>>
}

/** One thing in which a company differs from what the MSP sets for all. */
export interface Difference {
  readonly what: 'setting' | 'rule'
  /** `windowMs`, `weights.text`, or `grouping/<id>`, `switches/storm`. */
  readonly field: string
  /** own: the MSP has none of this name; replaced: in place of the MSP's; off: the MSP's is switched off. */
  readonly how: 'own' | 'replaced' | 'off'
  readonly inherited: unknown
  readonly value: unknown
  /** Null for what was set before this was written down. */
  readonly set: SettingMark | null
}

/** A company that differs. */
export interface CompanyDifferences {
  readonly companyId: string
  readonly name: string
  readonly differences: readonly Difference[]
}
