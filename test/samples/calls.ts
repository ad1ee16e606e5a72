/** Outside calls with sensible content. */
import { randomUUID } from 'node:crypto'
import type { OutsideCall } from '../../schemas/tickets.ts'

/** When they were made, unless a test says otherwise. */
export const CALL_MS = Date.UTC(2026, 5, 1, 12)

/** A create of a ticket that went well. */
export function callOf(change: Partial<OutsideCall> = {}): OutsideCall {
  return {
    id: randomUUID(), atMs: CALL_MS, integrationType: 'ticketing', connector: 'zendesk', connectionId: 'conn-1', companyId: 'c1', incidentId: 'i1', ticketId: 't1', action: 'created', direction: 'out', externalId: null,
    method: 'POST', url: 'https://acme.zendesk.com/api/v2/tickets', reference: 'create ticket', status: 'success', httpStatus: 201, errorCode: null, errorText: null, durationMs: 120.5, retries: 0,
    who: { kind: 'connector', id: 'conn-1', name: 'Zendesk' }, request: '{"subject":"x"}', response: '{"id":1}', ...change,
  }
}
