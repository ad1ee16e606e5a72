/** What a ticket system has to do, and how it fails. One folder a vendor implements it; only the outbox, the two-way sync and the look-ups of the API call it. */
import type { AuthKind, CallAction, ConnectionCheck, Environment, TicketChange, TicketChangeRequest, TicketDraft, TicketMapping, TicketRef, TicketSnapshot } from '../schemas/tickets.ts'

/** One field of a connector's configuration; the form, the validation and the docs page are made from it. */
export interface ConfigField {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly example: string
  readonly default?: string
  readonly isRequired: boolean
  /** Stored sealed and never shown again. */
  readonly isSecret: boolean
  /** The ways of proving who we are that need it; absent: all. */
  readonly for?: readonly AuthKind[]
  /** A regular expression the whole value must match. */
  readonly pattern?: string
}

/** What a person does in the vendor's system first, and what to do about an error there. */
export interface ConnectorGuide {
  /** What to create there, one step each. */
  readonly steps: readonly string[]
  /** Rights the credentials need, and nothing more. */
  readonly permissions: readonly string[]
  /** How the vendor is made to tell us of changes; empty: it cannot, and is polled. */
  readonly webhook: readonly string[]
  /** By error code or the vendor's own words: what it means and how to mend it. */
  readonly troubleshooting: readonly { readonly error: string; readonly means: string; readonly mend: string }[]
}

/**
 * Addresses of the OAuth 2 dance; `{name}` stands for a field, `{baseUrl}` for the base URL, `{baseHost}` for its host. They must lead to one of the connector's hosts
 * or to the connection's own. The connector has a field `clientId` (open or secret) and, where the vendor gives one, a secret `clientSecret`, both `for` the OAuth kinds.
 */
export interface OAuthPlaces {
  readonly authorizeUrl: string
  readonly tokenUrl: string
  readonly defaultScopes: readonly string[]
  /** What stands between scopes: a space, unless the vendor wants a comma. */
  readonly scopeSeparator?: string
  /** Extra fields of the form for the token address: `audience`. */
  readonly tokenForm?: Readonly<Record<string, string>>
  /** Extra query fields of the authorize address: `access_type=offline`. */
  readonly authorizeQuery?: Readonly<Record<string, string>>
  /** How client id and secret are sent to the token address. */
  readonly clientAuth: 'basic' | 'body'
}

/** All that is to be said of a connector before it is called. */
export interface ConnectorConfig {
  readonly title: string
  readonly auth: readonly AuthKind[]
  readonly fields: readonly ConfigField[]
  readonly oauth?: OAuthPlaces
  /** Hosts the vendor serves from, `.zendesk.com` meaning any name below; any other host may be given by an MSP Admin only. */
  readonly hosts: readonly string[]
  /** Example of a base URL. */
  readonly baseUrlExample: string
  /** What our words are in a new account of this vendor. */
  readonly mapping: TicketMapping
  readonly guide: ConnectorGuide
  /** Version of the vendor's API this was written for, and the page that says so. */
  readonly api: { readonly version: string; readonly page: string }
}

/** What a PSA can do; the outbox and the sync ask these and nothing else. */
export interface Capabilities {
  readonly publicNote: boolean
  readonly internalNote: boolean
  readonly assign: boolean
  readonly reopen: boolean
  /** A ticket in the state `closed` is never changed again, though a resolved one can be reopened; absent: no. */
  readonly closesForGood?: boolean
  readonly attach: boolean
  readonly time: boolean
  /** A ticket can be found by our reference. */
  readonly findByExternalRef: boolean
  readonly parent: boolean
  /** `merge`, `link` or neither. */
  readonly joins: 'merge' | 'link' | 'none'
  readonly companies: boolean
  readonly assets: boolean
  readonly knowledge: boolean
  /** A ticket can ask for a change request: then `requestChange` is there. Absent: no. */
  readonly change?: boolean
  /** `webhook`: it tells us; `poll`: we have to ask. */
  readonly changes: 'webhook' | 'poll'
}

/** A limit the vendor states. `account`: all calls of one account together. */
export interface CallLimit {
  readonly name: string
  readonly calls: number
  readonly windowMs: number
  /** Calls it counts; absent: all. */
  readonly counts?: 'writes' | 'reads'
}

/** How hard an account may be called. */
export interface Pace {
  readonly limits: readonly CallLimit[]
  /** Calls under way at once. */
  readonly atOnce: number
  /** Shortest time between two writes of one ticket, in ms. */
  readonly perTicketMs: number
  /** The vendor states no number: start with `limits`, learn from answers. */
  readonly isLearned: boolean
  /** False: its headers speak of a single endpoint and second, and say nothing of `limits`. Absent: they speak of the first that counts every call. */
  readonly isTold?: false
}

/** A call as a connector asks for it. Path and query are encoded by the connector's helper; nothing is ever pasted. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base URL; starts with `/`. */
  readonly path: string
  /** In place of base URL and path: an address the vendor gave, of the same host. */
  readonly url?: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  /** At most one of these four. */
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly multipart?: readonly { readonly name: string; readonly value: string | Buffer; readonly fileName?: string; readonly contentType?: string }[]
  /** The body as it is, for PSAs that take a file so. */
  readonly binary?: { readonly bytes: Buffer; readonly contentType: string }
  readonly action: CallAction
  /** What it is for, for the record: `create ticket`. */
  readonly reference: string
  readonly externalId?: string
  /** Statuses that are answers and no errors beside 2xx: `[404]`. */
  readonly accepts?: readonly number[]
  /** What an error means where the PSA says so in its body alone, as one that answers 500 to a wrong field; null: what its status says. */
  readonly meaning?: (status: number, body: unknown) => ConnectorCode | null
  /** The body is no JSON. */
  readonly isText?: boolean
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  /** JSON as parsed, text where asked for, null where there is no body. */
  readonly body: unknown
}

/** The one client: credentials, time limit, TLS, host of the connection alone, size limit, call budget, record, classes of errors. It never retries. */
export interface ConnectorHttp {
  call(request: HttpRequest): Promise<HttpAnswer>
}

/** A connection as a connector sees it. */
export interface OpenConnection {
  readonly id: string
  readonly companyId: string | null
  readonly connector: string
  readonly environment: Environment
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly auth: AuthKind
  readonly fields: Readonly<Record<string, string>>
  readonly mapping: TicketMapping
}

/** What is handed in with each piece of work. */
export interface CallContext {
  readonly connection: OpenConnection
  readonly http: ConnectorHttp
  readonly signal: AbortSignal
  readonly nowMs: number
  /** An earlier attempt may have been taken: look first, and write only what is not there. */
  readonly isRepeat: boolean
  /** Answers of look-ups that seldom change (picklists, users, zones), by key within the connection; `load` is asked where it is not known or too old. */
  cached<T>(key: string, ttlMs: number, load: () => Promise<T>): Promise<T>
}

/** Secrets as the vault hands them out, by name of the field; `accessToken` where OAuth is used. */
export type Credentials = Readonly<Record<string, string>>

/** A company or customer of the PSA. */
export interface ExternalCompany {
  readonly externalId: string
  readonly name: string
  readonly domains: readonly string[]
  readonly isActive: boolean
}

/** A machine or other thing the PSA keeps. */
export interface ExternalAsset {
  readonly externalId: string
  readonly name: string
  /** Serial number, addresses, other names. */
  readonly aliases: readonly string[]
}

/** A technician of the PSA. */
export interface ExternalUser {
  readonly externalId: string
  readonly name: string
  readonly email: string | null
}

/** An article that may help. */
export interface ExternalArticle {
  readonly externalId: string
  readonly title: string
  readonly url: string | null
}

/** A change request that a ticket asks for and is linked to; its token is its reference. */
export interface ChangeDraft extends TicketChangeRequest {
  readonly ticket: TicketRef
  readonly mapping: TicketMapping
}

/** Choice values a person maps to our words. */
export interface ExternalChoices {
  readonly statuses: readonly { readonly id: string; readonly name: string }[]
  readonly priorities: readonly { readonly id: string; readonly name: string }[]
  /** By the name used in `mapping.place`. */
  readonly places: Readonly<Record<string, readonly { readonly id: string; readonly name: string }[]>>
}

/** A webhook as it came in. Header names are in lower case. */
export interface HookDelivery {
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly receivedAtMs: number
}

/** How a vendor's webhook is known. */
export interface HookReader {
  /** `signed`: by the vendor; `secret`: our long random part in the address or a header, compared by the caller. */
  readonly proof: 'signed' | 'secret'
  /** Signed with what the vendor itself tells, so that no secret is agreed on: the long random part of the address is asked for besides, before anything is looked up. Absent: no. */
  readonly isKeyedToo?: true
  /**
   * The ids of the tickets it speaks of: hints, for a ticket is read back before anything is believed. Null: the signature is wrong. Compares in constant time.
   * Throws `invalid` for a body it cannot read.
   */
  read(delivery: HookDelivery, secret: string, ctx: CallContext): Promise<readonly string[] | null>
}

/** A ticket system. Methods throw ConnectorError and nothing else; none retries, sleeps, or reads environment or database. */
export interface TicketConnector {
  /** The folder's name. */
  readonly id: string
  readonly config: ConnectorConfig
  readonly capabilities: Capabilities
  readonly pace: (connection: OpenConnection) => Pace
  /** How long the PSA's look-up by reference may lag behind a create, in ms; 0: at once. */
  readonly findLagMs: number
  /** Which account a connection calls: what shares one call budget. No secrets. */
  account(connection: OpenConnection): string
  /** Headers that prove who we are, from what the vault holds. */
  authorise(credentials: Credentials, connection: OpenConnection): Readonly<Record<string, string>>
  /** Reach, credentials, each right that is needed and none that is not, each value of the mapping. Throws only where the signal ends it. */
  check(ctx: CallContext): Promise<ConnectionCheck>
  /** Makes the ticket; where `isRepeat`, looks for `externalRef` first. */
  create(draft: TicketDraft, ctx: CallContext): Promise<TicketSnapshot>
  /** The ticket with our reference; null: there is none. Several: the oldest. */
  find(externalRef: string, ctx: CallContext): Promise<TicketRef | null>
  /** Writes what differs; where `isRepeat`, leaves out notes, files and times that are there. */
  update(ref: TicketRef, change: TicketChange, ctx: CallContext): Promise<void>
  /** The ticket with its newest notes; null: it is gone. With `of`, a company, one of any other is null too, found so by the calls that one which is not there takes: who guesses learns nothing by counting. */
  read(ref: TicketRef, ctx: CallContext, of?: string): Promise<TicketSnapshot | null>
  /** Tickets that changed at or after the cursor's moment, oldest first, at most 200; a null cursor begins now. */
  changedSince(cursor: string | null, ctx: CallContext): Promise<{ readonly changed: readonly TicketSnapshot[]; readonly cursor: string }>
  /** Tickets by their words. With a company, how many calls that takes does not hang on tickets of another. */
  search(query: { readonly text: string; readonly companyId: string | null; readonly limit: number }, ctx: CallContext): Promise<readonly TicketSnapshot[]>
  findCompanies(query: string, ctx: CallContext): Promise<readonly ExternalCompany[]>
  findAssets(companyId: string, query: string, ctx: CallContext): Promise<readonly ExternalAsset[]>
  findUsers(query: string, ctx: CallContext): Promise<readonly ExternalUser[]>
  choices(ctx: CallContext): Promise<ExternalChoices>
  /** Joins two tickets: merges, or links with a note on both, as `joins` says. */
  join(from: TicketRef, into: TicketRef, ctx: CallContext): Promise<void>
  searchKnowledge(query: string, ctx: CallContext): Promise<readonly ExternalArticle[]>
  /** Makes a change request and links it to its ticket, unless one with its token is there already. There where `capabilities.change` says so; `update` does it for each of a change. */
  requestChange?(draft: ChangeDraft, ctx: CallContext): Promise<TicketRef>
  readonly hook: HookReader | null
}

/** Why a call failed, in closed words; the guide of each connector says how to mend those that a person can. */
export const CONNECTOR_CODES = {
  unreachable: { retry: 'backoff', outcome: 'not_sent' }, tls: { retry: 'never', outcome: 'not_sent' }, timeout: { retry: 'backoff', outcome: 'unknown' }, cut_off: { retry: 'backoff', outcome: 'unknown' },
  aborted: { retry: 'backoff', outcome: 'unknown' }, unauthorized: { retry: 'hold', outcome: 'refused' }, forbidden: { retry: 'hold', outcome: 'refused' }, not_found: { retry: 'never', outcome: 'refused' },
  invalid: { retry: 'never', outcome: 'refused' }, conflict: { retry: 'backoff', outcome: 'refused' }, too_large: { retry: 'never', outcome: 'refused' }, rate_limited: { retry: 'after', outcome: 'refused' },
  quota: { retry: 'hold', outcome: 'refused' }, budget: { retry: 'after', outcome: 'not_sent' }, server_error: { retry: 'backoff', outcome: 'unknown' }, bad_answer: { retry: 'backoff', outcome: 'unknown' },
  unsupported: { retry: 'never', outcome: 'not_sent' }, misconfigured: { retry: 'hold', outcome: 'not_sent' }, defect: { retry: 'never', outcome: 'unknown' },
} as const satisfies Record<string, { readonly retry: 'never' | 'backoff' | 'after' | 'hold'; readonly outcome: 'not_sent' | 'refused' | 'unknown' }>

/** One of the codes above. `hold`: nothing of the connection is tried until somebody mends it or its next probe succeeds. */
export type ConnectorCode = keyof typeof CONNECTOR_CODES

/** The one error of connectors. Its message says how to mend and never holds a secret. */
export class ConnectorError extends Error {
  readonly code: ConnectorCode
  readonly httpStatus: number | null
  /** How long the other side asks to wait, in ms; null: it does not say. */
  readonly retryAfterMs: number | null
  // Private, so that no logger prints it.
  readonly #answer: unknown

  constructor(code: ConnectorCode, message: string, options: { readonly httpStatus?: number | null; readonly retryAfterMs?: number | null; readonly cause?: unknown; readonly answer?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ConnectorError'
    this.code = code
    this.httpStatus = options.httpStatus ?? null
    this.retryAfterMs = options.retryAfterMs ?? null
    this.#answer = options.answer ?? null
  }

  /** What the other side said, parsed where it could be: for a connector whose PSA says in the body what it means. Not redacted, so never to be kept. */
  get answer(): unknown {
    return this.#answer
  }

  /** What may be done about it. */
  get retry(): (typeof CONNECTOR_CODES)[ConnectorCode]['retry'] {
    return CONNECTOR_CODES[this.code].retry
  }

  /** Whether what was asked for may have happened. */
  get outcome(): (typeof CONNECTOR_CODES)[ConnectorCode]['outcome'] {
    return CONNECTOR_CODES[this.code].outcome
  }
}
