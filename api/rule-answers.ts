/** JSON schemas of rule books and cascading settings; the TypeScript forms stand in schemas/rule-views.ts. */
import { answer, anything, dictionary, list, MODE, nullable, number, text, time, whole, flag } from './json-schema.ts'

const AUTHOR = answer({ kind: text(), id: text(), name: text() })
const MARK = answer({ by: AUTHOR, at: time(), comment: text() })
const REVISION_FIELDS = { scope: text({ description: 'msp, or a company id' }), revision: whole(), author: nullable(AUTHOR), comment: text(), rolledBackTo: nullable(whole()), createdAt: nullable(time()) }

/** A revision without its document. */
export const RULE_REVISION = answer(REVISION_FIELDS)
/** A rule book as it was saved. */
export const RULE_BOOK = answer({ ...REVISION_FIELDS, document: dictionary(anything()) })
/** The rules in effect. */
export const EFFECTIVE_RULES = answer({
  companyId: text(), revision: whole({ description: 'the revision that evidence names' }), mspRevision: whole(), companyRevision: whole(), document: dictionary(anything()),
  origins: list(answer({ list: text(), id: text(), from: text({ enum: ['msp', 'company'] }), since: whole({ description: 'revision of that rule book' }) })),
})

/** One rule asked about one problem. */
export const TRIAL = answer({
  list: text(), ruleId: text(), name: nullable(text()), kind: text(), side: text(), matches: flag(), held: whole(), clauses: whole(), failed: list(text(), { description: 'clauses that do not hold, as written' }),
})
/** Rules asked about one problem. */
export const RULE_TRIALS = answer({ matched: list(TRIAL), nearest: list(TRIAL), asked: whole() })

const CASCADING = {
  windowMs: whole(), maxLifeMs: whole(), joinThreshold: number(), weights: dictionary(number()), requireHmac: flag(), mode: MODE,
  sla: dictionary(answer({ responseMinutes: whole(), resolveMinutes: whole() })), cloud_provider: nullable(text()),
}
const OVERRIDES = { type: 'object', additionalProperties: true, description: 'what is set at this level' }

/** What the MSP sets for all. */
export const MSP_SETTINGS = answer({ revision: whole(), settings: answer(CASCADING), overrides: OVERRIDES, origins: dictionary(MARK), updatedAt: nullable(time()) })
/** A company's settings and where each comes from. */
export const COMPANY_SETTINGS = answer({
  companyId: text(), settingsRevision: whole(), settings: answer({ ...CASCADING, requestsPerMinute: whole(), burst: whole() }), overrides: OVERRIDES,
  effectiveMode: { ...MODE, description: 'whether its tickets and repairs are real: the lower of its mode and AW_MODE' },
  origins: dictionary(answer({ from: text({ enum: ['built_in', 'msp', 'company', 'AW_MODE'], description: 'AW_MODE: of effectiveMode, where the program allows less than the company' }), set: nullable(MARK) })),
})
/** A company that differs. */
export const COMPANY_DIFFERENCES = answer({
  companyId: text(), name: text(),
  differences: list(answer({
    what: text({ enum: ['setting', 'rule'] }), field: text(), how: text({ enum: ['own', 'replaced', 'off'] }), inherited: anything(), value: anything(), set: nullable(MARK),
  })),
})
