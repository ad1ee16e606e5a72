/** `aw ticket`: tickets of incidents, and links to those that were there before. */
import type { TicketSuggestions } from '../schemas/ticket-links.ts'
import type { TicketView } from '../schemas/tickets.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { cell, table } from './output.ts'

const of = (incident: string): string => `/api/incidents/${encodeURIComponent(incident)}/tickets`

/** Tickets of an incident. */
export async function listTickets(api: ApiClient, incident: string): Promise<readonly TicketView[]> {
  return (await api.call<Page<TicketView>>('GET', of(incident))).items
}

/** A table of tickets. */
export function ticketsText(tickets: readonly TicketView[]): string {
  if (tickets.length === 0) return 'the incident has no ticket; `aw ticket suggest` looks for likely ones, `aw ticket link` links one'
  return table(['id', 'number', 'connector', 'state', 'link', 'assignee', 'waiting', 'synced', 'title'], tickets.map((one) => [
    one.id, cell(one.number ?? '-', 20), cell(one.connector, 24), `${one.state}${standing(one)}`, `${one.origin === 'own' ? 'own, ' : ''}${one.linkKind}`, cell(one.assignee ?? '-', 20), one.waiting, one.lastSyncedAt ?? '-', cell(one.title, 50),
  ]))
}

function standing({ isSimulated, isPlanned, lastError }: TicketView): string {
  return `${isSimulated ? ', simulated' : isPlanned ? ', planned only' : ''}${lastError === null ? '' : ', error'}`
}

/** One ticket. */
export function showTicket(api: ApiClient, id: string): Promise<TicketView> {
  return api.call<TicketView>('GET', `/api/tickets/${encodeURIComponent(id)}`)
}

/** One ticket as a person reads it. */
export function ticketText(one: TicketView): string {
  return [
    `${one.id}: ${cell(one.title, 200)}`, `ticket    ${cell(one.number ?? 'not made yet', 60)} in ${cell(one.connector, 40)} (${one.environment})${one.url === null ? '' : `, ${cell(one.url, 300)}`}`,
    `state     ${one.state}${one.statusText === null ? '' : ` (${cell(one.statusText, 60)})`}${standing(one)}, ${one.assignee === null ? 'nobody has it' : `with ${cell(one.assignee, 60)}`}`,
    `link      ${one.linkKind}, ${one.origin === 'own' ? 'made by the program and kept true' : 'named by a person, only read'}, incident ${one.incidentId}`,
    `synced    ${one.lastSyncedAt ?? 'never'}${one.waiting === 0 ? '' : `, ${one.waiting} pieces of work wait`}`, ...(one.lastError === null ? [] : [`error     ${cell(one.lastError, 500)}`]),
  ].join('\n')
}

/** Links a ticket that is there. */
export function linkTicket(api: ApiClient, incident: string, ticket: string, { kind, connection }: { readonly kind?: string; readonly connection?: string }): Promise<TicketView> {
  return api.call<TicketView>('POST', of(incident), { ticket, ...(kind === undefined ? {} : { kind }), ...(connection === undefined ? {} : { connection }) })
}

/** Takes a link away. */
export async function unlinkTicket(api: ApiClient, incident: string, id: string): Promise<void> {
  await api.call('DELETE', `${of(incident)}/${encodeURIComponent(id)}`)
}

/** Likely tickets. */
export function suggestTickets(api: ApiClient, incident: string): Promise<TicketSuggestions> {
  return api.call<TicketSuggestions>('GET', `${of(incident)}/suggestions`)
}

/** Likely tickets as a person reads them. */
export function suggestionsText({ items, problem }: TicketSuggestions): string {
  const said = problem === null ? [] : [`The ticket system was not searched: ${cell(problem, 300)}`, '']
  if (items.length === 0) return [...said, 'no ticket looks like it'].join('\n')
  return [...said, table(['number', 'score', 'state', 'title', 'why'], items.map(({ number, score, state, title, reasons }) => [cell(number, 20), score, state, cell(title, 50), cell(reasons.join(' '), 140)]))].join('\n')
}
