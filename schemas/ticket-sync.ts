/** What the two-way sync of tickets works with: facts of an incident, tickets as they stand, and what is ordered of the outbox. Between connectors/sync and storage/tickets, which do not import each other. */
import type { Finding, IncidentSeverity, IncidentStatus, RootCause } from './records.ts'
import type { Mode } from './settings.ts'
import type { JoinBody } from './ticket-work.ts'
import type { TicketChange, TicketDraft, TicketRef, TicketSnapshot, TicketState, WritableTicketState } from './tickets.ts'

/** A problem of an incident as its ticket tells it. */
export interface TicketProblem {
  readonly asset: string | null
  readonly title: string
  readonly severity: string
  readonly source: string
  readonly status: 'firing' | 'resolved'
  readonly count: number
  readonly firstAtMs: number
  readonly lastAtMs: number
}

/** A run of a runbook that a ticket tells of. */
export interface TicketRun {
  readonly id: string
  readonly runbookId: string
  readonly summary: string
  readonly status: string
  readonly outcome: string | null
  readonly message: string | null
  readonly assets: readonly string[]
  readonly isSimulated: boolean
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
}

/** A question that waits for a person. */
export interface PendingApproval {
  readonly id: string
  readonly runId: string
  readonly runbookId: string
  readonly summary: string
  readonly risk: string
  readonly question: 'run' | 'target'
  readonly reason: string
  readonly expiresAtMs: number
}

/** A note that a person wrote on the incident here. */
export interface PersonNote {
  readonly id: string
  readonly author: string
  readonly text: string
}

/** A word of a technician's ticket that the incident did not take. */
export interface RefusedWord {
  readonly commandId: string
  readonly action: string
  readonly code: string
  readonly message: string
}

/** All that a ticket may say of an incident, as of one moment. */
export interface TicketFacts {
  readonly companyId: string
  readonly companyName: string
  readonly incidentId: string
  readonly number: number
  readonly version: number
  readonly title: string
  readonly status: IncidentStatus
  readonly severity: IncidentSeverity
  /** 1 (most urgent) to 5. */
  readonly priority: number
  readonly openedAtMs: number
  readonly updatedAtMs: number
  readonly resolvedAtMs: number | null
  readonly alertCount: number
  readonly problemCount: number
  readonly openProblemCount: number
  readonly assets: readonly string[]
  readonly assetCount: number
  readonly sources: readonly string[]
  readonly assignee: { readonly id: string; readonly name: string; readonly email: string } | null
  readonly resolution: string | null
  /** Who ended it: a person here, a technician in a PSA, or the program because it was over; null while it is open. */
  readonly endedBy: 'person' | 'psa' | 'program' | null
  readonly mergedInto: string | null
  readonly category: string | null
  readonly findings: readonly Finding[]
  readonly rootCause: RootCause | null
  /** What a language model wrote; a guess. */
  readonly analysis: { readonly id: string; readonly summary: string; readonly confidence: number | null; readonly nextSteps: readonly string[]; readonly model: string | null } | null
  /** A model is being asked at this moment. */
  readonly isAnalysing: boolean
  /** Newest first by activity, those that fire before the others; at most 20. */
  readonly problems: readonly TicketProblem[]
  readonly runbooks: readonly { readonly id: string; readonly summary: string; readonly risk: string; readonly fits: boolean }[]
  /** Newest first, at most 20. */
  readonly runs: readonly TicketRun[]
  readonly approvals: readonly PendingApproval[]
  /** What people wrote here, the oldest first; the newest 30. */
  readonly notes: readonly PersonNote[]
  /** Commands of this incident's tickets: those refused, and how many have no answer yet. */
  readonly refused: readonly RefusedWord[]
  readonly pendingWords: number
}

/** What was last ordered to stand in a ticket, so that only differences are ordered and our own words are known again. */
export interface Told {
  /** Orders so far; tokens of notes are made of it. */
  readonly seq: number
  readonly title: string
  readonly severity: IncidentSeverity
  readonly priority: number
  readonly state: WritableTicketState
  /** The PSA's id of the technician that we set or took from there. */
  readonly assigneeId: string | null
  /** Ours of the same; null: nobody, or somebody the PSA does not know. */
  readonly assignee: string | null
  readonly assetIds: readonly string[]
  readonly alertCount: number
  readonly problemCount: number
  readonly rootCause: string | null
  readonly patterns: readonly string[]
  readonly analysisId: string | null
  readonly runbooks: readonly string[]
  /** Runs whose end was told, and those booked as time. */
  readonly runs: readonly string[]
  readonly booked: readonly string[]
  readonly approvals: readonly string[]
  /** Refused words that were told, by command. */
  readonly refusals: readonly string[]
  /** Notes of people here that were told. */
  readonly notes?: readonly string[]
  /** How the end was told: not at all, as a state, or as a note because somebody works on the ticket. */
  readonly ended: 'no' | 'state' | 'note'
  readonly endedAtMs: number | null
  /** The incident it was merged into. */
  readonly mergedInto: string | null
  /** When the storm began that it stands in. */
  readonly stormSinceMs: number | null
  readonly parentId: string | null
  /** Lost values ordered anew so far. */
  readonly mended: number
  /** The PSA's company it was made for; a ticket that somebody moves to another one is only looked at. */
  readonly partyId: string | null
  /** Notes of the ticket that were taken over or are ours. The outbox keeps snapshots too, and what is in those was not listened to yet. */
  readonly heard?: readonly string[]
  /** How the ticket stood when the sync listened last, or as it was ordered to be made where the outbox found it: what the outbox read since is no news that was heard. Null, absent: never; the answer to the create counts. */
  readonly stood?: { readonly state: TicketState; readonly assigneeId: string | null } | null
  /** Since when the PSA says it has no such ticket; believed when it says so twice. */
  readonly missingSinceMs: number | null
  /** The ticket in another system that the incident goes on in: this one was left, and only comments in it are taken over. */
  readonly elsewhere?: string | null
  /** It was last seen with another client of the PSA: nothing of this company is written there. */
  readonly isMoved?: boolean
}

/** A ticket of ours as it stands. */
export interface SyncTicket {
  readonly id: string
  readonly companyId: string
  readonly incidentId: string
  readonly connectionId: string | null
  readonly connector: string
  readonly generation: number
  readonly externalRef: string
  /** Null: not made yet. */
  readonly ref: TicketRef | null
  readonly mode: Mode
  readonly isSimulated: boolean
  readonly isTouched: boolean
  readonly told: Told
  readonly seen: TicketSnapshot | null
  readonly lastNoteAtMs: number | null
  readonly lastCallAtMs: number | null
  readonly closedAtMs: number | null
  readonly createdAtMs: number
  /** Orders that wait or are under way; `isDead`: its creation was given up. */
  readonly waiting: number
  readonly isDead: boolean
  /** States and technicians that were written there last, the newest two of each: what shows them may be older than what waits. */
  readonly written: { readonly states: readonly TicketState[]; readonly assigneeIds: readonly (string | null)[] }
  readonly version: number
}

/** 0 critical incidents, 1 a person waits, 2 usual, 3 may wait. */
export type Urgency = 0 | 1 | 2 | 3

/** What is to be done about tickets. Each names the version of the row it was made from, so that a second planner finds out. */
export type SyncOrder =
  | { readonly kind: 'create'; readonly ticketId: string; readonly generation: number; readonly draft: TicketDraft; readonly told: Told; readonly parentTicketId: string | null; readonly urgency: Urgency; readonly dueAtMs: number }
  | { readonly kind: 'update'; readonly ticketId: string; readonly version: number; readonly change: TicketChange; readonly told: Told; readonly urgency: Urgency; readonly dueAtMs: number; readonly parentTicketId?: string }
  /** Nothing is to be written outside; it is only remembered. */
  | { readonly kind: 'note_down'; readonly ticketId: string; readonly version: number; readonly told: Told }
  /** Two tickets become one, or are linked. */
  | { readonly kind: 'join'; readonly ticketId: string; readonly body: JoinBody; readonly urgency: Urgency; readonly dueAtMs: number }
  /** The ticket of a merged incident goes on as that of the survivor. */
  | { readonly kind: 'adopt'; readonly ticketId: string; readonly version: number; readonly incidentId: string; readonly told: Told }

/** Why nothing, or nothing more, is ordered. */
export type PlanReason =
  | 'no_connection' | 'disabled' | 'below_severity' | 'over_in_time' | 'delay' | 'analysing' | 'company_unmatched' | 'nothing_new' | 'rate' | 'dead' | 'mode' | 'merged' | 'waits_for_survivor' | 'waits_for_parent'
  | 'deleted_twice' | 'moved' | 'ordered' | 'waits_for_word'

/** What a look at an incident came to. */
export interface TicketPlan {
  readonly orders: readonly SyncOrder[]
  readonly reason: PlanReason
  /** When it is to be looked at again though nothing changes; null: not by itself. */
  readonly againAtMs: number | null
}
