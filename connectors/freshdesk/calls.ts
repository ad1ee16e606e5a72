/** Calls that several of the others need. */
import { idOf, mustId, rowOf, rowsOf, textOf, type Row } from '../answers.ts'
import { path } from '../http/address.ts'
import { ConnectorError, type CallContext, type HttpAnswer } from '../port.ts'
import { agentOf, type Agent } from './map.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const PAGE = 100
const PAGES_MAX = 20

/** Who we are. */
export function whoAmI(ctx: CallContext): Promise<Agent> {
  return ctx.cached('me', DAY_MS, async () => agentOf(rowOf((await ctx.http.call({ method: 'GET', path: '/agents/me', action: 'retrieved', reference: 'read own agent' })).body)))
}

/** All agents by id; none where our agent may not list them, which needs more than to work on tickets. */
export function agentsOf(ctx: CallContext): Promise<ReadonlyMap<string, Agent>> {
  return ctx.cached('agents', HOUR_MS, async () => {
    try {
      return new Map((await pages('/agents', 'list agents', ctx)).map(agentOf).map((agent) => [agent.id, agent]))
    } catch (error) {
      if (!(error instanceof ConnectorError) || !['forbidden', 'not_found'].includes(error.code)) throw error
      return new Map()
    }
  })
}

/** All pages of a list, at most 2,000 items. */
export async function pages(list: string, reference: string, ctx: CallContext, options: { readonly query?: Readonly<Record<string, string>>; readonly externalId?: string; readonly most?: number } = {}): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (let page = 1; page <= PAGES_MAX; page++) {
    const answer = await ctx.http.call({ method: 'GET', path: list, query: { ...options.query, page, per_page: PAGE }, action: 'retrieved', reference, ...(options.externalId === undefined ? {} : { externalId: options.externalId }) })
    rows.push(...rowsOf(answer.body))
    if (!hasNext(answer) || rows.length >= (options.most ?? Infinity)) break
  }
  return rows.slice(0, options.most)
}

/** Whether a list has a further page. */
export const hasNext = ({ headers }: HttpAnswer): boolean => headers.get('link')?.includes('rel="next"') === true

/** One ticket; null: there is none. */
export async function ticketOf(externalId: string, ctx: CallContext): Promise<Row | null> {
  const { status, body } = await ctx.http.call({ method: 'GET', path: path`/tickets/${externalId}`, action: 'retrieved', reference: 'read ticket', externalId, accepts: [404, 410] })
  return status >= 400 ? null : rowOf(body)
}

/** One ticket that can be changed. Throws `not_found` for one that is gone or in the trash. */
export async function liveTicket(externalId: string, ctx: CallContext): Promise<Row> {
  const ticket = await ticketOf(externalId, ctx)
  if (ticket === null || ticket.deleted === true) throw new ConnectorError('not_found', `Freshdesk: ticket ${externalId} is gone or in the trash`, { httpStatus: 404 })
  return ticket
}

/** Whom a ticket is for, as fields of it: the contact, or one without an e-mail address that stands for us in the company, so that nobody is written to. */
export async function requesterOf(companyId: string | null, contactId: string | null, ctx: CallContext): Promise<Row> {
  if (contactId !== null) return { requester_id: Number(contactId) }
  if (companyId === null) return { unique_external_id: 'alert-whisperer', name: 'Alert Whisperer' }
  const id = await ctx.cached(`requester:${companyId}`, DAY_MS, async () => {
    const external = `alert-whisperer-${companyId}`
    const known = (await pages('/contacts', 'find requester of the company', ctx, { query: { company_id: companyId } })).find((contact) => textOf(contact.unique_external_id) === external)
    if (known !== undefined) return mustId(known.id)
    const { body } = await ctx.http.call({ method: 'POST', path: '/contacts', json: { name: 'Alert Whisperer', unique_external_id: external, company_id: Number(companyId) }, action: 'created', reference: 'make requester of the company' })
    return mustId(idOf(rowOf(body).id))
  })
  return { requester_id: Number(id) }
}
