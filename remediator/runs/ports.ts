/** What working on runs needs of the rest of the program; `storage/remediation` and `app/roles/remediate.ts` fit these by shape. */
import type { AccountState } from '../../schemas/call-accounts.ts'
import type { StoredFacts, Verdict } from '../../schemas/guard-facts.ts'
import type { HeldRun, IncidentOutlook, RunChange } from '../../schemas/run-work.ts'
import type { Cloud, RunOutcome, RunPlan, RunStatus, RunTarget } from '../../schemas/runs.ts'
import type { CloudAccount, Executor, ExecutorFault } from '../executors/port.ts'

/** Runs as they are kept. Null in place of a run: it is in other hands by now, and nothing was written. */
export interface RunStore {
  /** Takes runs that are due, with a lease. */
  claim(worker: string, limit: number): Promise<readonly HeldRun[]>
  /** Judges in the transaction that does what the verdict says; with `intent` right before the first command, which is then written with it. */
  admit(held: HeldRun, decide: (facts: StoredFacts) => Verdict, intent: RunChange | null): Promise<{ readonly verdict: Verdict; readonly run: HeldRun | null }>
  save(held: HeldRun, change: RunChange): Promise<HeldRun | null>
  /** Gives a run back without a change. */
  release(held: HeldRun): Promise<void>
  /** Marks questions whose time is over. */
  expire(held: HeldRun): Promise<void>
  outlook(held: Pick<HeldRun, 'incidentId' | 'companyId' | 'problemKey'>): Promise<IncidentOutlook | null>
  /** How a command to the incident ended. */
  told(commandId: string): Promise<{ readonly status: 'pending' | 'done' | 'refused'; readonly code: string | null }>
  counts(): Promise<{ readonly byStatus: Readonly<Record<string, number>>; readonly untold: number }>
}

/** The way to a machine, or why there is none. */
export type Reach = { readonly executor: Executor; readonly account: CloudAccount } | { readonly code: string; readonly message: string }

/** What a run is worked with. */
export interface RunTools {
  readonly store: RunStore
  /** Opens the account of a target and finds the executor of its cloud. To `send`, it refuses accounts that are off or that the mode, as it is now, may not use; to `look` after what was sent they serve. */
  readonly reach: (run: HeldRun, target: RunTarget, purpose: 'send' | 'look') => Promise<Reach>
  /** What the guard will say, with what has to be found out before the transaction found out. */
  readonly judgeOf: (run: HeldRun) => Promise<(facts: StoredFacts) => Verdict>
  /** The plan for the machine that was chosen, or why there is none. `isPassing`: a cloud did not answer, so that there may be one a little later. */
  readonly replan: (run: HeldRun, target: RunTarget) => Promise<{ readonly plan: RunPlan } | { readonly code: string; readonly message: string; readonly isPassing?: boolean }>
  /** Whether the projection shows everything the log tells of the company: only then does a problem that is shown as firing still fire. */
  readonly isCaughtUp: (companyId: string) => Promise<boolean>
  readonly gate: CallGate
  /** A number from 0 up to 1, from a seed. */
  readonly jitter: () => number
  readonly metrics: RunMetrics
  readonly news: (run: HeldRun) => void
  readonly logger: RunLog
}

/** What is counted of accounts, as all processes share it: one changes an account at a time. */
export interface GateAccounts {
  change<T>(account: string, connector: string, work: (state: AccountState) => { readonly state: AccountState; readonly answer: T }): Promise<T>
  read(accounts: readonly string[]): Promise<ReadonlyMap<string, AccountState>>
}

/** How often an account may be called, by all processes together. */
export interface CallGate {
  /** Gives the caller a place in the row: 0, go ahead; else how long until its turn, in ms, and then it goes ahead without asking again. */
  take(cloud: Cloud, accountId: string, kind: 'send' | 'ask', nowMs: number): Promise<number>
  /** For a call that commands go before: 0, go ahead, it is counted as one that asks; else ask again after so many ms, and nothing is counted. */
  spare(cloud: Cloud, accountId: string, nowMs: number): Promise<number>
  /** The cloud asked for rest: nobody goes before then. */
  rest(cloud: Cloud, accountId: string, untilMs: number, nowMs: number): Promise<void>
  isResting(cloud: Cloud, accountId: string, nowMs: number): Promise<boolean>
}

/** Counters; labels are bounded. */
export interface RunMetrics {
  ended(status: RunStatus, outcome: RunOutcome | null, isSimulated: boolean): void
  refused(code: string): void
  call(cloud: Cloud, operation: 'send' | 'find' | 'poll' | 'cancel' | 'clean', result: 'ok' | ExecutorFault): void
  queue(byStatus: Readonly<Record<string, number>>, untold: number): void
}

/** What people should read. */
export interface RunLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}
