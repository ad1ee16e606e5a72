/** Accounts of PSAs: one row for all processes, changed by one at a time. What is reckoned with it stands elsewhere. */
import { NEW_ACCOUNT, type AccountState } from '../../schemas/call-accounts.ts'
import type { Clock } from '../../schemas/clock.ts'
import { atMs, type Sql, type SqlDatabase } from '../queries/sql.ts'

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`
const SELECT = `select account, windows, learned, under_way as "underWay", ${ms('blocked_until')} as "blockedUntilMs", ${ms('ready_at')} as "readyAtMs", ${ms('ready_critical_at')} as "readyCriticalAtMs", breaker, held_code as "heldCode",
  ${ms('held_until')} as "heldUntilMs", ${ms('last_ok_at')} as "lastOkAtMs", last_error as "lastError", ${ms('last_error_at')} as "lastErrorAtMs" from call_accounts`

interface Row extends Omit<AccountState, 'breaker'> {
  readonly account: string
  readonly breaker: Partial<AccountState['breaker']>
}

/** Opens them. */
export function callAccounts(db: SqlDatabase, { clock }: { readonly clock: Clock }) {
  return {
    /** Changes an account; `work` sees it as it is, alone. Not awaited by the disk: what a power cut forgets is a second of counting. */
    change: <T>(account: string, connector: string, work: (state: AccountState) => { readonly state: AccountState; readonly answer: T }): Promise<T> => db.transaction(async (sql) => {
      let [row] = await sql.query<Row>(`${SELECT} where account = $1 for update`, [account])
      if (row === undefined) {
        await sql.query(`insert into call_accounts (account, connector, updated_at) values ($1, $2, ${atMs('$3')}) on conflict do nothing`, [account, connector, clock.now()]);
        [row] = await sql.query<Row>(`${SELECT} where account = $1 for update`, [account])
      }
      const before = row === undefined ? NEW_ACCOUNT : stateOf(row)
      const { state, answer } = work(before)
      if (state !== before) await write(sql, account, state, clock.now())
      return answer
    }, { durable: false }),

    /** Accounts as they are, by name. */
    async read(accounts: readonly string[]): Promise<ReadonlyMap<string, AccountState>> {
      const rows = await db.query<Row>(`${SELECT} where account = any($1::text[])`, [[...accounts]])
      return new Map(rows.map((row) => [row.account, stateOf(row)]))
    },
  }
}

/** Accounts, as the rest of the program uses them. */
export type CallAccounts = ReturnType<typeof callAccounts>

function stateOf(row: Row): AccountState {
  return { ...row, breaker: { ...NEW_ACCOUNT.breaker, ...row.breaker } }
}

async function write(sql: Sql, account: string, state: AccountState, nowMs: number): Promise<void> {
  await sql.query(
    `update call_accounts set windows = $2::jsonb, learned = $3::jsonb, under_way = $4::jsonb, blocked_until = ${atMs('$5')}, ready_at = ${atMs('$6')}, ready_critical_at = ${atMs('$7')}, breaker = $8::jsonb, held_code = $9, held_until = ${atMs('$10')},
       last_ok_at = ${atMs('$11')}, last_error = $12, last_error_at = ${atMs('$13')}, updated_at = ${atMs('$14')} where account = $1`,
    [account, JSON.stringify(state.windows), JSON.stringify(state.learned), JSON.stringify(state.underWay), state.blockedUntilMs, state.readyAtMs, state.readyCriticalAtMs, JSON.stringify(state.breaker), state.heldCode, state.heldUntilMs,
      state.lastOkAtMs, state.lastError, state.lastErrorAtMs, nowMs])
}
