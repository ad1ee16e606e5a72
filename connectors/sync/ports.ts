/** What the loops of the sync need; the stores of storage/tickets fit these by shape, `app/roles/sync.ts` joins them. */
import type { MatchFound, MatchKind } from '../../schemas/ticket-matches.ts'
import type { Environment, TicketSettings } from '../../schemas/tickets.ts'
import type { SyncOrder, SyncTicket, TicketFacts } from '../../schemas/ticket-sync.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { CallContext, TicketConnector } from '../port.ts'
import type { KnownCompany } from './match.ts'

/** An incident to look at. */
export interface DueLook {
  readonly incidentId: string
  readonly companyId: string
  readonly version: number
  readonly looks: number
  /** The log's time for it. */
  readonly nowMs: number
}

/** What a call is for, as its record names it. */
export interface SyncOrigin {
  readonly companyId: string | null
  readonly incidentId: string | null
  readonly ticketId: string | null
  readonly urgency: number
}

/** A connection that may be called. */
export interface ReadyConnection {
  readonly connector: TicketConnector
  readonly connection: CallContext['connection']
  readonly account: string
  /** What one piece of work is done with. */
  context(origin: SyncOrigin): CallContext
}

/** Where a company's tickets go. */
export interface Connections {
  /** The connection with this id while it is in use; null: it is gone or switched off. */
  open(id: string): Promise<ReadyConnection | null>
  /** The one in use for a company; null: there is none. */
  effective(companyId: string, environment: Environment): Promise<ReadyConnection | null>
}

/** Matches as they are kept. */
export interface Matches {
  /** Those known by name of ours; `isStale`: rules may look again. */
  known(connectionId: string, companyId: string, kind: MatchKind, names: readonly string[]): Promise<ReadonlyMap<string, MatchFound & { readonly isStale: boolean }>>
  keep(connectionId: string, companyId: string, kind: MatchKind, name: string, found: MatchFound): Promise<void>
  /** Names and domains of a company, and which companies of the PSA are others' already. */
  company(connectionId: string, companyId: string): Promise<KnownCompany & { readonly taken: ReadonlySet<string> }>
  /** Other names of assets, by name. */
  aliases(companyId: string, assets: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
}

/** Where a look's orders belong. */
export interface Place {
  readonly companyId: string
  readonly incidentId: string
  readonly incidentVersion: number
  readonly connectionId: string | null
  readonly connector: string
  readonly environment: Environment
  readonly account: string
  readonly mode: Mode
}

/** Tickets and facts. */
export interface PlanStore {
  facts(look: DueLook): Promise<TicketFacts | null>
  settings(companyId: string): Promise<TicketSettings>
  tickets(incidentId: string, environment: Environment, isSent: boolean): Promise<readonly SyncTicket[]>
  storm(of: { readonly companyId: string; readonly incidentId: string; readonly connectionId: string | null; readonly isSent: boolean }, sinceMs: number, before: SyncTicket | null): Promise<SyncTicket | null>
  /** False: somebody else was quicker; look again. */
  carryOut(place: Place, orders: readonly SyncOrder[]): Promise<boolean>
}
