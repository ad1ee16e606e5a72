import { describe, expect, it } from 'vitest'
import { callsText, callText, listCalls } from '../../cli/call.ts'
import type { ApiClient } from '../../cli/client.ts'
import { companyMode, companyModeText } from '../../cli/company-mode.ts'
import { incidentId } from '../../cli/incident.ts'
import { listOrders, ordersReplayedText, ordersText, replayOrders } from '../../cli/ticket-outbox.ts'
import { attachToTicket, linkTicket, listTickets, suggestionsText, ticketsText, ticketText, unlinkTicket } from '../../cli/ticket.ts'
import type { CallDetail } from '../../schemas/call-views.ts'
import { AppError } from '../../schemas/errors.ts'
import type { OutboxOrderView } from '../../schemas/ticket-work.ts'
import type { TicketView } from '../../schemas/tickets.ts'
import { callOf } from '../samples/calls.ts'

const ESCAPE = '\u001b[31mred\u0007'
const ticket: TicketView = {
  id: 't1', companyId: 'c1', incidentId: 'i1', connectionId: 'k1', connector: 'zendesk', environment: 'production', externalRef: 'AW-1', externalId: '42', number: '#42', url: 'https://acme.zendesk.com/agent/tickets/42', title: `Disk ${ESCAPE}`, state: 'in_progress', statusText: 'open',
  assignee: null, origin: 'linked', linkKind: 'caused_by', isAutomatic: false, generation: 1, parentTicketId: null, isTouched: false, isSimulated: false, isPlanned: false, waiting: 2, lastSyncedAt: '2026-01-01T00:00:00.000Z', lastError: `it said ${ESCAPE}`, createdAt: '2026-01-01T00:00:00.000Z',
}
const { atMs, ...call } = callOf({ id: 'x', status: 'error', httpStatus: 422, errorCode: 'invalid', errorText: `bad ${ESCAPE}`, retries: 2, request: `sent ${ESCAPE}`, companyId: null })
const detail: CallDetail = { ...call, at: new Date(atMs).toISOString() }

/** Tells what was asked. */
function client(answer: unknown): { readonly api: ApiClient; readonly asked: string[] } {
  const asked: string[] = []
  const api: Pick<ApiClient, 'call'> = {
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      asked.push(`${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`)
      return answer as T
    },
  }
  return { api: api as ApiClient, asked }
}

describe('at a terminal', () => {
  it('tickets, suggestions and calls are told in full, and no control character of theirs gets there', () => {
    const texts = [
      ticketsText([ticket]), ticketText(ticket), callsText({ items: [detail], next: 'more' }), callText(detail),
      suggestionsText({ items: [{ ...ticket, number: '#42', externalId: '42', updatedAt: null, origin: 'found', score: 55, reasons: [`Its title names ${ESCAPE}.`] }], problem: `away ${ESCAPE}` }),
    ]
    for (const text of texts) expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/)
    expect(ticketText(ticket)).toMatch(/#42 in zendesk.*in_progress \(open\), error, nobody has it.*caused_by.*2 pieces of work wait/s)
    expect(callText(detail)).toMatch(/error, HTTP 422, invalid.*attempt 3.*the MSP as a whole.*--- sent/s)
    expect(callsText({ items: [detail], next: 'more' })).toContain('There are more')
    expect(ticketsText([])).toContain('aw ticket link')
    expect(suggestionsText({ items: [], problem: null })).toBe('no ticket looks like it')
  })

  it('names go into paths encoded, and only what was given into questions', async () => {
    const { api, asked } = client({ items: [], next: null })
    await linkTicket(api, 'i/../1', 'https://x.example/?id=1&y', { kind: 'resolves' })
    await unlinkTicket(api, 'i1', 't/1')
    await listCalls(api, { status: 'error', q: 'a b&c' })
    expect(asked).toEqual([
      'POST /api/incidents/i%2F..%2F1/tickets {"ticket":"https://x.example/?id=1&y","kind":"resolves"}', 'DELETE /api/incidents/i1/tickets/t%2F1', 'GET /api/calls?limit=50&status=error&q=a+b%26c',
    ])
  })

  it('an incident is named by its number or its id, wherever one is asked for', async () => {
    const { api, asked } = client({ items: [{ id: 'inc_b', number: 412 }, { id: 'inc_a', number: 12 }], next: null })
    for (const named of ['12', '#12', 'inc_a']) expect(await incidentId(api, named)).toBe('inc_a')
    await expect(incidentId(api, '41')).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('#41') })
    asked.length = 0
    await listTickets(api, '12')
    await listOrders(api, { incident: '#12' })
    await listCalls(api, { incident: '12' })
    expect(asked.filter((one) => !one.includes('/api/incidents?'))).toEqual(['GET /api/incidents/inc_a/tickets', 'GET /api/tickets/outbox?limit=50&incident=inc_a', 'GET /api/calls?limit=50&incident=inc_a'])
  })

  it('a file that is not there is told from one that is too big', async () => {
    await expect(attachToTicket(client(null).api, 'i1', '/no/such/file', {})).rejects.toMatchObject({ code: 'usage', message: '/no/such/file: there is no such file' })
  })

  it('orders that are only shown name the command that lets them be sent, dead ones those that tell why', () => {
    const order = { id: '7', ticketId: 't1', companyId: 'c1', incidentId: 'i1', connector: 'zendesk', account: 'a', number: null, title: `Disk ${ESCAPE}`, seq: 1, kind: 'create', urgency: 0, status: 'shown', attempts: 0, dueAt: '', code: null, error: null, createdAt: '', endedAt: '' } as const
    expect(ordersText({ items: [order], next: null })).toContain('`aw company mode <company> production`')
    expect(ordersText({ items: [{ ...order, status: 'dead', error: ESCAPE }], next: null })).toMatch(/aw ticket replay <id>.*aw call show <id>/)
    expect(ordersText({ items: [{ ...order, status: 'done' }], next: null })).not.toContain('aw ')
  })

  it('all dead orders are tried again, the oldest first, without those that may have been taken unless they are asked for', async () => {
    const dead = (id: string, code: string): Partial<OutboxOrderView> => ({ id, code, status: 'dead' })
    const pages: Record<string, unknown> = { first: { items: [dead('9', 'timeout'), dead('8', 'outcome_unknown')], next: 'more' }, more: { items: [dead('5', 'unauthorized'), dead('3', 'timeout')], next: null } }
    const asked: string[] = []
    const api: Pick<ApiClient, 'call'> = {
      async call<T>(method: string, path: string): Promise<T> {
        if (method === 'GET') return pages[new URL(path, 'http://aw').searchParams.get('cursor') ?? 'first'] as T
        asked.push(path.split('/')[4] ?? '')
        if (path.includes('/5/')) throw new AppError('conflict', 'only a dead order is replayed; this one is waiting')
        return {} as T
      },
    }
    const sum = await replayOrders(api as ApiClient, {})
    expect(asked).toEqual(['3', '5', '9'])
    expect(sum).toEqual({ replayed: 2, left: 1, failed: [{ id: '5', message: expect.stringContaining('waiting') }] })
    expect(ordersReplayedText(sum)).toMatch(/^2 dead orders.*1 could not be:.*5: only a dead.*1 were left.*--code outcome_unknown/s)
    asked.length = 0
    expect(await replayOrders(api as ApiClient, { code: 'outcome_unknown' })).toEqual({ replayed: 1, left: 0, failed: [] })
    expect(asked).toEqual(['8'])
  })

  it.each([
    [{}, 'dry-run', 'nobody set one for it: .* planned and shown'], [{}, 'demo', 'nobody set one for it: .* played'],
    [{ mode: 'production' }, 'production', ': tickets and repairs are real'], [{ mode: 'production' }, 'dry-run', 'its own is production, but the program runs with AW_MODE=dry-run'],
  ])('a company with %j that goes by %s says so and why', async (overrides, effectiveMode, text) => {
    const { api, asked } = client({ items: [{ id: 'c1', name: 'Acme' }], next: null, effectiveMode, overrides })
    const view = await companyMode(api, 'Acme')
    expect(view.effective).toBe(effectiveMode)
    expect(companyModeText(view)).toMatch(new RegExp(`^Acme is in mode ${effectiveMode}.*${text}`))
    expect(asked.filter((one) => one.startsWith('PATCH'))).toEqual([])
    await companyMode(api, 'Acme', 'production')
    expect(asked).toContain('PATCH /api/companies/c1 {"mode":"production"}')
    await expect(companyMode(api, 'Acme', 'real')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('dry-run') })
  })
})
