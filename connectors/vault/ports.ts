/** What the vault needs of the rest: what is stored, by shape of storage/tickets, and where its own calls are recorded. */
import type { Caller } from '../../schemas/access.ts'
import type { ConnectionView, OutsideCall } from '../../schemas/tickets.ts'
import type { Credentials, OpenConnection } from '../port.ts'

/** Why a connection is opened. */
export interface VaultUse {
  readonly purpose: 'work' | 'check' | 'look-up' | 'connect'
  /** Null: the program by itself. */
  readonly caller: Caller | null
}

/** A connection with its scopes and version. */
export interface StoredConnection extends OpenConnection {
  readonly name: string
  readonly enabled: boolean
  readonly scopes: readonly string[]
  /** One more with every change a person makes. */
  readonly version: number
}

/** Connections as stored. */
export interface ConnectionsPort {
  get(scope: Caller['scope'], id: string): Promise<ConnectionView>
  open(id: string, use: VaultUse): Promise<StoredConnection & { secrets(): Promise<Credentials> }>
  /** The same without a note of its use. */
  peek(id: string): Promise<StoredConnection & { secrets(): Promise<Credentials> }>
}

/** Tokens as a vendor gave them. */
export interface Tokens {
  readonly accessToken: string
  /** Null: there is none, as with client credentials. */
  readonly refreshToken: string | null
  readonly scope: string | null
  readonly obtainedAtMs: number
}

/** When tokens end, and when they are to be renewed; null: not known, and never. */
export interface TokenTimes {
  readonly expiresAtMs: number | null
  readonly dueAtMs: number | null
}

/** How the tokens of a connection stand. */
export interface TokenState {
  readonly tokens: Tokens | null
  readonly expiresAtMs: number | null
  /** Why none can be had until somebody mends it. */
  readonly holdError: string | null
  readonly tries: number
  /** A refresh was sent and its answer never came. */
  readonly isUnsure: boolean
  readonly seen: { readonly mark: string | null; readonly version: number }
}

/** Tokens as stored, and the right to renew them. */
export interface TokensPort {
  read(id: string): Promise<TokenState>
  hold(id: string, holder: string, forMs: number): Promise<TokenState | null>
  release(id: string, holder: string): Promise<void>
  keep(id: string, seen: TokenState['seen'], tokens: Tokens, times: TokenTimes): Promise<boolean>
  failed(id: string, holder: string, failure: { readonly error: string; readonly dueAtMs: number; readonly isUnsure: boolean }): Promise<void>
  giveUp(id: string, holder: string, error: string, dueAtMs: number | null): Promise<void>
  due(environments: readonly OpenConnection['environment'][], limit: number): Promise<readonly string[]>
}

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
  /** SHA-256 of what the browser alone holds in which a person went on, in base64url. */
  readonly browser: string
  readonly expiresAtMs: number
}

/** A sign-in nobody has gone on with yet. */
export type GivenSignIn = Omit<SignIn, 'verifier' | 'browser'>

/** Sign-ins: an address is given, a person goes on from it in one browser, and the same comes back from the vendor with a state. */
export interface SignInsPort {
  begin(key: string, signIn: Pick<SignIn, 'connectionId' | 'redirectUri' | 'caller'>): Promise<string>
  /** What an address is for; null: there was never one, it is over, or it was used. */
  given(key: string): Promise<GivenSignIn | null>
  /** Uses the address up; null: there was never one, it is over, or it was used. */
  open(key: string, state: string, bound: Pick<SignIn, 'verifier' | 'browser'>): Promise<SignIn | null>
  /** The sign-in of a state that was not taken yet. */
  look(state: string): Promise<SignIn | null>
  take(state: string): Promise<SignIn | null>
  finish(caller: Caller, connectionId: string, version: number, tokens: Tokens, times: TokenTimes): Promise<boolean>
}

/** Keeps the record of a call; sees to its own failures. */
export type RecordCall = (call: OutsideCall) => Promise<void>
