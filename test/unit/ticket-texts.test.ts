import { describe, expect, it } from 'vitest'
import { callsText, callText, listCalls } from '../../cli/call.ts'
import type { ApiClient } from '../../cli/client.ts'
import { linkTicket, suggestionsText, ticketsText, ticketText, unlinkTicket } from '../../cli/ticket.ts'
import type { CallDetail } from '../../schemas/call-views.ts'
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
})
