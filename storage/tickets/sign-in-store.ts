/** Sign-ins at a vendor: an address of ours that one browser goes on from, and the state it is to come back with. Each is kept as its hash, for ten minutes, and taken once. */
import { createHash, randomUUID } from 'node:crypto'
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { writeAudit } from '../queries/audit.ts'
import { atMs, type Sql, type SqlDatabase } from '../queries/sql.ts'
import type { SecretBox } from '../secret-box.ts'
import { connectionRow, sealColumn } from './connection-rows.ts'
import type { Tokens, TokenTimes } from './token-store.ts'

/** How long a person may take to come back, in ms. */
export const SIGN_IN_MS = 600_000
const DAY_MS = 86_400_000

/** A sign-in under way. */
export interface SignIn {
  readonly connectionId: string
  readonly redirectUri: string
  /** Who began it. */
  readonly caller: Caller
  /** Name of the company whose connection it is; null: the MSP's. */
  readonly company: string | null
  /** PKCE. */
  readonly verifier: string
  /** SHA-256 of what the browser alone holds in which a person went on. */
  readonly browser: string
  readonly expiresAtMs: number
}

interface Row {
  connectionId: string
  bound: Uint8Array
  redirectUri: string
  caller: Caller
  company: string | null
  expiresAtMs: number
}

const NOT_OPENED: Pick<SignIn, 'verifier' | 'browser'> = { verifier: '', browser: '' }
const ROW = `o.connection_id as "connectionId", o.verifier as bound, o.redirect_uri as "redirectUri", o.actor as caller, (extract(epoch from o.expires_at) * 1000)::float8 as "expiresAtMs",
  (select c.name from companies c join connections k on k.company_id = c.id where k.id = o.connection_id) as company`

/** Sign-ins over the database. An address and a state are each a row under their hash; a state's has what binds it to a browser, sealed. */
export function signInStore(db: SqlDatabase, { clock, box }: { readonly clock: Clock; readonly box: SecretBox }) {
  const insert = (sql: Sql, hash: Buffer, { connectionId, redirectUri, caller, expiresAtMs }: Pick<SignIn, 'connectionId' | 'redirectUri' | 'caller' | 'expiresAtMs'>, bound: typeof NOT_OPENED): Promise<unknown> => sql.query(
    `insert into oauth_states (state_hash, connection_id, verifier, redirect_uri, actor, expires_at) values ($1, $2, $3, $4, $5::jsonb, ${atMs('$6')})`,
    [hash, connectionId, box.seal(JSON.stringify(bound), verifierName(hash)), redirectUri, JSON.stringify(caller), expiresAtMs])
  const signIn = (hash: Buffer, { bound, ...row }: Row): SignIn | null => {
    const text = box.open(Buffer.from(bound), verifierName(hash)).toString('utf8')
    // The release before wrote a verifier alone: bound to no browser, it is none that may end here.
    return text.startsWith('{') ? { ...row, ...JSON.parse(text) as typeof NOT_OPENED } : null
  }
  const lookAt = async (hash: Buffer): Promise<SignIn | null> => {
    const [row] = await db.query<Row>(`select ${ROW} from oauth_states o where state_hash = $1 and used_at is null and expires_at > ${atMs('$2')}`, [hash, clock.now()])
    return row === undefined ? null : signIn(hash, row)
  }
  const takeRow = async (sql: Sql, hash: Buffer): Promise<SignIn | null> => {
    const [row] = await sql.query<Row>(`update oauth_states o set used_at = ${atMs('$2')} where state_hash = $1 and used_at is null and expires_at > ${atMs('$2')} returning ${ROW}`, [hash, clock.now()])
    return row === undefined ? null : signIn(hash, row)
  }
  return {
    /** Writes an address down; answers when it is over. */
    async begin(key: string, { connectionId, redirectUri, caller }: Pick<SignIn, 'connectionId' | 'redirectUri' | 'caller'>): Promise<string> {
      const nowMs = clock.now()
      await db.transaction(async (sql) => {
        const { companyId, name } = await connectionRow(sql, connectionId)
        await sql.query(`delete from oauth_states where expires_at < ${atMs('$1')}`, [nowMs - DAY_MS])
        await insert(sql, addressHash(key), { connectionId, redirectUri, caller, expiresAtMs: nowMs + SIGN_IN_MS }, NOT_OPENED)
        await writeAudit(sql, caller, { companyId, action: 'connection.connecting', subject: connectionId, before: null, after: { name } }, nowMs)
      }, { durable: true })
      return new Date(nowMs + SIGN_IN_MS).toISOString()
    },

    /** What an address is for; null: there was never one, it is over, or it was used. */
    given: (key: string): Promise<Omit<SignIn, 'verifier' | 'browser'> | null> => lookAt(addressHash(key)),

    /** Uses an address up for a state that is bound to one browser and lasts no longer; null: there was never one, it is over, or it was used. */
    open: (key: string, state: string, bound: Pick<SignIn, 'verifier' | 'browser'>): Promise<SignIn | null> => db.transaction(async (sql) => {
      const opened = await takeRow(sql, addressHash(key))
      if (opened === null) return null
      await insert(sql, hashOf(state), opened, bound)
      return { ...opened, ...bound }
    }, { durable: true }),

    /** The sign-in of a state that was not taken yet. */
    look: (state: string): Promise<SignIn | null> => lookAt(hashOf(state)),

    /** Takes the sign-in of a state; null: there was never one, it is over, or it was taken. */
    take: (state: string): Promise<SignIn | null> => takeRow(db, hashOf(state)),

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

/** An address is no state: neither does for the other. */
function addressHash(key: string): Buffer {
  return hashOf(`address ${key}`)
}

/** What a sealed verifier is bound to. */
function verifierName(hash: Buffer): string {
  return `${hash.toString('hex')} verifier`
}
