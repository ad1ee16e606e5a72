/** Links of incidents to tickets that people name, and tickets that may be meant. */
import type { LinkKind, TicketState } from './tickets.ts'

/** A link a person asks for. */
export interface TicketLinkDraft {
  /** Its number, the address of its page, or its id there. */
  readonly ticket: string
  readonly kind: LinkKind
  /** Where it stands; null: the connection the company's tickets go to. */
  readonly connectionId: string | null
}

/** A change request a person asks for; its title and machines are those of the incident unless said otherwise. */
export interface ChangeRequestDraft {
  readonly title: string | null
  readonly reason: string
  /** What is to be done, how it is taken back, how it is tested. */
  readonly plan: string | null
  readonly wayBack: string | null
  readonly test: string | null
  /** It cannot wait for the usual approval. */
  readonly isUrgent: boolean
}

/** A change request that was ordered. */
export interface ChangeRequestOrdered {
  /** Ours, by which it is found there. */
  readonly reference: string
  /** `shown`: the mode forbids to send. */
  readonly status: 'waiting' | 'shown'
}

/** Something a person writes into a ticket that was ordered. */
export interface TicketWriteOrdered {
  /** Stands with it over there. */
  readonly token: string
  /** `shown`: the mode forbids to send; `done`: it was asked for before, and stands there. */
  readonly status: 'waiting' | 'shown' | 'done'
}

/** An article of a ticket system's knowledge base. */
export interface KnowledgeArticle {
  readonly externalId: string
  readonly title: string
  /** Its page, which a browser may open; null: it has none. */
  readonly url: string | null
}

/** Articles that may help with an incident, and what they were looked for by. */
export interface KnowledgeFound {
  readonly query: string
  readonly items: readonly KnowledgeArticle[]
  /** Why the ticket system was not asked, and how to mend it; null: it was. */
  readonly problem: string | null
}

/** A ticket that may belong to an incident. */
export interface TicketSuggestion {
  readonly connectionId: string
  readonly connector: string
  /** What to give to link it. */
  readonly externalId: string
  readonly number: string
  readonly url: string | null
  readonly title: string
  readonly state: TicketState
  readonly statusText: string | null
  readonly updatedAt: string | null
  /** `ours`: of another incident here; `found`: in the ticket system. */
  readonly origin: 'ours' | 'found'
  /** 0 to 100; the likeliest first. */
  readonly score: number
  /** Why it is shown, in sentences. */
  readonly reasons: readonly string[]
}

/** Tickets that may belong to an incident. */
export interface TicketSuggestions {
  readonly items: readonly TicketSuggestion[]
  /** Why the ticket system was not searched, and how to mend it; null: it was. */
  readonly problem: string | null
}
