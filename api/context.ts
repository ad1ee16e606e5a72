/** What routes share: options of the plugin, the caller of a request, and the answers that many give. */
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import type { Caller } from '../schemas/access.ts'
import type { Clock } from '../schemas/clock.ts'
import { AppError } from '../schemas/errors.ts'
import type { OpenUntil } from '../schemas/rule-trial.ts'
import type { Mode } from '../schemas/settings.ts'
import type { AdapterBacktests, Advices, HistoryBacktests } from './ports.ts'
import type { Connections, MasterKeyDesk } from './connection-ports.ts'
import type { Authenticator } from './authentication.ts'
import { COMPANY_QUERY, ERROR, time } from './json-schema.ts'
import type { TicketLinks } from './ticket-link-ports.ts'
import type { JsonSchema } from './json-schema.ts'
import type { LiveHub } from './live-hub.ts'
import type { PasswordCost } from './passwords.ts'
import type { Analytics, ChangeSignals, DeadLetters, Explanations, Health, Mappings, ModelTests, Receipts, Span, Stores } from './ports.ts'
import type { Remediation } from './remediation-ports.ts'
import type { Access } from './roles.ts'
import type { TicketSyncApi } from './ticket-ports.ts'
import type { Settlements } from './settlements.ts'
import { parseTime } from './validation.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the handler of every route that is not public. */
    caller: Caller | null
  }
  interface FastifyContextConfig {
    /** Which roles may call the route; a route without it is refused at start. */
    access?: Access
  }
}

/** What the API is made from. */
export interface ApiOptions {
  readonly clock: Clock
  readonly stores: Stores
  readonly analytics: Analytics
  readonly receipts: Receipts
  readonly explanations: Explanations
  /** How the engine reckons maintenance windows. */
  readonly openUntil: OpenUntil
  readonly deadLetters: DeadLetters
  readonly mappings: Mappings
  readonly health: Health
  /** Everything the process measures; the API adds its own to it. */
  readonly metrics: Registry
  /** Fed by the composition root from projection and ingest. */
  readonly live: LiveHub
  /** Told by the projection of each settled command. */
  readonly settlements: Settlements
  readonly changed: ChangeSignals
  /** Signs log-ins; at least 32 bytes. */
  readonly jwtSecret: Uint8Array
  readonly adminToken: string
  /** AW_MODE: the ceiling shown as a company's effective mode. */
  readonly mode: Mode
  /** Base of webhook addresses, without a slash at the end; null takes it from the request. */
  readonly publicUrl: string | null
  readonly version: string
  readonly backtests: AdapterBacktests
  readonly history: HistoryBacktests
  readonly advice: Advices
  readonly modelTests: ModelTests
  readonly remediation: Remediation
  readonly connections: Connections
  readonly ticketLinks: TicketLinks
  readonly ticketSync: TicketSyncApi
  readonly masterKeys: MasterKeyDesk
  /** Cost of new password hashes; lower only in tests. */
  readonly passwordCost?: PasswordCost
}

/** What a file of routes is handed. */
export interface RouteContext extends ApiOptions {
  readonly authenticator: Authenticator
  readonly log: FastifyBaseLogger
}

/** The caller of a request that is not public. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new AppError('internal', 'a route without a caller asked for one')
  return request.caller
}

/** The companies a query means: the one it names, if the caller may see it, else all of the caller's. Throws `not_found`. */
export async function companiesOf(context: RouteContext, request: FastifyRequest, company: string | undefined): Promise<readonly string[] | 'all'> {
  const { scope } = callerOf(request)
  if (company === undefined) return scope.companyIds
  return [(await context.stores.companies.get(scope, company)).id]
}

/** Query parameters of a span: whose, and of which time. */
export const SPAN = { ...COMPANY_QUERY, from: time({ description: 'inclusive, ISO 8601' }), to: time({ description: 'exclusive, ISO 8601' }) }

/** The same as they come. */
export interface SpanQuery {
  readonly company?: string
  readonly from?: string
  readonly to?: string
}

/** The span a query means. Throws `not_found`, or `bad_request` naming the time. */
export async function spanOf(context: RouteContext, request: FastifyRequest, { company, from, to }: SpanQuery): Promise<Span> {
  return { companyIds: await companiesOf(context, request, company), fromMs: parseTime('from', from), toMs: parseTime('to', to) }
}

const ERRORS: Readonly<Record<number, string>> = {
  400: 'what is wrong with the request', 401: 'log in first', 403: 'your role does not allow it', 404: 'no such thing, or not yours', 409: 'contradicts the present state', 429: 'too often',
}

/** Schema of the answers of a route: its own, and the errors it may give. */
export function answers(own: Readonly<Record<number, JsonSchema>>, ...errors: readonly number[]): Record<number, JsonSchema> {
  const table: Record<number, JsonSchema> = {}
  for (const [status, schema] of Object.entries(own)) table[Number(status)] = { description: 'done', ...schema }
  for (const status of errors) table[status] ??= { ...ERROR, description: ERRORS[status] ?? 'refused' }
  return table
}

/** Errors of a route that reads within the caller's companies. */
export const READ_ERRORS = [400, 401, 403, 404] as const
/** Errors of a route that changes something. */
export const WRITE_ERRORS = [400, 401, 403, 404, 409] as const
