/** What the API needs of connections to ticket systems and of the master key; `connections.ts` and `master-key.ts` of `app/desks` fit them. */
import type { Caller, Scope } from '../schemas/access.ts'
import type { ConnectorStatus, ConnectorView, ExternalChoice, ExternalChoicesView, MasterKeyView } from '../schemas/connection-views.ts'
import type { ConnectionDraft, ConnectionView } from '../schemas/tickets.ts'

/** A connection as a person who manages it gets it. */
export interface ConnectionFound {
  readonly connection: ConnectionView
  /** The long random part of the address its system posts to. */
  readonly hookKey: string
  /** A webhook secret that was made for this call; shown this once. */
  readonly webhookSecret: string | null
}

/** What a browser brought back, and what came of it; texts may repeat the other side and are to be escaped. */
export interface SignInEnd {
  readonly ok: boolean
  readonly title: string
  readonly text: string
}

/** What is shown to whoever opens the address of a sign-in, and what their browser is to keep. */
export interface SignInOffer {
  readonly ok: true
  readonly title: string
  readonly text: string
  /** Origin of the vendor's address. */
  readonly origin: string
  readonly browser: { readonly value: string; readonly isSecure: boolean; readonly seconds: number }
}

/** What a browser brings to the address of a sign-in; `browser` is what it kept of it. */
export interface SignInVisit {
  readonly key?: string
  readonly browser?: string
}

/** Connections. A company id of null means the MSP's own, which an MSP Admin alone reaches. Methods throw `not_found` for what the caller does not manage. */
export interface Connections {
  /** Ticket systems there are. */
  connectors(): readonly ConnectorView[]
  /** Of a company, of the MSP (null), or all the caller manages (undefined). */
  list(scope: Scope, companyId?: string | null): Promise<readonly ConnectionView[]>
  /** Told in the audit log. */
  read(caller: Caller, id: string): Promise<ConnectionFound>
  create(caller: Caller, companyId: string | null, draft: ConnectionDraft): Promise<ConnectionFound>
  update(caller: Caller, id: string, change: Partial<Omit<ConnectionDraft, 'connector'>>): Promise<ConnectionFound>
  remove(caller: Caller, id: string): Promise<void>
  /** Calls the system and keeps what was found. Throws `conflict` in mode demo. */
  check(caller: Caller, id: string): Promise<ConnectionView>
  /** The key of the address at which a person agrees. */
  connect(caller: Caller, id: string, redirectUri: string): Promise<{ readonly key: string; readonly expiresAt: string }>
  /** A browser opens that address; changes nothing. */
  offer(visit: SignInVisit): Promise<SignInOffer | SignInEnd>
  /** A person goes on from there, and is sent to the vendor's address. */
  agree(visit: SignInVisit): Promise<{ readonly ok: true; readonly url: string } | SignInEnd>
  /** What a browser brings back: the state, and what it kept of addresses it opened. */
  callback(query: { readonly state?: string; readonly code?: string; readonly error?: string; readonly errorDescription?: string; readonly browsers: readonly string[] }): Promise<SignInEnd>
  choices(caller: Caller, id: string): Promise<ExternalChoicesView>
  companies(caller: Caller, id: string, query: string): Promise<readonly ExternalChoice[]>
  assets(caller: Caller, id: string, externalCompanyId: string, query: string): Promise<readonly ExternalChoice[]>
  users(caller: Caller, id: string, query: string): Promise<readonly ExternalChoice[]>
  /** How each stands. With `probe` those in use are called now; nothing of it is kept. */
  status(caller: Caller, options: { readonly companyId?: string | null; readonly probe: boolean }): Promise<readonly ConnectorStatus[]>
}

/** The master key, for MSP Admins. */
export interface MasterKeyDesk {
  status(): Promise<MasterKeyView>
  /** Begins a change, or goes on with it; `newKey` null makes one. Throws `conflict` where the key is not ours to change. */
  rotate(caller: Caller, newKey: string | null): Promise<MasterKeyView>
}

export type { MasterKeyView }
