/** What the API needs of the sync of tickets. The stores of storage/tickets fit these by shape; webhooks are joined in `app/desks`. */
import type { Caller, Scope } from '../schemas/access.ts'
import type { MatchKind, MatchStatus, MatchView } from '../schemas/ticket-matches.ts'
import type { TicketOverrides, TicketSettingsView } from '../schemas/ticket-settings.ts'

/** What the MSP (company id null) and companies want of their tickets. */
export interface TicketSettingsApi {
  get(scope: Scope, companyId: string | null): Promise<TicketSettingsView>
  /** Sets it anew as a whole. Throws `not_found`, `forbidden`, `bad_request` with every mistake. */
  put(caller: Caller, companyId: string | null, settings: TicketOverrides): Promise<TicketSettingsView>
}

/** Which company, thing or person of a PSA is which of ours. */
export interface TicketMatchesApi {
  list(scope: Scope, query: { readonly status: MatchStatus | null; readonly companyId: string | null; readonly connectionId: string | null }): Promise<readonly MatchView[]>
  /** Keeps a person's word. Throws `not_found`, `forbidden`, `bad_request`. */
  decide(caller: Caller, connectionId: string, word: { readonly companyId: string; readonly kind: MatchKind; readonly name: string; readonly externalId: string | null; readonly externalName: string | null }): Promise<MatchView>
}

/** A webhook of a PSA as it came in. Header names are in lower case. */
export interface TicketHookRequest {
  readonly connector: string
  /** `<connection id>`, or `<connection id>.<key>` for PSAs that drop the query of an address. */
  readonly connection: string
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly ip: string
}

/** Webhooks of PSAs. */
export interface TicketHooksApi {
  /** `refused`: whatever the reason, one answer for all; `unreadable`: it proves who sent it, and nobody can read it. */
  take(request: TicketHookRequest): Promise<'taken' | 'refused' | 'unreadable'>
}

/** The sync as the API has it. */
export interface TicketSyncApi {
  readonly settings: TicketSettingsApi
  readonly matches: TicketMatchesApi
  readonly hooks: TicketHooksApi
}
