/** Connections and connectors as the API shows them. Times are ISO 8601 in UTC; nothing secret is ever in them. */
import type { AuthKind, ConnectionView, Environment, TicketMapping } from './tickets.ts'

/** A field of the form of a connector. */
export interface ConnectorFieldView {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly example: string
  readonly default: string | null
  readonly isRequired: boolean
  /** Given under "secrets", stored sealed and never shown again. */
  readonly isSecret: boolean
  /** The ways of proving who we are that use it; empty: all. */
  readonly for: readonly AuthKind[]
  /** A regular expression the whole value matches; null: anything. */
  readonly pattern: string | null
}

/** A ticket system the program can be connected with: its form, and what is to be done there. */
export interface ConnectorView {
  readonly id: string
  readonly title: string
  readonly auth: readonly AuthKind[]
  readonly fields: readonly ConnectorFieldView[]
  readonly hosts: readonly string[]
  readonly baseUrlExample: string
  readonly defaultScopes: readonly string[]
  readonly mapping: TicketMapping
  readonly capabilities: Readonly<Record<string, boolean | string>>
  readonly steps: readonly string[]
  readonly permissions: readonly string[]
  readonly webhook: readonly string[]
  readonly troubleshooting: readonly Trouble[]
  readonly api: { readonly version: string; readonly page: string }
}

/** An error of a ticket system, and how it is mended. */
export interface Trouble {
  readonly error: string
  readonly means: string
  readonly mend: string
}

/** What is left of a limit. */
export interface BudgetLeft {
  readonly name: string
  readonly calls: number
  readonly windowMs: number
  readonly left: number
}

/** How a connection stands: what `aw doctor` and the status page say. Null: not known yet. */
export interface ConnectorStatus extends Pick<ConnectionView, 'companyId' | 'connector' | 'name' | 'enabled' | 'isConnected' | 'checkedAt' | 'lastUsedAt' | 'tokenExpiresAt'> {
  readonly connectionId: string
  readonly environment: Environment
  readonly isReachable: boolean | null
  readonly isAuthorised: boolean | null
  readonly budget: readonly BudgetLeft[]
  /** Until when the vendor, or failures in a row, make us wait; null: no wait. */
  readonly blockedUntil: string | null
  /** Why nothing is tried until somebody mends it; null: it is not held. */
  readonly held: string | null
  /** Orders that wait, and those that were given up. */
  readonly waiting: number
  readonly dead: number
  /** Incidents without a ticket because nobody said yet which company of the system their client is. */
  readonly unmatched: number
  readonly lastOkAt: string | null
  readonly lastError: string | null
  /** How to mend what is wrong; null where nothing is. */
  readonly mend: string | null
}

/** A thing of the ticket system a person may choose. */
export interface ExternalChoice {
  readonly externalId: string
  readonly name: string
  /** What tells it from others of its name: domains, aliases, an address of mail. */
  readonly detail: string | null
}

/** Values a person maps to our words. */
export interface ExternalChoicesView {
  readonly statuses: readonly { readonly id: string; readonly name: string }[]
  readonly priorities: readonly { readonly id: string; readonly name: string }[]
  readonly places: Readonly<Record<string, readonly { readonly id: string; readonly name: string }[]>>
}

/** How a change of the master key stands. */
export interface MasterKeyView {
  /** Where the key comes from: AW_MASTER_KEY, or the data directory. */
  readonly source: 'environment' | 'file'
  readonly isUnderWay: boolean
  /** Stored secrets, and how many of them are still sealed under another key. */
  readonly sealed: number
  readonly left: number
  /** Places of secrets that open under no key there is, at most 20. */
  readonly unreadable: readonly string[]
  /** Why it stopped; null: it did not. */
  readonly error: string | null
  /** What is to be done next; null: nothing. */
  readonly next: string | null
}
