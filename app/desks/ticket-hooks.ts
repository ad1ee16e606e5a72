/** Webhooks of PSAs: who may speak is proved in constant time, what is said is kept as a hint in one statement, and the ticket is read later. */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { TicketHookRequest, TicketHooksApi } from '../../api/ticket-ports.ts'
import { ConnectorError, type CallContext, type TicketConnector } from '../../connectors/port.ts'
import type { Clock } from '../../schemas/clock.ts'
import type { OutsideCall } from '../../schemas/tickets.ts'

/** A connection with what proves its webhooks. */
export interface HookTarget {
  readonly connector: TicketConnector
  readonly connectionId: string
  readonly companyId: string | null
  readonly enabled: boolean
  readonly hookKey: string
  readonly webhookSecret: string | null
  /** What the connector needs to check a signature, such as a key that the vendor serves. */
  readonly context: () => CallContext
}

/** What they are taken with. */
export interface HookParts {
  /** Null: there is no such connection. */
  readonly find: (connectionId: string) => Promise<HookTarget | null>
  readonly hints: { add(connectionId: string, via: 'hook', hints: readonly { readonly eventId: string; readonly externalId: string }[]): Promise<number> }
  readonly record: (call: OutsideCall) => Promise<void>
  readonly clock: Clock
  /** Hints were written that may concern us. */
  readonly heard: () => void
  readonly counted: (result: 'taken' | 'refused' | 'unreadable') => void
}

/** A refused webhook of a connection is recorded so often at most, so that strangers fill no tables. */
const REFUSED_EVERY_MS = 60_000
const TICKETS_MAX = 200
const ID_MAX = 200

/** Opens it. */
export function openTicketHooks({ find, hints, record, clock, heard, counted }: HookParts): TicketHooksApi {
  const refusedAt = new Map<string, number>()

  const taken = async (request: TicketHookRequest): Promise<'taken' | 'refused' | 'unreadable'> => {
    const nowMs = clock.now()
    const [id = '', pathKey = ''] = split(request.connection)
    const target = id.length > 0 && id.length <= ID_MAX ? await find(id) : null
    // An unknown address takes the same way, so that nobody learns from the time which there are.
    const isKeyed = isAnyOf(keysOf(request, pathKey), [target?.hookKey ?? '', target?.webhookSecret ?? ''])
    if (target === null || target.connector.id !== request.connector || target.connector.hook === null || !target.enabled) return 'refused'
    const { hook } = target.connector
    const refuse = async (): Promise<'refused'> => {
      if (nowMs - (refusedAt.get(id) ?? 0) >= REFUSED_EVERY_MS) {
        refusedAt.set(id, nowMs)
        await record(callOf(target, request, nowMs, clock.now(), { status: 'error', httpStatus: 401, errorCode: 'unauthorized', errorText: 'A webhook came with a wrong key or signature.', externalId: null, request: null }))
      }
      return 'refused'
    }
    const needsKey = hook.proof === 'secret' || hook.isKeyedToo === true
    const secret = needsKey ? target.hookKey : target.webhookSecret
    if (secret === null || secret === '' || (needsKey && !isKeyed)) return refuse()
    try {
      const ids = await hook.read({ headers: request.headers, query: request.query, body: request.body, receivedAtMs: nowMs }, secret, target.context())
      if (ids === null) return await refuse()
      const told = [...new Set(ids)].filter((externalId) => externalId !== '' && externalId.length <= ID_MAX && !externalId.includes('\0')).slice(0, TICKETS_MAX)
      // Each is news, whatever it says: many systems say the same of every change, and those that wait are read together.
      const count = await hints.add(target.connectionId, 'hook', told.map((externalId) => ({ eventId: `hook ${randomUUID()}`, externalId })))
      await record(callOf(target, request, nowMs, clock.now(), { status: 'success', httpStatus: 200, errorCode: null, errorText: null, externalId: told[0] ?? null, request: JSON.stringify(told).slice(0, 2_000) }))
      if (count > 0) heard()
      return 'taken'
    } catch (thrown) {
      if (!(thrown instanceof ConnectorError) || thrown.code !== 'invalid') throw thrown
      await record(callOf(target, request, nowMs, clock.now(), { status: 'error', httpStatus: 400, errorCode: thrown.code, errorText: thrown.message, externalId: null, request: null }))
      return 'unreadable'
    }
  }
  return {
    async take(request) {
      const result = await taken(request)
      counted(result)
      return result
    },
  }
}

function split(connection: string): readonly string[] {
  const dot = connection.indexOf('.')
  return dot < 0 ? [connection] : [connection.slice(0, dot), connection.slice(dot + 1)]
}

/** Every place where a PSA can put the long random part. */
function keysOf({ query, headers }: TicketHookRequest, pathKey: string): readonly string[] {
  const authorization = headers['authorization'] ?? ''
  const basic = /^basic\s+(\S+)$/i.exec(authorization)?.[1]
  const password = basic === undefined ? '' : Buffer.from(basic, 'base64').toString('utf8').replace(/^[^:]*:/, '')
  return [query['key'] ?? '', pathKey, headers['x-aw-key'] ?? '', /^bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? '', password]
}

/** Compares all with all, in a time that says nothing of what fits. */
function isAnyOf(given: readonly string[], wanted: readonly string[]): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  let fits = false
  for (const one of given) for (const other of wanted) fits = (timingSafeEqual(hash(one), hash(other)) && one !== '' && other !== '') || fits
  return fits
}

type CallEnd = Pick<OutsideCall, 'status' | 'httpStatus' | 'errorCode' | 'errorText' | 'externalId' | 'request'>

function callOf({ connector, connectionId, companyId }: HookTarget, { connection }: TicketHookRequest, atMs: number, endedAtMs: number, end: CallEnd): OutsideCall {
  return {
    id: randomUUID(), atMs, integrationType: 'ticketing', connector: connector.id, connectionId, companyId, incidentId: null, ticketId: null, action: 'triggered', direction: 'in', method: 'POST',
    url: `/api/hooks/${connector.id}/${connection.split('.')[0] ?? ''}`, reference: 'webhook', durationMs: endedAtMs - atMs, retries: 0, who: { kind: 'connector', id: connectionId, name: connector.config.title }, response: null, ...end,
  }
}
