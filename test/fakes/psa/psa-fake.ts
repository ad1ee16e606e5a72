/** What every fake of a ticket system has, so that one suite, the outbox and the sync can be run against each. */
import type { Clock } from '../../../schemas/clock.ts'
import type { AuthKind, TicketMapping, TicketState } from '../../../schemas/tickets.ts'
import type { Credentials, HookDelivery } from '../../../connectors/port.ts'
import type { PsaCallSeen, PsaTroubleRule } from './psa-server.ts'

/** A note as a person reads it there: where the PSA shows HTML, its tags are taken for tags, so what was not escaped is missing. */
export interface PsaNote {
  readonly id: string
  readonly text: string
  readonly isPublic: boolean
  readonly isOurs: boolean
}

/** A ticket as a person sees it there. */
export interface PsaTicket {
  readonly id: string
  readonly number: string
  readonly title: string
  /** The text it was opened with, as `PsaNote.text`. */
  readonly text: string
  readonly externalRef: string | null
  /** The vendor's own id of its status, and what the fake takes it for. */
  readonly statusId: string
  readonly state: TicketState
  readonly priorityId: string | null
  readonly assigneeId: string | null
  readonly companyId: string | null
  readonly assetIds: readonly string[]
  readonly parentId: string | null
  readonly mergedIntoId: string | null
  /** Tickets it was linked with. */
  readonly linkedIds: readonly string[]
  readonly isDeleted: boolean
  /** Its field of what solved it, where the PSA has one. */
  readonly resolution?: string | null
  /** Without the text it was opened with. */
  readonly notes: readonly PsaNote[]
  readonly attachments: readonly { readonly name: string; readonly bytes: Buffer; readonly isPublic: boolean }[]
  readonly times: readonly { readonly minutes: number; readonly text: string }[]
}

/** What people do in the PSA. Each changes the ticket now and has the webhook posted, where the PSA posts any. */
export interface Technician {
  /** Opens one by hand; answers its id. */
  open(title: string, text?: string): string
  comment(id: string, text: string, isPublic?: boolean): void
  setStatus(id: string, state: TicketState): void
  close(id: string): void
  reassign(id: string, userId: string | null): void
  /** Throws where the PSA knows no merging: see the capabilities. */
  merge(fromId: string, intoId: string): void
  remove(id: string): void
}

/** What there is in the PSA before anything is done. */
export interface PsaWorld {
  readonly company: { readonly id: string; readonly name: string }
  readonly otherCompany: { readonly id: string; readonly name: string }
  readonly asset: { readonly id: string; readonly name: string } | null
  /** Two technicians who can be given tickets. */
  readonly users: readonly [{ readonly id: string; readonly name: string; readonly email: string }, { readonly id: string; readonly name: string; readonly email: string }]
  readonly article: { readonly id: string; readonly title: string } | null
}

/** A running fake. */
export interface PsaFake {
  /** The connector it is for. */
  readonly connector: string
  readonly baseUrl: string
  readonly auth: AuthKind
  readonly fields: Readonly<Record<string, string>>
  readonly credentials: Credentials
  /** What a person would map here beside the defaults of the connector, such as a board that tickets must have. */
  readonly mapping?: Partial<TicketMapping>
  /** What the PSA signs with, or what its address holds. */
  readonly webhookSecret: string
  readonly world: PsaWorld
  readonly isHeld: boolean
  readonly faults: readonly string[]
  readonly calls: readonly PsaCallSeen[]
  readonly technician: Technician
  /** Rights the check has to name when they are missing, as the guide calls them, with a word of it the finding must hold. */
  readonly rights: readonly string[]
  /** Tickets by age, the oldest first, removed ones too. */
  tickets(): readonly PsaTicket[]
  /** Takes a right away. */
  withdraw(right: string): void
  /** Webhooks that were posted so far, oldest first; the body of none holds more than a hint. */
  readonly hooks: readonly HookDelivery[]
  trouble(rule: PsaTroubleRule): void
  calm(): void
  taken(path: RegExp): Promise<void>
  /** Most items the PSA gives in one page of a list, so that tests can cross its border; small in fakes. */
  readonly pageSize: number
  stop(): Promise<void>
}

/** Starts a fake; the rate limits of the vendor hold only where asked for, for most tests are about something else. `pageSize` where calls are counted, in the fakes that take it. */
export type StartPsa = (options: { readonly clock: Clock; readonly hasLimits?: boolean; readonly pageSize?: number }) => Promise<PsaFake>
