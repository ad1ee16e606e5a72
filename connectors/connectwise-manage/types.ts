/** What is read of ConnectWise's records; everything may be absent or null. */

/** Another record, by id and name. */
export interface CwReference {
  readonly id?: number | null
  readonly name?: string | null
  readonly identifier?: string | null
}

/** What the server adds to a record. */
export interface CwInfo {
  readonly lastUpdated?: string | null
  readonly updatedBy?: string | null
  readonly dateEntered?: string | null
  readonly enteredBy?: string | null
  readonly sortByDate?: string | null
}

/** A service ticket. */
export interface CwTicket {
  readonly id?: number
  readonly summary?: string | null
  readonly board?: CwReference | null
  readonly status?: CwReference | null
  readonly priority?: CwReference | null
  readonly owner?: CwReference | null
  readonly company?: CwReference | null
  readonly externalXRef?: string | null
  readonly parentTicketId?: number | null
  readonly mergedParentTicket?: CwReference | null
  readonly closedFlag?: boolean | null
  readonly _info?: CwInfo | null
}

/** A note as `allNotes` tells it: notes and what technicians wrote with their time. */
export interface CwNote {
  readonly id?: number
  readonly noteType?: string | null
  readonly text?: string | null
  readonly detailDescriptionFlag?: boolean | null
  readonly internalAnalysisFlag?: boolean | null
  readonly resolutionFlag?: boolean | null
  readonly timeStart?: string | null
  readonly originalAuthor?: string | null
  readonly member?: CwReference | null
  readonly contact?: CwReference | null
  readonly _info?: CwInfo | null
}

/** A company. */
export interface CwCompany {
  readonly id?: number
  readonly identifier?: string | null
  readonly name?: string | null
  readonly website?: string | null
  readonly status?: CwReference | null
  readonly deletedFlag?: boolean | null
}

/** A configuration item. */
export interface CwConfiguration {
  readonly id?: number
  readonly name?: string | null
  readonly deviceIdentifier?: string | null
  readonly serialNumber?: string | null
  readonly tagNumber?: string | null
  readonly macAddress?: string | null
  readonly ipAddress?: string | null
}

/** A member, as technicians are called. */
export interface CwMember {
  readonly id?: number
  readonly identifier?: string | null
  readonly firstName?: string | null
  readonly lastName?: string | null
  readonly primaryEmail?: string | null
  readonly officeEmail?: string | null
  readonly inactiveFlag?: boolean | null
}

/** A status of a board. */
export interface CwStatus {
  readonly id?: number
  readonly name?: string | null
  readonly inactive?: boolean | null
  readonly closedStatus?: boolean | null
  readonly defaultFlag?: boolean | null
}

/** One change of a record. */
export interface CwPatch {
  readonly op: 'replace' | 'remove'
  readonly path: string
  readonly value?: unknown
}
