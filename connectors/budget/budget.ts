/** The call budget as the HTTP client asks it: one object for each piece of work, over the account's row that all processes share. */
import { NEW_ACCOUNT, type AccountState, type BudgetView } from '../../schemas/call-accounts.ts'
import type { Clock } from '../../schemas/clock.ts'
import { ConnectorError, type ConnectorCode, type Pace } from '../port.ts'
import { mended, wentWell, wentWrong } from './hold.ts'
import { afterCall } from './learn.ts'
import { READ_BACK } from './limits.ts'
import { takeTurn, type Turn } from './take.ts'
import { budgetView } from './view.ts'

/** Longest wait for a turn before the caller is told to come again, in ms. */
const WAIT_MS = 2_000
/** A call has ended after this, whatever becomes of it: the client's time limit and what comes around it. */
const CALL_MS = 40_000

/** Accounts as they are kept. */
export interface AccountStore {
  change<T>(account: string, connector: string, work: (state: AccountState) => { readonly state: AccountState; readonly answer: T }): Promise<T>
  read(accounts: readonly string[]): Promise<ReadonlyMap<string, AccountState>>
}

/** What it is opened with. */
export interface BudgetOptions {
  readonly accounts: AccountStore
  readonly clock: Clock
  /** A number from 0 up to 1, from a seed. */
  readonly jitter: () => number
  readonly newId: () => string
  /** 2,000 unless a test says otherwise. */
  readonly waitMs?: number
}

/** Calls of a piece of work that were let go. */
export interface Sent {
  readonly calls: number
  readonly writes: number
  /** The newest one was a write. */
  readonly isLastWrite: boolean
}

/** The budget of one piece of work. */
export interface WorkBudget {
  take(call: { readonly account: string; readonly urgency: number; readonly isWrite: boolean; readonly ticketId: string | null; readonly signal?: AbortSignal }): Promise<void>
  answered(call: { readonly account: string; readonly status: number | null; readonly headers: Headers | null; readonly atMs: number; readonly outcome: 'success' | ConnectorCode; readonly retryAfterMs: number | null }): Promise<void>
  /** Calls that were let go so far. */
  sent(): Sent
}

const WHY: Readonly<Record<Extract<Turn, { kind: 'wait' }>['why'], string>> = {
  blocked: 'the other side asked us to wait', breaker: 'it failed several times in a row and is left alone for a while', at_once: 'as many calls as it bears are under way', limit: 'the calls it allows are used up, but for what is kept for more urgent work',
}

/** Opens the budget of this process. */
export function openBudget({ accounts, clock, jitter, newId, waitMs = WAIT_MS }: BudgetOptions) {
  return {
    /** For one piece of work. `fence` throws where the work may no longer call; it is asked right before each call. */
    forWork(connector: string, pace: Pace, fence: () => void = () => undefined): WorkBudget {
      const slots: string[] = []
      let calls = 0
      let writes = 0
      let isLastWrite = false
      return {
        sent: () => ({ calls, writes, isLastWrite }),
        async take({ account, urgency, isWrite, signal }) {
          // A ticket that is read back is not begun unless there is room for it now; what has begun is ended, or its calls were for nothing.
          const isReadBack = urgency >= READ_BACK
          const isBegin = isReadBack && calls === 0
          const endMs = clock.now() + (isBegin ? 0 : waitMs)
          for (;;) {
            fence()
            const slotId = newId()
            const turn = await accounts.change(account, connector, (state) => {
              const nowMs = clock.now()
              const given = takeTurn(state, pace, { urgency: isReadBack && !isBegin ? READ_BACK - 1 : urgency, isWrite, isReadBack, slotId, untilMs: nowMs + CALL_MS }, nowMs)
              return { state: given.state, answer: given }
            })
            if (turn.kind === 'go') {
              slots.push(slotId)
              calls += 1
              if (isWrite) writes += 1
              isLastWrite = isWrite
              return
            }
            const nowMs = clock.now()
            const pauseMs = Math.max(1, Math.ceil(turn.atMs - nowMs))
            if (nowMs + pauseMs > endMs) throw new ConnectorError('budget', `not called: ${WHY[turn.why]}; it goes on by itself in ${Math.ceil(pauseMs / 1_000)} s`, { retryAfterMs: pauseMs })
            await paused(clock, pauseMs, signal)
          }
        },
        async answered({ account, headers, atMs, outcome, retryAfterMs }) {
          const slotId = slots.shift() ?? ''
          await accounts.change(account, connector, (state) => ({ state: afterCall(state, pace, { slotId, headers, outcome, retryAfterMs, atMs: Math.max(atMs, clock.now()), jitter: jitter() }), answer: null }))
        },
      }
    },

    /** A whole order went well: nothing is held. Answers whether it was until now. */
    wentWell: (account: string, connector: string): Promise<boolean> => accounts.change(account, connector, (state) => ({ state: wentWell(state, clock.now()), answer: state.heldCode !== null })),

    /** An order failed; `isHeld`: of a kind that fails for everybody until it is mended. */
    wentWrong: (account: string, connector: string, code: ConnectorCode, error: string, isHeld: boolean): Promise<null> => accounts.change(account, connector, (state) => ({ state: wentWrong(state, code, error, isHeld, clock.now()), answer: null })),

    /** Somebody mended the connection: it is tried anew at once. */
    mended: (account: string, connector: string): Promise<null> => accounts.change(account, connector, (state) => ({ state: mended(state), answer: null })),

    /** What is left of an account's calls. */
    async view(account: string, pace: Pace): Promise<BudgetView> {
      const state = (await accounts.read([account])).get(account) ?? NEW_ACCOUNT
      return budgetView(account, state, pace, clock.now())
    },
  }
}

/** The budget as the rest of the program uses it. */
export type Budget = ReturnType<typeof openBudget>

async function paused(clock: Clock, pauseMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await clock.sleep(pauseMs, signal)
  } catch {
    throw new ConnectorError('aborted', 'the work was ended before its call')
  }
}
