/** Links between incidents and tickets as the API asks for them: what a person names is read in the ticket system first, and likely tickets are looked for there and here. */
import type { TicketLinks } from '../../api/ticket-link-ports.ts'
import { findNamed } from '../../connectors/links/named.ts'
import { searchesFor, suggest, wordsFor, type Candidate, type Compared } from '../../connectors/links/suggest.ts'
import { ConnectorError, type CallContext, type TicketConnector } from '../../connectors/port.ts'
import { changeRefOf } from '../../connectors/sync/identity.ts'
import type { OpenedConnection } from '../../connectors/vault/vault.ts'
import type { Caller } from '../../schemas/access.ts'
import type { Clock } from '../../schemas/clock.ts'
import { AppError } from '../../schemas/errors.ts'
import { runMode } from '../../schemas/remediation-settings.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { Environment } from '../../schemas/tickets.ts'
import type { SqlDatabase } from '../../storage/queries/sql.ts'
import { ticketLinkStore, type LinkTarget, type TicketLinkStore } from '../../storage/tickets/ticket-links.ts'
import type { ConnectionWork, VaultParts } from '../parts/vault.ts'
import type { TicketDeskParts } from './connections.ts'
import { heldCalls } from './guessed-calls.ts'
import { ticketWriting } from './ticket-writing.ts'

/** What the desk is joined from. */
export interface TicketLinkParts extends Pick<TicketDeskParts, 'connections' | 'vault' | 'connectorOf' | 'contextOf' | 'budgetFor'>, Pick<VaultParts, 'record'> {
  readonly database: SqlDatabase
  readonly clock: Clock
  /** AW_MODE. */
  readonly ceiling: Mode
}

/** A person waits: whatever takes longer is ended. */
const WITHIN_MS = 30_000
const FOUND_MAX = 25
const ARTICLES_MAX = 10
const TITLE_CHARS = 300

interface Place {
  readonly connection: OpenedConnection
  readonly connector: TicketConnector
  readonly mode: Mode
  readonly ctx: CallContext
  /** The same with the record of its calls taken by somebody else. */
  readonly contextWith: (record: VaultParts['record']) => CallContext
  /** Whose tickets the caller may be shown: of this company of the system; null: of any. */
  readonly onlyCompany: string | null
}

/** The desk. */
export function openTicketLinks(parts: TicketLinkParts): TicketLinks {
  const { database, clock } = parts
  const store = ticketLinkStore(database, { clock })
  const place = (caller: Caller, incident: LinkTarget, connectionId: string | null) => placeOf(parts, store, caller, incident, connectionId)

  return {
    ...ticketWriting(parts, store),
    list: (scope, incidentId) => store.list(scope, incidentId),
    get: (scope, ticketId) => store.get(scope, ticketId),

    async link(caller, incidentId, { ticket, kind, connectionId }) {
      const incident = await store.target(caller.scope, incidentId, true)
      const { connection, connector, mode, ctx, contextWith, onlyCompany } = await place(caller, incident, connectionId)
      const held = onlyCompany === null ? null : heldCalls(parts.record)
      let isTheirs = false
      const found = await asked(() => findNamed(connector, ticket, held === null ? ctx : contextWith(held.record), onlyCompany))
        .then((one) => {
          // Another client's ticket is no ticket: whoever guesses numbers learns nothing.
          isTheirs = one !== null
          return one
        })
        .finally(() => held?.settle(isTheirs))
      if (found === null) throw new AppError('not_found', `${connector.config.title} has no ticket ${ticket} that this company's incidents could be linked with: give its number, or the address of its page`)
      return store.link(caller, incidentId, { connectionId: connection.id, connector: connector.id, environment: connection.environment, account: connector.account(connection), kind, mode, snapshot: found })
    },

    change: (caller, incidentId, ticketId, kind) => store.change(caller, incidentId, ticketId, kind),
    unlink: (caller, incidentId, ticketId) => store.unlink(caller, incidentId, ticketId),

    async requestChange(caller, incidentId, ticketId, { title, reason, plan, wayBack, test, isUrgent }) {
      const incident = await store.target(caller.scope, incidentId, true)
      const ticket = (await store.list(caller.scope, incidentId)).find(({ id }) => id === ticketId)
      if (ticket === undefined) throw new AppError('not_found', 'the incident has no such ticket')
      const connector = parts.connectorOf(ticket.connector)
      if (connector?.capabilities.change !== true) throw new AppError('conflict', `${connector?.config.title ?? ticket.connector} keeps no change requests, or its connector makes none`)
      const { mapping } = ticket.connectionId === '' ? connector.config : await parts.vault.open(ticket.connectionId, { purpose: 'look-up', caller })
      const token = changeRefOf(ticket.id, title, reason, plan, wayBack, test)
      const status = await store.orderChange(caller, incidentId, ticketId, {
        mapping, changeRequests: [{
          token, title: title ?? incident.title, reason, isUrgent, assetIds: [], text: `Asked for by ${caller.name} in incident ${ticket.number ?? ticket.externalRef}: ${incident.title}\n\nReference ${token}.`,
          ...(plan === null ? {} : { plan }), ...(wayBack === null ? {} : { wayBack }), ...(test === null ? {} : { test }),
        }],
      }, 'ticket.change_requested')
      return { reference: token, status: status === 'shown' ? status : 'waiting' }
    },

    async knowledge(caller, incidentId, asked) {
      const incident = await store.target(caller.scope, incidentId, true)
      const query = asked ?? wordsFor(incident, 3)
      if (query === '') return { query, items: [], problem: 'nothing in the incident says what to look for: give words' }
      try {
        const { connector, ctx } = await place(caller, incident, null)
        if (!connector.capabilities.knowledge) return { query, items: [], problem: `${connector.config.title} has no knowledge base, or its connector searches none` }
        const found = await connector.searchKnowledge(query, ctx)
        return { query, items: found.slice(0, ARTICLES_MAX).map(({ externalId, title, url }) => ({ externalId, title: title.slice(0, TITLE_CHARS), url: url !== null && url.startsWith('https://') ? url : null })), problem: null }
      } catch (thrown) {
        if (thrown instanceof AppError || thrown instanceof ConnectorError) return { query, items: [], problem: thrown.message }
        throw thrown
      }
    },

    async suggestions(caller, incidentId) {
      const incident = await store.target(caller.scope, incidentId)
      const compared: Compared = { title: incident.title, assets: incident.assets, signatures: incident.signatures, openedAtMs: Date.parse(incident.openedAt) }
      const ours = (await store.near(incident, null)).map(({ number, updatedAt, ...near }): Candidate => ({ ...near, number: number ?? near.externalId, updatedAtMs: updatedAt === null ? null : Date.parse(updatedAt), origin: 'ours' }))
      try {
        const found = await searched(await place(caller, incident, null), compared, incident, store)
        return { items: suggest(compared, [...ours, ...found]), problem: null }
      } catch (thrown) {
        // What we know ourselves is shown all the same; the sentence says what is missing.
        if (thrown instanceof AppError || thrown instanceof ConnectorError) return { items: suggest(compared, ours), problem: thrown.message }
        throw thrown
      }
    },
  }
}

/** Tickets of the system that its own search finds by machine and by what is wrong: two searches at most. */
async function searched({ connection, connector, ctx, onlyCompany }: Place, compared: Compared, incident: LinkTarget, store: TicketLinkStore): Promise<readonly Candidate[]> {
  const linked = await store.linked(incident, connection.id)
  const found: Candidate[] = []
  for (const text of searchesFor(compared)) {
    for (const snapshot of await connector.search({ text, companyId: onlyCompany, limit: FOUND_MAX }, ctx)) {
      if (snapshot.isDeleted || snapshot.mergedIntoId !== null || linked.has(snapshot.ref.externalId) || (onlyCompany !== null && snapshot.companyId !== onlyCompany)) continue
      found.push({
        connectionId: connection.id, connector: connector.id, externalId: snapshot.ref.externalId, number: snapshot.ref.number, url: snapshot.ref.url, title: snapshot.title, state: snapshot.state, statusText: snapshot.statusText,
        updatedAtMs: snapshot.updatedAtMs, assets: [], origin: 'found',
      })
    }
  }
  return found
}

/** The connection a person may ask, and whose tickets they may see in it. Throws `conflict` where none can be asked, with how to mend it. */
async function placeOf({ connections, vault, connectorOf, contextOf, budgetFor, ceiling }: TicketLinkParts, store: TicketLinkStore, caller: Caller, incident: LinkTarget, connectionId: string | null): Promise<Place> {
  const mode = runMode(ceiling, incident.mode, null)
  if (mode === 'demo') throw new AppError('conflict', 'the mode is demo, in which no ticket system is called')
  const environments: readonly Environment[] = mode === 'production' ? ['production'] : mode === 'sandbox' ? ['sandbox'] : ['production', 'sandbox']
  const usable = []
  for (const environment of environments) {
    const found = await connections.effective(incident.companyId, environment)
    if (found !== null) usable.push(found)
  }
  const chosen = connectionId === null ? usable[0] : usable.find(({ id }) => id === connectionId)
  if (chosen === undefined) throw new AppError('conflict', connectionId === null ? 'this company has no connection to a ticket system that is in use: add one with `aw connect`, check it and switch it on' : 'this is no connection that this company\'s tickets go to')
  const connector = connectorOf(chosen.connector)
  if (connector === null) throw new AppError('conflict', `there is no connector ${chosen.connector} in this release`)
  const connection = await vault.open(chosen.id, { purpose: 'look-up', caller })
  const onlyCompany = await boundTo(store, caller, incident, connection, connector)
  const work: ConnectionWork = {
    budget: budgetFor(connector, connection), signal: AbortSignal.timeout(WITHIN_MS),
    origin: { companyId: incident.companyId, incidentId: incident.id, ticketId: null, who: { kind: caller.kind, id: caller.id, name: caller.name }, urgency: 1, retries: 0 },
  }
  return { connection, connector, mode, ctx: contextOf(connection, connector, work), contextWith: (record) => contextOf(connection, connector, { ...work, record }), onlyCompany }
}

/** In a system shared by all clients people see tickets of their own company alone; an MSP Admin sees them all. */
async function boundTo(store: TicketLinkStore, caller: Caller, incident: LinkTarget, connection: OpenedConnection, { config, capabilities }: TicketConnector): Promise<string | null> {
  const external = await store.externalCompany(connection.id, incident.companyId)
  if (connection.companyId !== null || caller.scope.role === 'msp_admin') return null
  if (!capabilities.companies) throw new AppError('forbidden', `${config.title} is shared by all clients and does not tell them apart: an MSP Admin may link its tickets`)
  if (external === null) throw new AppError('conflict', `nobody has said yet which customer of ${config.title} this company is: answer the question under its matches first`)
  return external
}

/** What the other side does wrong is no error of the request, but it cannot be answered: the message says how to mend. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (thrown) {
    if (!(thrown instanceof ConnectorError)) throw thrown
    throw new AppError(thrown.code === 'budget' || thrown.code === 'rate_limited' ? 'rate_limited' : 'conflict', thrown.message, { cause: thrown, details: { connector: thrown.code } })
  }
}
