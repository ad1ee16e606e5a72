/** What is read of Atera's records; everything may be absent or null. */

/** A ticket, as listed or read alone. It does not say when it was changed. */
export interface AteraTicket {
  readonly TicketID?: number | null
  readonly TicketTitle?: string | null
  readonly TicketNumber?: string | null
  readonly TicketPriority?: string | null
  readonly TicketStatus?: string | null
  readonly CustomerID?: number | null
  readonly TechnicianContactID?: number | null
  readonly TechnicianFullName?: string | null
  readonly TechnicianEmail?: string | null
  readonly TicketCreatedDate?: string | null
  readonly RelationType?: string | null
  readonly RelatedTicketId?: number | null
}

/** A comment. It has no id. */
export interface AteraComment {
  readonly Date?: string | null
  readonly Comment?: string | null
  readonly EndUserID?: number | null
  readonly TechnicianContactID?: number | null
  readonly Email?: string | null
  readonly FirstName?: string | null
  readonly LastName?: string | null
  readonly IsInternal?: boolean | null
}

/** A customer. */
export interface AteraCustomer {
  readonly CustomerID?: number | null
  readonly CustomerName?: string | null
  readonly Domain?: string | null
}

/** A contact: who a ticket is from. */
export interface AteraContact {
  readonly EndUserID?: number | null
  readonly CustomerID?: number | null
  readonly Email?: string | null
}

/** An agent: a machine, not a technician. */
export interface AteraAgent {
  readonly AgentID?: number | null
  readonly AgentName?: string | null
  readonly MachineName?: string | null
  readonly SystemName?: string | null
  readonly VendorSerialNumber?: string | null
  readonly IpAddresses?: readonly string[] | null
}

/** An article of the knowledge base. */
export interface AteraArticle {
  readonly KBID?: number | null
  readonly KBContext?: string | null
  readonly KBProduct?: string | null
  readonly KBKeywords?: string | null
  readonly KBAddress?: string | null
}

/** One page of a list. */
export interface AteraPage<T> {
  readonly items?: readonly T[] | null
  readonly totalPages?: number | null
}
