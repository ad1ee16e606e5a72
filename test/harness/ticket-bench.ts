/** Where tickets and their outbox are kept, for tests that must hold over the database and over its stand-in in memory alike. */
import type { AccountStore } from '../../connectors/budget/budget.ts'
import type { AccountState } from '../../schemas/call-accounts.ts'
import type { TestClock } from '../../schemas/clock.ts'
import type { HeldOrder, NewTicket, OrderChange, OrderStatus, TicketOrder, TicketRow } from '../../schemas/ticket-work.ts'
import type { TicketChange, TicketDraft, TicketSnapshot } from '../../schemas/tickets.ts'
import type { Sql, SqlDatabase } from '../../storage/queries/sql.ts'
import { callAccounts } from '../../storage/tickets/call-accounts.ts'
import { ticketOutbox, type ClaimOptions } from '../../storage/tickets/outbox.ts'
import type { Ordered } from '../../storage/tickets/order.ts'
import { insertTicket, ticketById } from '../../storage/tickets/ticket-store.ts'

/** A row of the outbox as tests look at it. */
export interface OrderRow {
  readonly id: number
  readonly ticketId: string
  readonly seq: number
  readonly kind: string
  readonly body: TicketDraft | TicketChange
  readonly urgency: number
  readonly status: OrderStatus
  readonly attempts: number
  readonly isRepeat: boolean
  readonly unknownAtMs: number | null
  readonly looks: number
  readonly dueAtMs: number
  readonly code: string | null
  readonly error: string | null
}

/** One place to keep them. */
export interface TicketBench {
  readonly clock: TestClock
  readonly store: {
    claim(worker: string, limit: number, options?: ClaimOptions): Promise<readonly HeldOrder[]>
    begin(held: HeldOrder): Promise<HeldOrder | null>
    settle(held: HeldOrder, change: OrderChange): Promise<boolean>
    hurry(account: string): Promise<void>
    counts(): Promise<{ readonly waiting: number; readonly calling: number; readonly dead: number; readonly oldestDueMs: number }>
  }
  readonly accounts: AccountStore
  ticket(ticket: NewTicket): Promise<void>
  order(order: TicketOrder): Promise<Ordered>
  orders(ticketId?: string): Promise<readonly OrderRow[]>
  row(ticketId: string): Promise<TicketRow | null>
  nextDueAtMs(): Promise<number | null>
  hints(): Promise<readonly string[]>
  /** The PSA tells of a ticket; nobody has read it yet. */
  hint(ticketId: string): Promise<void>
  /** Whether somebody is to read the ticket. */
  isHinted(ticketId: string): Promise<boolean>
  /** The ticket is read, as the listening half of the sync does it. */
  listen(ticketId: string, snapshot: TicketSnapshot, isTouched: boolean): Promise<void>
  /** Puts an account of `zendesk` where a test wants it. */
  say(account: string, state: Partial<AccountState>): Promise<void>
}

/** A ticket of company `c1` in account `zendesk:acme`, told apart by its id. */
export function aTicket(id: string, changes: Partial<NewTicket> = {}): NewTicket {
  return {
    id, companyId: 'c1', incidentId: `inc-${id}`, connectionId: 'con-1', connector: 'zendesk', environment: 'production', account: 'zendesk:acme', externalRef: `AW-${id}`, title: `ticket ${id}`, origin: 'own', linkKind: 'related',
    isAutomatic: true, generation: 1, parentTicketId: null, mode: 'production', isSimulated: false, ref: null, told: {}, toldVersion: 0, ...changes,
  }
}

export const NO_MAPPING = { status: {}, priority: {}, place: {} } as const

/** A draft as the sync would make it. */
export function aDraft(id: string, changes: Partial<TicketDraft> = {}): TicketDraft {
  return { externalRef: `AW-${id}`, title: `ticket ${id}`, text: 'what happened', severity: 'high', priority: 2, state: 'open', party: { companyId: null, contactId: null, assetIds: [] }, assigneeId: null, parent: null, mapping: NO_MAPPING, ...changes }
}

/** A change with one internal note. */
export function aNote(token: string, text = `said ${token}`, changes: Partial<TicketChange> = {}): TicketChange {
  return { notes: [{ token, text, isPublic: false }], mapping: NO_MAPPING, ...changes }
}

/** What a PSA answers of a ticket. */
export function aSnapshot(externalId: string, changes: Partial<TicketSnapshot> = {}): TicketSnapshot {
  return {
    ref: { externalId, number: `#${externalId}`, url: null }, externalRef: null, title: 't', state: 'open', statusText: 'New', priorityId: null, assignee: null, companyId: null, parentId: null, mergedIntoId: null, isDeleted: false,
    notes: null, createdAtMs: null, updatedAtMs: null, isLastChangeOurs: true, ...changes,
  }
}

/** Empties the tables and puts companies and connections there. */
export async function emptyTickets(sql: Sql, companies: readonly string[] = ['c1', 'c2']): Promise<void> {
  await sql.query('truncate incidents; delete from ticket_outbox; delete from tickets; delete from ticket_hints; delete from call_accounts; delete from connections; delete from companies')
  await sql.query(`insert into companies (id, name, settings, created_at, updated_at) select id, id, '{"mode":"production"}', now(), now() from unnest($1::text[]) id`, [companies])
  await sql.query(`insert into connections (id, company_id, connector, name, environment, enabled, base_url, auth, hook_key, created_at, updated_at) values ('con-1', null, 'zendesk', 'main', 'production', true, 'https://acme.zendesk.com', 'basic', '\\x00', now(), now())`)
}

/** Over the database. */
export function databaseBench(database: SqlDatabase, clock: TestClock): TicketBench {
  const outbox = ticketOutbox(database, { clock })
  const accounts = callAccounts(database, { clock })
  return {
    clock, store: outbox, accounts,
    say: async (account, state) => {
      await accounts.change(account, 'zendesk', (before) => ({ state: { ...before, ...state }, answer: null }))
    },
    ticket: async (ticket) => {
      await insertTicket(database, ticket, clock.now())
    },
    order: (order) => database.transaction((sql) => outbox.order(sql, order)),
    orders: (ticketId) => database.query<OrderRow>(
      `select id::float8 as id, ticket_id as "ticketId", seq, kind, body, urgency, status, attempts, is_repeat as "isRepeat", (extract(epoch from unknown_at) * 1000)::float8 as "unknownAtMs", looks, (extract(epoch from due_at) * 1000)::float8 as "dueAtMs", code, error
       from ticket_outbox where $1::text is null or ticket_id = $1 order by ticket_id, seq`, [ticketId ?? null]),
    row: (ticketId) => ticketById(database, ticketId),
    nextDueAtMs: () => outbox.nextDueAtMs(),
    hint: async (ticketId) => {
      await database.query(`insert into ticket_hints (connection_id, event_id, external_id, via, received_at) select connection_id, 'told-' || version, external_id, 'hook', to_timestamp($2::float8 / 1000) from tickets where id = $1`, [ticketId, clock.now()])
    },
    isHinted: async (ticketId) => (await database.query('select 1 from ticket_hints h join tickets t using (connection_id, external_id) where t.id = $1 and h.done_at is null', [ticketId])).length > 0,
    listen: async (ticketId, snapshot, isTouched) => {
      await database.query(`update tickets set seen = $2::jsonb, is_touched = is_touched or $3, told = told || jsonb_build_object('stood', jsonb_build_object('state', $4::text, 'assigneeId', null)), version = version + 1 where id = $1`, [ticketId, JSON.stringify(snapshot), isTouched, snapshot.state])
      await database.query('update ticket_hints h set done_at = now() from tickets t where t.id = $1 and h.connection_id = t.connection_id and h.external_id = t.external_id', [ticketId])
    },
    hints: async () => (await database.query<{ eventId: string }>('select event_id as "eventId" from ticket_hints order by id')).map(({ eventId }) => eventId),
  }
}
