/** An outside call as it is kept: cleaned once, then as a row of the database and as a record of the log. */
import type { CallEvent } from '../../schemas/records.ts'
import type { OutsideCall } from '../../schemas/tickets.ts'
import { maskSecrets } from '../dead-letters/mask-secrets.ts'

/** Longest texts that are kept, in characters; a longer one ends with a sign that it was cut. */
export const CALL_CHARS = { word: 200, url: 2_000, error: 2_000, body: 8_192 } as const

/** Error text on the log: figures need the start of it. */
const EVENT_ERROR_CHARS = 300
const CUT = '…'

/**
 * The same call with texts the database can hold, none too long. The client redacts what it hands over; what stands behind names of secrets is hidden here once more,
 * because a call is shown to people who may not know the secret.
 */
export function cleanCall(call: OutsideCall): OutsideCall {
  return {
    ...call,
    id: word(call.id), connector: word(call.connector), connectionId: wordOrNull(call.connectionId), companyId: wordOrNull(call.companyId), incidentId: wordOrNull(call.incidentId), ticketId: wordOrNull(call.ticketId),
    externalId: wordOrNull(call.externalId), method: word(call.method), reference: word(call.reference), errorCode: wordOrNull(call.errorCode),
    url: shown(call.url, CALL_CHARS.url), errorText: shownOrNull(call.errorText, CALL_CHARS.error), request: shownOrNull(call.request, CALL_CHARS.body), response: shownOrNull(call.response, CALL_CHARS.body),
    atMs: whole(call.atMs), durationMs: Number.isFinite(call.durationMs) ? Math.max(0, call.durationMs) : 0, retries: whole(call.retries), httpStatus: call.httpStatus === null ? null : whole(call.httpStatus),
    who: { kind: call.who.kind, id: word(call.who.id), name: word(call.who.name) },
  }
}

/** What the log is told of a call: nothing that was sent or answered, and no query. What a company is not shown as it was counts among the MSP's own, for figures tell too. */
export function callEvent(call: OutsideCall): CallEvent {
  const { id, atMs, integrationType, connector, connectionId, incidentId, ticketId, action, direction, externalId, method, url, reference, status, httpStatus, errorCode, errorText, durationMs, retries, who } = call
  return {
    callId: id, atMs, integrationType, connector, connectionId, companyId: companyToldOf(call), incidentId, ticketId, action, direction, externalId, method, url: url.split(/[?#]/, 1)[0] ?? '', reference, status, httpStatus, errorCode,
    errorText: errorText === null ? null : cut(errorText, EVENT_ERROR_CHARS), durationMs, retries, actor: who,
  }
}

/** Calls of one company keep their order on the log; those for the MSP as a whole that of their connection. */
export function callKey(call: OutsideCall): string {
  return companyToldOf(call) ?? call.connectionId ?? call.connector
}

function companyToldOf({ companyId, shownAs }: OutsideCall): string | null {
  return shownAs === undefined ? companyId : null
}

const whole = (n: number): number => (Number.isFinite(n) ? Math.max(0, Math.trunc(n)) : 0)

/** PostgreSQL holds no NUL and JSON in it no half of a character. */
const holdable = (text: string): string => text.toWellFormed().replaceAll('\0', '\u{fffd}')

function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1).toWellFormed()}${CUT}`
}

const word = (text: string): string => cut(holdable(text), CALL_CHARS.word)
const wordOrNull = (text: string | null): string | null => (text === null ? null : word(text))
/** Hidden before it is cut: the end of a text must not hide the name that stands before a secret. */
const shown = (text: string, chars: number): string => cut(maskSecrets(holdable(text.slice(0, 4 * chars))), chars)
const shownOrNull = (text: string | null, chars: number): string | null => (text === null ? null : shown(text, chars))
