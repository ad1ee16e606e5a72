/**
 * Tickets: an incident's shadow in the PSA a technician already uses, and what is needed to keep it true. Between connectors/, storage/tickets and api/, which do not
 * import each other. Times in views are ISO 8601 in UTC; names ending in `Ms` hold milliseconds since the epoch.
 */
import type { Actor, IncidentSeverity } from './records.ts'

/** How a connector proves who it is. */
export const AUTH_KINDS = ['api_key', 'basic', 'bearer', 'oauth2_client', 'oauth2_code'] as const

/** One of the kinds above. */
export type AuthKind = (typeof AUTH_KINDS)[number]

/** Whose data a connection works on: a test system or the real one. The mode of a company says which is called. */
export type Environment = 'sandbox' | 'production'

/** Where a ticket stands, in our words; `waiting`: for the client or a vendor; `unknown`: a status the mapping does not name. */
export const TICKET_STATES = ['open', 'assigned', 'in_progress', 'waiting', 'resolved', 'closed', 'unknown'] as const

/** One of the states above. */
export type TicketState = (typeof TICKET_STATES)[number]

/** States a ticket can be given. */
export type WritableTicketState = Exclude<TicketState, 'unknown' | 'waiting'>

/**
 * How our words are said in one PSA: ids or names of its own choice values. Resolved from the connector's defaults, the connection, and the company, the last one first;
 * absent ones are left to the PSA.
 */
export interface TicketMapping {
  readonly status: Readonly<Partial<Record<TicketState, string>>>
  readonly priority: Readonly<Partial<Record<IncidentSeverity, string>>>
  /** Where tickets go and what kind they are, by the connector's own names: board, queue, department, type, category, project. */
  readonly place: Readonly<Record<string, string>>
}

/** Names a ticket in its PSA. */
export interface TicketRef {
  readonly externalId: string
  /** What people call it: `INC0010023`, `T20261121.0001`. */
  readonly number: string
  /** Page of the ticket for people; null where it cannot be made. */
  readonly url: string | null
}

/** Whom and what a ticket is about, in the PSA's own ids. */
export interface TicketParty {
  readonly companyId: string | null
  readonly contactId: string | null
  /** Configuration items, the first being the main one. */
  readonly assetIds: readonly string[]
}

/** A ticket to be made. */
export interface TicketDraft {
  /** Ours, unique and stored before the first call; the connector puts it where it can be found again. */
  readonly externalRef: string
  readonly title: string
  /** Plain text with line ends; the connector makes HTML or wiki markup of it where its PSA wants that, with everything escaped. */
  readonly text: string
  readonly severity: IncidentSeverity
  /** 1 (most urgent) to 5. */
  readonly priority: number
  readonly state: WritableTicketState
  readonly party: TicketParty
  /** The PSA's id of the technician; null leaves it to the PSA. */
  readonly assigneeId: string | null
  readonly parent: TicketRef | null
  readonly mapping: TicketMapping
}

/** Something said in a ticket. */
export interface TicketNote {
  /** Unique and short, stands at the end of the text, so that a note that may have been written is known again. */
  readonly token: string
  readonly text: string
  readonly isPublic: boolean
}

/** A file for a ticket. */
export interface TicketAttachment {
  readonly token: string
  readonly name: string
  readonly contentType: string
  readonly base64: string
}

/** Work that was spent, by a technician or by the program. */
export interface TicketTime {
  readonly token: string
  readonly startedAtMs: number
  readonly minutes: number
  readonly text: string
}

/** A change request that a ticket asks for, such as work that may only be done in an approved window. Made once, by its token. */
export interface TicketChangeRequest {
  /** Our reference of the change request: `AW-` and 12 characters. */
  readonly token: string
  readonly title: string
  readonly text: string
  readonly reason: string
  /** What is to be done, how it is taken back, how it is tested. */
  readonly plan?: string
  readonly wayBack?: string
  readonly test?: string
  /** It cannot wait for the usual approval. */
  readonly isUrgent: boolean
  readonly assetIds: readonly string[]
}

/** A change of a ticket: absolute values, so that fields may be written twice; absent ones stay. Notes, files and times are written once, by their token. */
export interface TicketChange {
  readonly title?: string
  readonly severity?: IncidentSeverity
  readonly priority?: number
  readonly state?: WritableTicketState
  /** The state ends the ticket by itself: where somebody has touched the ticket when the call begins, these notes are written in place of state and resolution. Connectors never see it. */
  readonly unlessTouched?: readonly TicketNote[]
  /** What solved it; PSAs with a field for it show it there, others as a note. */
  readonly resolution?: string
  /** Null takes the technician away. */
  readonly assigneeId?: string | null
  readonly assetIds?: readonly string[]
  readonly parent?: TicketRef
  readonly notes?: readonly TicketNote[]
  readonly attachments?: readonly TicketAttachment[]
  readonly times?: readonly TicketTime[]
  readonly changeRequests?: readonly TicketChangeRequest[]
  readonly mapping: TicketMapping
}

/** A note as it stands in the PSA. */
export interface TicketNoteSeen {
  readonly externalId: string
  readonly text: string
  readonly isPublic: boolean
  /** Written through our own credentials, as far as the PSA tells. */
  readonly isOurs: boolean
  readonly author: { readonly externalId: string | null; readonly name: string; readonly email: string | null; readonly isAgent: boolean }
  /** How it came in; only `web` proves that a person was logged in. */
  readonly channel: 'web' | 'email' | 'api' | 'unknown'
  readonly atMs: number | null
}

/** A ticket as the PSA tells it. */
export interface TicketSnapshot {
  readonly ref: TicketRef
  /** As found in the ticket; null: it is none of ours. */
  readonly externalRef: string | null
  readonly title: string
  readonly state: TicketState
  /** The PSA's own word for it. */
  readonly statusText: string
  /** The PSA's own id or name of its priority; null where it has none. */
  readonly priorityId: string | null
  readonly assignee: { readonly externalId: string; readonly name: string; readonly email: string | null } | null
  readonly companyId: string | null
  readonly parentId: string | null
  /** The ticket it was merged into. */
  readonly mergedIntoId: string | null
  readonly isDeleted: boolean
  /** Newest last, at most 50; null: this call did not read them. */
  readonly notes: readonly TicketNoteSeen[] | null
  readonly createdAtMs: number | null
  readonly updatedAtMs: number | null
  /** Who changed it last: true where it was us, null where the PSA does not tell. */
  readonly isLastChangeOurs: boolean | null
}

/** What an outside call did, for the record. */
export const CALL_ACTIONS = ['created', 'updated', 'linked', 'attached', 'retrieved', 'searched', 'deleted', 'triggered'] as const

/** One of the actions above. */
export type CallAction = (typeof CALL_ACTIONS)[number]

/** An outside call as it was made or came in. Request and response are redacted and cut; a secret is never in any field. */
export interface OutsideCall {
  readonly id: string
  readonly atMs: number
  /** `ticketing`, `chat`, `mail`, `oauth`. */
  readonly integrationType: 'ticketing' | 'chat' | 'mail' | 'oauth'
  readonly connector: string
  readonly connectionId: string | null
  readonly companyId: string | null
  readonly incidentId: string | null
  readonly ticketId: string | null
  readonly action: CallAction
  readonly direction: 'out' | 'in'
  readonly externalId: string | null
  readonly method: string
  /** Without its query's secrets. */
  readonly url: string
  /** The connector's name for what was called: `create ticket`. */
  readonly reference: string
  readonly status: 'success' | 'error' | 'timeout'
  readonly httpStatus: number | null
  readonly errorCode: string | null
  readonly errorText: string | null
  readonly durationMs: number
  /** Attempts of the same work before this one. */
  readonly retries: number
  readonly who: Actor
  readonly request: string | null
  readonly response: string | null
  /** How those see it who are no MSP Admins: as it was where this is absent, else as refused, or not at all. It says nothing of what the other side answered. */
  readonly shownAs?: 'refused' | 'hidden'
}

/** How two things belong together. */
export const LINK_KINDS = ['related', 'resolves', 'documents', 'caused_by'] as const

/** One of the kinds above. */
export type LinkKind = (typeof LINK_KINDS)[number]

/** A ticket of an incident as shown. */
export interface TicketView {
  readonly id: string
  readonly companyId: string
  readonly incidentId: string
  readonly connectionId: string
  readonly connector: string
  readonly environment: Environment
  readonly externalRef: string
  readonly externalId: string | null
  readonly number: string | null
  readonly url: string | null
  readonly title: string
  readonly state: TicketState
  readonly statusText: string | null
  readonly assignee: string | null
  /** `own`: we made it and keep it true; `linked`: somebody named it, and it is only read. */
  readonly origin: 'own' | 'linked'
  readonly linkKind: LinkKind
  readonly isAutomatic: boolean
  /** 1, or higher where the problem came back and the PSA could not reopen. */
  readonly generation: number
  readonly parentTicketId: string | null
  /** A person has worked on it: it is no longer closed by itself. */
  readonly isTouched: boolean
  readonly isSimulated: boolean
  /** Planned and shown only: the mode forbids to send. */
  readonly isPlanned: boolean
  readonly waiting: number
  readonly lastSyncedAt: string | null
  readonly lastError: string | null
  readonly createdAt: string
}

/** What is wrong or right with one point of a connection. */
export interface CheckFinding {
  readonly name: string
  readonly ok: boolean
  /** What was found, and how to mend it where it is not right. */
  readonly text: string
}

/** What a check of a connection found. */
export interface ConnectionCheck {
  readonly ok: boolean
  readonly findings: readonly CheckFinding[]
}

/** A connection as shown: nothing secret is ever in it. */
export interface ConnectionView {
  readonly id: string
  /** Null: the MSP's default for every company without one of its own. */
  readonly companyId: string | null
  readonly connector: string
  readonly name: string
  readonly environment: Environment
  readonly enabled: boolean
  readonly baseUrl: string
  readonly auth: AuthKind
  readonly scopes: readonly string[]
  /** The connector's own settings by name; no secrets. */
  readonly fields: Readonly<Record<string, string>>
  readonly mapping: Partial<TicketMapping>
  /** Names of the secrets that are stored. */
  readonly secrets: readonly string[]
  readonly hasWebhookSecret: boolean
  /** Whether it may be called as far as proof goes: false where a person has still to agree in a browser (`aw connect`), or has to again. */
  readonly isConnected: boolean
  /** Where the PSA posts to, with its long random part: shown when the connection is made or read alone, null in lists. */
  readonly hookUrl: string | null
  readonly createdAt: string
  readonly updatedAt: string
  readonly checkedAt: string | null
  readonly check: ConnectionCheck | null
  readonly lastUsedAt: string | null
  /** When the access token ends; null where there is none. */
  readonly tokenExpiresAt: string | null
  /** Why the newest call or refresh failed; null while all is well. */
  readonly lastError: string | null
}

/** What makes or changes a connection. Secrets go in and never come out. */
export interface ConnectionDraft {
  readonly connector: string
  readonly name: string
  readonly environment: Environment
  readonly enabled: boolean
  readonly baseUrl: string
  readonly auth: AuthKind
  readonly scopes: readonly string[]
  readonly fields: Readonly<Record<string, string>>
  readonly mapping: Partial<TicketMapping>
  /** By name; null forgets one. */
  readonly secrets: Readonly<Record<string, string | null>>
  /** What the PSA signs its webhooks with; null makes one, which is shown in the answer to that call alone. */
  readonly webhookSecret?: string | null
}

/** A connection as it was made or changed. */
export interface ConnectionMade extends ConnectionView {
  /** The webhook secret where one was made for this call; shown this once. */
  readonly webhookSecret: string | null
}

/** Path of the address a PSA posts to. `key` is the long random part; logs leave the query out. */
export function hookPath(connector: string, connectionId: string, key: string): string {
  return `/api/hooks/${encodeURIComponent(connector)}/${encodeURIComponent(connectionId)}?key=${encodeURIComponent(key)}`
}

/** What a company wants of its tickets; absent: as for the MSP, and there the default. */
export interface TicketSettings {
  readonly enabled: boolean
  /** Incidents below it get no ticket. */
  readonly minSeverity: IncidentSeverity
  /** Seconds an incident may still resolve by itself before a ticket is made. */
  readonly delaySeconds: number
  /** Shortest time between two notes of one ticket, in seconds; what comes in between is put together. */
  readonly noteEverySeconds: number
  /** Whether the client may read our notes. */
  readonly publicNotes: boolean
  /** Whether a ticket nobody touched is closed when the problem is over; else it gets a note. */
  readonly autoClose: boolean
  /** Whether work of runbooks is booked as time. */
  readonly timeEntries: boolean
  /** Hours in which a returned problem reopens its ticket; later it gets a new, linked one. */
  readonly reopenHours: number
  readonly mapping: Partial<TicketMapping>
}

/** What holds unless somebody says otherwise. */
export const DEFAULT_TICKET_SETTINGS: TicketSettings = {
  enabled: true, minSeverity: 'low', delaySeconds: 20, noteEverySeconds: 300, publicNotes: false, autoClose: true, timeEntries: false, reopenHours: 168,
  mapping: {},
}
