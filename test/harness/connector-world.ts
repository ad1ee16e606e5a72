/** A connector with everything it is handed in: the real client over a fake PSA, without a limit of ours, its records kept for the test. */
import { connectorHttp } from '../../connectors/http/client.ts'
import { ConnectorError, type CallContext, type OpenConnection, type TicketConnector } from '../../connectors/port.ts'
import type { TestClock } from '../../schemas/clock.ts'
import type { OutsideCall, TicketDraft, TicketNote } from '../../schemas/tickets.ts'
import type { PsaFake } from '../fakes/psa/psa-fake.ts'

/** Time limit of calls here, in ms of the test's clock. */
export const WORLD_TIMEOUT_MS = 10_000

/** What a test has in hand. */
export interface ConnectorWorld {
  readonly connection: OpenConnection
  readonly records: readonly OutsideCall[]
  /** A context for one piece of work. */
  ctx(options?: { readonly isRepeat?: boolean; readonly signal?: AbortSignal }): CallContext
  /** A draft with everything in it, which `over` changes. */
  draft(over?: Partial<TicketDraft>): TicketDraft
  note(over?: Partial<TicketNote>): TicketNote
}

/** Makes it; `over` changes the connection. */
export function connectorWorld(connector: TicketConnector, fake: PsaFake, clock: TestClock, over: Partial<OpenConnection> = {}): ConnectorWorld {
  const { mapping } = connector.config
  const connection: OpenConnection = { id: 'connection-1', companyId: 'acme', connector: connector.id, environment: 'production', baseUrl: fake.baseUrl, auth: fake.auth, fields: fake.fields, mapping: { status: { ...mapping.status, ...fake.mapping?.status }, priority: { ...mapping.priority, ...fake.mapping?.priority }, place: { ...mapping.place, ...fake.mapping?.place } }, ...over }
  const records: OutsideCall[] = []
  let made = 0
  const unused = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  return {
    connection, records,
    ctx: ({ isRepeat = false, signal = new AbortController().signal } = {}) => {
      const known = new Map<string, Promise<unknown>>()
      return {
        connection, isRepeat, signal, nowMs: clock.now(),
        http: connectorHttp({
          connector, connection, clock, signal, timeoutMs: WORLD_TIMEOUT_MS, credentials: async () => fake.credentials, renew: async () => false, record: async (call) => void records.push(call),
          budget: { take: async () => undefined, answered: () => undefined },
          origin: { companyId: 'acme', incidentId: 'incident-1', ticketId: 'ticket-1', who: { kind: 'system', id: 'sync', name: 'sync' }, urgency: 2, retries: 0 },
        }),
        cached<T>(key: string, _ttlMs: number, load: () => Promise<T>): Promise<T> {
          const found = known.get(key) ?? load()
          known.set(key, found)
          return found as Promise<T>
        },
      }
    },
    draft: (draft = {}) => {
      const at = made++
      return {
        externalRef: `AW-TEST${unused[Math.floor(at / 1024) % 32] ?? ''}${unused[Math.floor(at / 32) % 32] ?? ''}${unused[at % 32] ?? ''}00000`, title: `Disk full on fs-${at}`, text: `What happened\nThe disk of fs-${at} is full.`, severity: 'high', priority: 2, state: 'open',
        party: { companyId: fake.world.company.id, contactId: null, assetIds: [] }, assigneeId: null, parent: null, mapping: connection.mapping, ...draft,
      }
    },
    note: (note = {}) => ({ token: `aw-n-${made++}`, text: 'Seen 12 times since.', isPublic: false, ...note }),
  }
}

/** Awaits what must fail, and answers how. Anything but a ConnectorError fails the test. */
export async function failure(work: Promise<unknown>): Promise<ConnectorError> {
  try {
    await work
  } catch (error) {
    if (error instanceof ConnectorError) return error
    throw error
  }
  throw new Error('it did not fail')
}
