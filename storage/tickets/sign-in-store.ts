/** Browsers that were sent to a vendor and are to come back: each state is kept as its hash, for ten minutes, and taken once. */
import { createHash, randomUUID } from 'node:crypto'
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { writeAudit } from '../queries/audit.ts'
import { atMs, type SqlDatabase } from '../queries/sql.ts'
import type { SecretBox } from '../secret-box.ts'
import { connectionRow, sealColumn } from './connection-rows.ts'
import type { Tokens, TokenTimes } from './token-store.ts'

/** How long a person may take to come back, in ms. */
export const SIGN_IN_MS = 600_000
const DAY_MS = 86_400_000

/** A sign-in under way. */
export interface SignIn {
  readonly connectionId: string
  /** PKCE. */
  readonly verifier: string
  readonly redirectUri: string
  /** Who began it. */
  readonly caller: Caller
}

interface Row {
  connectionId: string
  verifier: Uint8Array
  redirectUri: string
  actor: Caller
}

/** Sign-ins over the database. */
export function signInStore(db: SqlDatabase, { clock, box }: { readonly clock: Clock; readonly box: SecretBox }) {
  return {
    /** Writes one down; answers when it is over. */
    async begin(state: string, { connectionId, verifier, redirectUri, caller }: SignIn): Promise<string> {
      const [nowMs, hash] = [clock.now(), hashOf(state)]
      await db.transaction(async (sql) => {
        const { companyId, name } = await connectionRow(sql, connectionId)
        await sql.query(`delete from oauth_states where expires_at < ${atMs('$1')}`, [nowMs - DAY_MS])
        await sql.query(
          `insert into oauth_states (state_hash, connection_id, verifier, redirect_uri, actor, expires_at) values ($1, $2, $3, $4, $5::jsonb, ${atMs('$6')})`,
          [hash, connectionId, box.seal(verifier, verifierName(hash)), redirectUri, JSON.stringify(caller), nowMs + SIGN_IN_MS])
        await writeAudit(sql, caller, { companyId, action: 'connection.connecting', subject: connectionId, before: null, after: { name } }, nowMs)
      }, { durable: true })
      return new Date(nowMs + SIGN_IN_MS).toISOString()
    },

    /** Takes the sign-in of a state; null: there was never one, it is over, or it was taken. */
    async take(state: string): Promise<SignIn | null> {
      const hash = hashOf(state)
      const [row] = await db.query<Row>(
        `update oauth_states set used_at = ${atMs('$2')} where state_hash = $1 and used_at is null and expires_at > ${atMs('$2')} returning connection_id as "connectionId", verifier, redirect_uri as "redirectUri", actor`, [hash, clock.now()])
      if (row === undefined) return null
      const { connectionId, redirectUri, actor, verifier } = row
      return { connectionId, redirectUri, caller: actor, verifier: box.open(Buffer.from(verifier), verifierName(hash)).toString('utf8') }
    },

    /** Keeps the tokens a person agreed to, in their name. False: the connection was changed since `version`, and they are not kept. */
    async finish(caller: Caller, connectionId: string, version: number, tokens: Tokens, { expiresAtMs, dueAtMs }: TokenTimes): Promise<boolean> {
      const nowMs = clock.now()
      return db.transaction(async (sql) => {
        const row = await connectionRow(sql, connectionId, 'for update')
        if (row.version !== version) return false
        await sql.query(
          `update connections set tokens = $2, token_mark = $5, token_expires_at = ${atMs('$3')}, token_due_at = ${atMs('$4')}, token_holder = null, token_held_until = null, token_tries = 0, is_token_unsure = false, hold_error = null, last_error = null where id = $1`,
          [connectionId, sealColumn(box, connectionId, 'tokens', JSON.stringify(tokens)), expiresAtMs, dueAtMs, randomUUID()])
        await writeAudit(sql, caller, { companyId: row.companyId, action: 'connection.connected', subject: connectionId, before: { isConnected: row.hasTokens && row.holdError === null }, after: { name: row.name, scope: tokens.scope } }, nowMs)
        return true
      }, { durable: true })
    },
  }
}

/** Sign-ins, as the rest of the program uses them. */
export type SignInStore = ReturnType<typeof signInStore>

function hashOf(state: string): Buffer {
  return createHash('sha256').update(state).digest()
}

/** What a sealed verifier is bound to. */
function verifierName(hash: Buffer): string {
  return `${hash.toString('hex')} verifier`
}
