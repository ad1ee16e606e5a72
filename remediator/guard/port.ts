/** What the guard judges by, and how it answers. The guard itself is a pure function of this: `judge(facts)` in judge.ts. */
export type { GuardAccount, GuardFacts, GuardIncident, PastRun, StoredFacts, Verdict } from '../../schemas/guard-facts.ts'
