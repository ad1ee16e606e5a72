/**
 * Tokens of connections, sealed, and who may renew them now.
 *
 * A lease in the row lets one process at a time renew. New tokens are written in one statement that compares with the mark of those it began from: what somebody
 * stored meanwhile is never overwritten, and a refresh token that was rotated is on disk before anybody gives the old one up. A lease whose holder never came back
 * says that an answer may be lost.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../schemas/clock.ts'
import type { Environment } from '../../schemas/tickets.ts'
import { atMs, type SqlDatabase } from '../queries/sql.ts'
import type { SecretBox } from '../secret-box.ts'
import { noConnection, openColumn, sealColumn } from './connection-rows.ts'

/** Tokens as a vendor gave them. */
export interface Tokens {
  readonly accessToken: string
  /** Null: there is none, as with client credentials. */
  readonly refreshToken: string | null
  readonly scope: string | null
  readonly obtainedAtMs: number
}

/** How the tokens of a connection stand. */
export interface TokenState {
  readonly tokens: Tokens | null
  readonly expiresAtMs: number | null
  /** Why none can be had until somebody mends it. */
  readonly holdError: string | null
  /** Refreshes that failed since the last good one. */
  readonly tries: number
  /** A refresh was sent and its answer never came. */
  readonly isUnsure: boolean
  /** What a writer has to have seen: the mark of the tokens, and the version of the connection where there were none. */
  readonly seen: { readonly mark: string | null; readonly version: number }
}

/** When new tokens end, and when they are to be renewed; null: not known, and never. */
export interface TokenTimes {
  readonly expiresAtMs: number | null
  readonly dueAtMs: number | null
}

interface Row {
  sealed: Uint8Array | null
  expiresAtMs: number | null
  holdError: string | null
  tries: number
  isUnsure: boolean
  mark: string | null
  version: number
}

const COLUMNS = `tokens as sealed, (extract(epoch from token_expires_at) * 1000)::float8 as "expiresAtMs", hold_error as "holdError", token_tries as tries, is_token_unsure as "isUnsure", token_mark as mark, version::float8 as version`
const FREE = 'token_holder = null, token_held_until = null'

/** Tokens over the database; for the program itself, nobody's rights are asked. */
export function tokenStore(db: SqlDatabase, { clock, box }: { readonly clock: Clock; readonly box: SecretBox }) {
  const stateOf = (id: string, { sealed, mark, version, ...rest }: Row): TokenState => {
    const text = openColumn(box, id, 'tokens', sealed)
    return { ...rest, tokens: text === null ? null : (JSON.parse(text) as Tokens), seen: { mark, version } }
  }

  return {
    /** Throws `not_found`. */
    async read(id: string): Promise<TokenState> {
      const [row] = await db.query<Row>(`select ${COLUMNS} from connections where id = $1`, [id])
      if (row === undefined) throw noConnection()
      return stateOf(id, row)
    },

    /** Takes the right to renew for so long; null: somebody else has it, or the connection is gone. */
    async hold(id: string, holder: string, forMs: number): Promise<TokenState | null> {
      const nowMs = clock.now()
      const [row] = await db.query<Row>(
        `update connections set is_token_unsure = is_token_unsure or (token_holder is not null and token_holder <> $2), token_holder = $2, token_held_until = ${atMs('$4')}
         where id = $1 and (token_held_until is null or token_held_until <= ${atMs('$3')} or token_holder = $2) returning ${COLUMNS}`,
        [id, holder, nowMs, nowMs + forMs])
      return row === undefined ? null : stateOf(id, row)
    },

    /** Gives the right back; nothing was asked for. */
    async release(id: string, holder: string): Promise<void> {
      await db.query(`update connections set ${FREE} where id = $1 and token_holder = $2`, [id, holder])
    },

    /** Keeps new tokens and gives the right back. False: the connection was changed or got others since `seen`, and these are not kept. */
    async keep(id: string, { mark, version }: TokenState['seen'], tokens: Tokens, { expiresAtMs, dueAtMs }: TokenTimes): Promise<boolean> {
      const kept = await db.query(
        `update connections set tokens = $2, token_mark = $7, token_expires_at = ${atMs('$3')}, token_due_at = ${atMs('$4')}, ${FREE}, token_tries = 0, is_token_unsure = false, hold_error = null, last_error = null
         where id = $1 and token_mark is not distinct from $5 and ($5::text is not null or version = $6) returning 1`,
        [id, sealColumn(box, id, 'tokens', JSON.stringify(tokens)), expiresAtMs, dueAtMs, mark, version, randomUUID()])
      return kept.length > 0
    },

    /** A refresh failed: when it is tried again, and whether its answer may be lost. */
    async failed(id: string, holder: string, { error, dueAtMs, isUnsure }: { readonly error: string; readonly dueAtMs: number; readonly isUnsure: boolean }): Promise<void> {
      await db.query(
        `update connections set ${FREE}, token_tries = token_tries + 1, is_token_unsure = is_token_unsure or $4, token_due_at = ${atMs('$3')}, last_error = $5 where id = $1 and token_holder = $2`,
        [id, holder, dueAtMs, isUnsure, error])
    },

    /** Nothing more can be had until somebody mends it; with `dueAtMs` it is tried once more by itself then. */
    async giveUp(id: string, holder: string, error: string, dueAtMs: number | null): Promise<void> {
      await db.query(`update connections set ${FREE}, hold_error = $3, token_due_at = ${atMs('$4')} where id = $1 and token_holder = $2`, [id, holder, error, dueAtMs])
    },

    /** Connections in use whose tokens are to be renewed, and those that have none yet. */
    async due(environments: readonly Environment[], limit: number): Promise<readonly string[]> {
      const rows = await db.query<{ id: string }>(
        `select id from connections where enabled and environment = any($1::text[]) and (token_due_at <= ${atMs('$2')} or (auth = 'oauth2_client' and tokens is null and token_due_at is null and hold_error is null))
           and (token_held_until is null or token_held_until <= ${atMs('$2')}) order by token_due_at nulls last limit $3`,
        [[...environments], clock.now(), limit])
      return rows.map(({ id }) => id)
    },

    /** Frees every right to renew: for a database that one process owns, whose last process is dead. */
    async freeAll(): Promise<void> {
      await db.query(`update connections set is_token_unsure = true, ${FREE} where token_holder is not null`)
    },
  }
}

/** Tokens, as the rest of the program uses them. */
export type TokenStore = ReturnType<typeof tokenStore>
