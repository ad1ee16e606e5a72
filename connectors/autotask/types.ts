/** What is read of Autotask's entities; everything may be absent or null. */

/** A ticket. */
export interface AtTicket {
  readonly id?: number
  readonly ticketNumber?: string | null
  readonly title?: string | null
  readonly status?: number | null
  readonly priority?: number | null
  readonly ticketType?: number | null
  readonly companyID?: number | null
  readonly assignedResourceID?: number | null
  readonly configurationItemID?: number | null
  readonly externalID?: string | null
  readonly problemTicketId?: number | null
  readonly createDate?: string | null
  readonly lastActivityDate?: string | null
  readonly lastActivityResourceID?: number | null
}

/** A note of a ticket. */
export interface AtNote {
  readonly id?: number
  readonly ticketID?: number | null
  readonly title?: string | null
  readonly description?: string | null
  readonly publish?: number | null
  readonly creatorResourceID?: number | null
  readonly createDateTime?: string | null
  readonly lastActivityDate?: string | null
}

/** A company. */
export interface AtCompany {
  readonly id?: number
  readonly companyName?: string | null
  readonly webAddress?: string | null
  readonly isActive?: boolean | null
}

/** A configuration item. */
export interface AtConfigurationItem {
  readonly id?: number
  readonly referenceTitle?: string | null
  readonly referenceNumber?: string | null
  readonly serialNumber?: string | null
  readonly rmmDeviceAuditHostname?: string | null
  readonly rmmDeviceAuditIPAddress?: string | null
  readonly rmmDeviceAuditMacAddress?: string | null
  readonly dattoHostname?: string | null
  readonly dattoInternalIP?: string | null
}

/** A resource, as technicians and API users are called. */
export interface AtResource {
  readonly id?: number
  readonly firstName?: string | null
  readonly lastName?: string | null
  readonly email?: string | null
  readonly userName?: string | null
  readonly isActive?: boolean | null
  readonly defaultServiceDeskRoleID?: number | null
}

/** Where a database is served from. */
export interface AtZone {
  readonly url?: string | null
  readonly webUrl?: string | null
}

/** One value of a picklist; its `value` is the tenant's own. */
export interface AtPick {
  readonly value?: string
  readonly label?: string
  readonly isActive?: boolean
  readonly isSystem?: boolean
}

/** The picklists of an entity by field. */
export type Picklists = Readonly<Record<string, readonly AtPick[]>>

/** One condition of a query. */
export interface AtFilter {
  readonly op: string
  readonly field?: string
  readonly value?: string | number | boolean | readonly (string | number)[]
  readonly items?: readonly AtFilter[]
}
