/** `aw ticket`: tickets of incidents, links to those that were there before, and what people write into them. */
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { AppError } from '../schemas/errors.ts'
import type { ChangeRequestOrdered, KnowledgeFound, TicketSuggestions, TicketWriteOrdered } from '../schemas/ticket-links.ts'
import type { TicketView } from '../schemas/tickets.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { incidentId } from './incident.ts'
import { cell, table } from './output.ts'

/** Path of an incident, by id or number. */
const at = async (api: ApiClient, incident: string): Promise<string> => `/api/incidents/${encodeURIComponent(await incidentId(api, incident))}`
const of = async (api: ApiClient, incident: string): Promise<string> => `${await at(api, incident)}/tickets`

/** Tickets of an incident. */
export async function listTickets(api: ApiClient, incident: string): Promise<readonly TicketView[]> {
  return (await api.call<Page<TicketView>>('GET', await of(api, incident))).items
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
export async function linkTicket(api: ApiClient, incident: string, ticket: string, { kind, connection }: { readonly kind?: string; readonly connection?: string }): Promise<TicketView> {
  return api.call<TicketView>('POST', await of(api, incident), { ticket, ...(kind === undefined ? {} : { kind }), ...(connection === undefined ? {} : { connection }) })
}

/** Takes a link away. */
export async function unlinkTicket(api: ApiClient, incident: string, id: string): Promise<void> {
  await api.call('DELETE', `${await of(api, incident)}/${encodeURIComponent(id)}`)
}

/** Likely tickets. */
export async function suggestTickets(api: ApiClient, incident: string): Promise<TicketSuggestions> {
  return api.call<TicketSuggestions>('GET', `${await of(api, incident)}/suggestions`)
}

/** Likely tickets as a person reads them. */
export function suggestionsText({ items, problem }: TicketSuggestions): string {
  const said = problem === null ? [] : [`The ticket system was not searched: ${cell(problem, 300)}`, '']
  if (items.length === 0) return [...said, 'no ticket looks like it'].join('\n')
  return [...said, table(['number', 'score', 'state', 'title', 'why'], items.map(({ number, score, state, title, reasons }) => [cell(number, 20), score, state, cell(title, 50), cell(reasons.join(' '), 140)]))].join('\n')
}

/** Most bytes of a file that the API takes. */
const FILE_BYTES = 1_048_576

/** Path of the ticket that is written to: the one named, else the incident's own newest. Throws `not_found` where it has none. */
async function written(api: ApiClient, incident: string, ticket: string | undefined): Promise<string> {
  const id = ticket ?? (await listTickets(api, incident)).filter(({ origin }) => origin === 'own').sort((a, b) => b.generation - a.generation)[0]?.id
  if (id === undefined) throw new AppError('not_found', 'the incident has no ticket of its own yet, and linked ones are only read')
  return `${await of(api, incident)}/${encodeURIComponent(id)}`
}

/** Writes a note into it. */
export async function noteTicket(api: ApiClient, incident: string, text: string, { ticket, isPublic = false }: { readonly ticket?: string; readonly isPublic?: boolean }): Promise<TicketWriteOrdered> {
  return api.call<TicketWriteOrdered>('POST', `${await written(api, incident, ticket)}/notes`, { text, public: isPublic })
}

/** Puts a file into it. Throws `usage` for one that is too big. */
export async function attachToTicket(api: ApiClient, incident: string, file: string, { ticket, type = 'application/octet-stream' }: { readonly ticket?: string; readonly type?: string }): Promise<TicketWriteOrdered> {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isFile() !== true) throw new AppError('usage', `${file}: there is no such file`)
  const { size } = found
  if (size === 0 || size > FILE_BYTES) throw new AppError('usage', `${file}: a file of 1 to ${FILE_BYTES} bytes, not ${size}`)
  return api.call<TicketWriteOrdered>('POST', `${await written(api, incident, ticket)}/attachments`, { name: basename(file), contentType: type, base64: readFileSync(file).toString('base64') })
}

/** Books time in it. */
export async function bookTime(api: ApiClient, incident: string, minutes: number, text: string, { ticket, started }: { readonly ticket?: string; readonly started?: string }): Promise<TicketWriteOrdered> {
  return api.call<TicketWriteOrdered>('POST', `${await written(api, incident, ticket)}/times`, { minutes, text, ...(started === undefined ? {} : { startedAt: started }) })
}

/** Asks for a change request of it. */
export async function requestChange(api: ApiClient, incident: string, { ticket, ...draft }: { readonly ticket?: string; readonly reason: string; readonly title?: string; readonly plan?: string; readonly wayBack?: string; readonly test?: string; readonly urgent?: boolean }): Promise<ChangeRequestOrdered> {
  return api.call<ChangeRequestOrdered>('POST', `${await written(api, incident, ticket)}/change-requests`, draft)
}

/** What became of it. */
export function orderedText(done: TicketWriteOrdered | ChangeRequestOrdered): string {
  const name = 'token' in done ? done.token : done.reference
  return done.status === 'shown' ? `it is planned only, as ${name}: the mode forbids to send, and \`aw company mode\` sets it` : done.status === 'done' ? `it stands in the ticket, as ${name}` : `it is ordered as ${name}, the mark it carries there; \`aw ticket outbox\` shows when it is done`
}

/** Articles that may help. */
export async function searchKnowledge(api: ApiClient, incident: string, words: readonly string[]): Promise<KnowledgeFound> {
  return api.call<KnowledgeFound>('GET', `${await at(api, incident)}/knowledge${words.length === 0 ? '' : `?${new URLSearchParams({ q: words.join(' ') }).toString()}`}`)
}

/** Articles as a person reads them. */
export function knowledgeText({ query, items, problem }: KnowledgeFound): string {
  if (problem !== null) return `The ticket system was not asked: ${cell(problem, 300)}`
  if (items.length === 0) return `no article about ${cell(query, 200)}`
  return table(['article', 'title', 'address'], items.map(({ externalId, title, url }) => [cell(externalId, 40), cell(title, 100), cell(url ?? '-', 300)]))
}
