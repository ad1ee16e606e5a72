/** What the API needs of links between incidents and tickets; `app/desks/ticket-links.ts` fits it. */
import type { Caller, Scope } from '../schemas/access.ts'
import type { ChangeRequestDraft, ChangeRequestOrdered, KnowledgeFound, TicketLinkDraft, TicketSuggestions, TicketWriteOrdered } from '../schemas/ticket-links.ts'
import type { LinkKind, TicketView } from '../schemas/tickets.ts'

/** Tickets of incidents. Methods throw `not_found` for incidents the scope does not reach. */
export interface TicketLinks {
  /** Own ones first, those of incidents merged into it too. */
  list(scope: Scope, incidentId: string): Promise<readonly TicketView[]>
  get(scope: Scope, ticketId: string): Promise<TicketView>
  /** Reads the ticket in its system and links it. Throws `not_found` where there is none of that name, `conflict` where it is linked already or the system cannot be asked. */
  link(caller: Caller, incidentId: string, draft: TicketLinkDraft): Promise<TicketView>
  change(caller: Caller, incidentId: string, ticketId: string, kind: LinkKind): Promise<TicketView>
  /** Throws `conflict` for a ticket the program made. */
  unlink(caller: Caller, incidentId: string, ticketId: string): Promise<void>
  /** Orders a change request of the incident's own ticket; the same one asked for twice is one. Throws `conflict` where its system keeps none. */
  requestChange(caller: Caller, incidentId: string, ticketId: string, draft: ChangeRequestDraft): Promise<ChangeRequestOrdered>
  /** Order a note, a file of at most 1 MiB, or time of the incident's own ticket; once for each key. They throw `conflict` where its system has no such thing. */
  note(caller: Caller, incidentId: string, ticketId: string, draft: { readonly text: string; readonly isPublic: boolean }, idempotencyKey: string | null): Promise<TicketWriteOrdered>
  attach(caller: Caller, incidentId: string, ticketId: string, draft: { readonly name: string; readonly contentType: string; readonly base64: string }, idempotencyKey: string | null): Promise<TicketWriteOrdered>
  bookTime(caller: Caller, incidentId: string, ticketId: string, draft: { readonly minutes: number; readonly text: string; readonly startedAt: string | null }, idempotencyKey: string | null): Promise<TicketWriteOrdered>
  /** Articles of the system's knowledge base; a null query is made of what is wrong. */
  knowledge(caller: Caller, incidentId: string, query: string | null): Promise<KnowledgeFound>
  /** Likely tickets, with reasons. */
  suggestions(caller: Caller, incidentId: string): Promise<TicketSuggestions>
}
