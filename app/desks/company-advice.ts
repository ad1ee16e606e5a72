/** Advice for a company: its recorded problems read, judged, and where a person says so turned into a rule of its book. */
import type { AdviceQuery, Advices, RuleStore } from '../../api/ports.ts'
import { advise } from '../../correlator/advice/advise.ts'
import type { Advice, AdviceView } from '../../schemas/advice.ts'
import type { Caller } from '../../schemas/access.ts'
import { AppError } from '../../schemas/errors.ts'
import type { RuleBook, StoredRuleBook } from '../../schemas/rules.ts'
import type { FactSource } from '../../storage/queries/analytics.ts'
import { pastProblems } from '../../storage/queries/past-problems.ts'

/** Problems read at once. */
const PROBLEMS_MAX = 50_000

/** Over the facts and the rule books. */
export function companyAdvice({ facts, rules }: { readonly facts: FactSource; readonly rules: RuleStore }): Advices {
  async function view({ scope }: Pick<Caller, 'scope'>, query: AdviceQuery): Promise<AdviceView & { readonly revision: number; readonly book: StoredRuleBook; readonly inForce: RuleBook }> {
    const { companyId, fromMs, toMs, timeZone } = query
    // Also says whether the caller manages the company.
    const { revision, document: book } = await rules.get(scope, companyId)
    const { document: inForce } = await rules.effective(scope, companyId)
    const problems = await pastProblems(facts, { companyId, fromMs, toMs, limit: PROBLEMS_MAX })
    const items = await slowly(advise(problems, { fromMs, toMs, timeZone, book: inForce }))
    return { companyId, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), timeZone, problems: problems.length, isCut: problems.length === PROBLEMS_MAX, items, revision, book, inForce }
  }

  async function found(caller: Caller, query: AdviceQuery, id: string): Promise<{ readonly one: Advice; readonly book: StoredRuleBook; readonly inForce: RuleBook; readonly revision: number }> {
    const { items, book, inForce, revision } = await view(caller, query)
    const one = items.find((item) => item.id === id)
    if (one === undefined) throw new AppError('not_found', 'there is no such advice for this time, or it no longer stands; list it again')
    if (one.proposal === null) throw new AppError('conflict', 'this advice is to be followed in the tool; no rule helps')
    if (one.isApplied) throw new AppError('conflict', 'the rules in force hold this advice already')
    return { one, book, inForce, revision }
  }

  return {
    async list(caller, query) {
      const { companyId, from, to, timeZone, problems, isCut, items } = await view(caller, query)
      return { companyId, from, to, timeZone, problems, isCut, items }
    },
    async proposed(caller, query, id) {
      const { one, inForce } = await found(caller, query, id)
      return { advice: one, rules: withRule(inForce, one) }
    },
    async apply(caller, query, id) {
      const { one, book, revision } = await found(caller, query, id)
      const saved = await rules.save(caller, query.companyId, { document: withRule(book, one), comment: `Advice ${one.id}: ${one.text}`.slice(0, COMMENT_CHARS), expectedRevision: revision })
      return { advice: { ...one, isApplied: true }, revision: saved.revision }
    },
  }
}

/** As the comment of a revision may be. */
const COMMENT_CHARS = 500

/** The book with the rule of the advice; a rule of its id that is switched off gives way. */
function withRule<B extends StoredRuleBook>(book: B, { proposal }: Advice): B {
  if (proposal === null) return book
  return { ...book, [proposal.list]: [...(book[proposal.list] ?? []).filter(({ id }) => id !== proposal.rule.id), proposal.rule] }
}

/** Runs the steps with a turn of the event loop between them. */
async function slowly<T>(steps: Generator<undefined, T>): Promise<T> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await new Promise((resolve) => setImmediate(resolve))
  }
}
