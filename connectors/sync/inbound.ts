/**
 * From what a PSA shows of a ticket to what the incident is told. Pure. Three things are compared: the snapshot before, the snapshot now, and what we told the ticket. What
 * differs from the one before and is not what we told was done by somebody there; what we told is an echo and tells nothing. Each word has an id made of the ticket and what was
 * seen, so that seeing it again says nothing twice.
 */
import type { CommandAction, IncidentStatus } from '../../schemas/records.ts'
import type { SyncTicket, Told } from '../../schemas/ticket-sync.ts'
import type { TicketMapping, TicketNoteSeen, TicketSnapshot, TicketState } from '../../schemas/tickets.ts'
import { isTicketText } from '../templates/ticket-text.ts'
import { line } from '../templates/words.ts'
import { cut } from '../text.ts'
import { approvalCodeOf, commandIdOf, isOurNote } from './identity.ts'
import { isEnded, isOver, isSameThere } from './want.ts'

/** Clocks of a PSA and ours differ by no more. */
const SKEW_MS = 5_000
/** A record that is older than our last call by so much has lost it. */
const LOST_MS = 600_000
const MENDED_MAX = 3
/** A ticket that is missing is looked for once more before it is believed. */
const MISSING_MS = 60_000
const NOTE_MAX = 4_000

/** What is known here when a snapshot comes. */
export interface InboundInput {
  readonly nowMs: number
  readonly ticket: SyncTicket
  /** Null: the PSA has no such ticket. */
  readonly snapshot: TicketSnapshot | null
  readonly connectorTitle: string
  readonly mapping: TicketMapping
  readonly incident: { readonly status: IncidentStatus; readonly assignee: string | null; readonly mergedInto: string | null }
  /** Active users of ours who may work for the company, by e-mail in lower case. */
  readonly users: ReadonlyMap<string, string>
  /** Incident of the ticket that this one was merged into there, where that is one of ours of the same connection and company; null: it is none, or nothing was merged. */
  readonly mergedWith: string | null
  /** Requests of the incident that wait for an answer. */
  readonly approvals: readonly { readonly id: string; readonly question: 'run' | 'target' }[]
}

/** A word for the incident. */
export interface InboundWord {
  readonly commandId: string
  readonly action: CommandAction
  readonly text: string | null
  readonly assignee: string | null
  readonly intoIncidentId: string | null
}

/** An answer to a request, given in the ticket. Whether the person may give it is decided where all answers are. */
export interface InboundAnswer {
  readonly approvalId: string
  readonly yes: boolean
  readonly email: string
  readonly comment: string
}

/** What a snapshot came to. */
export interface Inbound {
  readonly words: readonly InboundWord[]
  readonly answers: readonly InboundAnswer[]
  readonly told: Told
  /** What is kept of the ticket; null: as it was. */
  readonly seen: TicketSnapshot | null
  readonly isTouched: boolean
  /** The ticket it was merged into there, which it goes on as. */
  readonly follows: string | null
  /** Why it is only looked at; null: all is well. */
  readonly trouble: string | null
  /** It is to be read again after so long; null: not by itself. */
  readonly againMs: number | null
}

/** Reads a snapshot. Of a ticket that was left for another system, or for that of the incident which its own is part of, only what people wrote is told: to close what was left means nothing for the incident. */
export function inbound(input: InboundInput): Inbound {
  const read = readOf(input)
  const { told } = input.ticket
  const isLeft = (told.elsewhere ?? null) !== null || (told.mergedInto !== null && told.mergedInto === input.incident.mergedInto)
  return !isLeft ? read : { ...read, words: read.words.filter(({ action }) => action === 'note') }
}

function readOf(input: InboundInput): Inbound {
  const { ticket, snapshot } = input
  if (snapshot === null) return missing(input)
  const told: Told = { ...ticket.told, missingSinceMs: null, ...(ticket.told.isMoved === true ? { isMoved: false } : {}) }
  const quiet: Inbound = { words: [], answers: [], told, seen: { ...snapshot, notes: snapshot.notes ?? ticket.seen?.notes ?? null }, isTouched: ticket.isTouched, follows: null, trouble: null, againMs: null }
  if (snapshot.isDeleted) return { ...quiet, words: [gone(input)], isTouched: true }
  if (told.partyId !== null && snapshot.companyId !== null && snapshot.companyId !== told.partyId) {
    // What stands in it is the other client's: it is kept nowhere, and is no news where the ticket comes back.
    const heard = snapshot.notes === null ? {} : { heard: snapshot.notes.map(({ externalId }) => externalId) }
    return { ...quiet, told: { ...told, ...heard, isMoved: true }, seen: null, isTouched: true, trouble: `The ticket was moved to another client there (${line(snapshot.companyId, 60)}): what is written in it is not taken over any more. Move it back, or link another ticket.` }
  }
  if (snapshot.mergedIntoId !== null) return mergedThere(input, snapshot, quiet)
  return compared(input, snapshot, quiet)
}

function missing({ ticket, nowMs, ...input }: InboundInput): Inbound {
  const base = { answers: [], follows: null, trouble: null, isTouched: ticket.isTouched }
  const since = ticket.told.missingSinceMs
  if (since === null) return { ...base, words: [], told: { ...ticket.told, missingSinceMs: nowMs }, seen: ticket.seen, againMs: MISSING_MS }
  if (nowMs < since + MISSING_MS) return { ...base, words: [], told: ticket.told, seen: ticket.seen, againMs: since + MISSING_MS - nowMs }
  return { ...base, words: [gone({ ticket, nowMs, ...input })], told: ticket.told, seen: ticket.seen === null ? null : { ...ticket.seen, isDeleted: true }, againMs: null, trouble: 'The ticket is gone there.' }
}

function gone({ ticket, connectorTitle }: InboundInput): InboundWord {
  return word(ticket, 'note', ['gone'], { text: `Ticket ${numberOf(ticket)} is gone in ${connectorTitle}.` })
}

function mergedThere(input: InboundInput, { mergedIntoId }: TicketSnapshot, quiet: Inbound): Inbound {
  const { ticket, mergedWith, incident, connectorTitle } = input
  if (mergedIntoId === null || ticket.seen?.mergedIntoId === mergedIntoId || ticket.told.mergedInto !== null) return quiet
  if (mergedWith === null) return { ...quiet, told: { ...quiet.told, stood: null }, isTouched: true, follows: mergedIntoId, words: [word(ticket, 'note', ['merged', mergedIntoId], { text: `Ticket ${numberOf(ticket)} was merged into another one in ${connectorTitle}, and goes on there.` })] }
  const isOneAlready = mergedWith === ticket.incidentId || incident.mergedInto === mergedWith
  return { ...quiet, isTouched: true, words: isOneAlready ? [] : [word(ticket, 'merge', ['merged', mergedIntoId], { intoIncidentId: mergedWith, text: `Their tickets were merged in ${connectorTitle}.` })] }
}

function compared(input: InboundInput, snapshot: TicketSnapshot, quiet: Inbound): Inbound {
  const { ticket } = input
  const before = ticket.seen
  const comments = commentsOf(input, snapshot)
  const state = stateChange(input, snapshot)
  const assignee = assigneeChange(input, snapshot)
  const isRetitled = before !== null && snapshot.title !== before.title && snapshot.title !== ticket.told.title
  const isReprioritised = before !== null && snapshot.priorityId !== before.priorityId && snapshot.priorityId !== (input.mapping.priority[ticket.told.severity] ?? snapshot.priorityId)
  return {
    ...quiet,
    words: [...comments.words, ...state.words, ...assignee.words], answers: comments.answers,
    told: { ...quiet.told, ...state.told, ...assignee.told, stood: { state: snapshot.state, assigneeId: snapshot.assignee?.externalId ?? null }, ...(snapshot.notes === null ? {} : { heard: snapshot.notes.map(({ externalId }) => externalId) }) },
    isTouched: ticket.isTouched || comments.words.length > 0 || state.isPersons || assignee.isPersons || isRetitled || isReprioritised,
  }
}

/** How the ticket stood when it was listened to last. What the outbox made answers for itself until then. */
function stoodBefore({ told, seen }: SyncTicket): NonNullable<Told['stood']> | null {
  return told.stood ?? (seen === null ? null : { state: seen.state, assigneeId: seen.assignee?.externalId ?? null })
}

interface Change { readonly words: readonly InboundWord[]; readonly told: Partial<Told>; readonly isPersons: boolean }
const NO_CHANGE: Change = { words: [], told: {}, isPersons: false }

function stateChange(input: InboundInput, snapshot: TicketSnapshot): Change {
  const { ticket, mapping, incident, nowMs } = input
  const { told, lastCallAtMs, waiting } = ticket
  const stood = stoodBefore(ticket)
  const now = snapshot.state
  if (isSameThere(mapping, now, told.state) || (isEnded(now) && isEnded(told.state) && told.ended === 'state')) return NO_CHANGE
  const updatedAtMs = snapshot.updatedAtMs
  if (stood !== null && isSameThere(mapping, now, stood.state)) {
    // As it was before we wrote: read too early, changed by somebody since, or lost.
    if (waiting > 0 || lastCallAtMs === null || updatedAtMs === null || told.mended >= MENDED_MAX || !isWritable(now)) return NO_CHANGE
    if (updatedAtMs < lastCallAtMs - LOST_MS) return { words: [], told: { state: now, ended: isEnded(now) ? told.ended : 'no', mended: told.mended + 1 }, isPersons: false }
    if (updatedAtMs <= lastCallAtMs + SKEW_MS) return NO_CHANGE
  }
  if (isEcho(input, snapshot, ticket.written.states.some((state) => isSameThere(mapping, now, state)))) return NO_CHANGE
  const over = isOver(incident.status)
  const by = whoChanged(input, snapshot)
  const at = updatedAtMs ?? nowMs
  const say = (action: CommandAction, text: string | null): InboundWord => word(ticket, action, ['state', now, at], { text })
  const patch: Partial<Told> = isEnded(now) ? { state: now === 'resolved' ? 'resolved' : 'closed', ended: 'state', endedAtMs: at } : { ...(isWritable(now) ? { state: now } : {}), ended: 'no', endedAtMs: null }
  if (now === 'resolved') return { words: over ? [] : [say('resolve', `Resolved ${by}.${lastWords(snapshot)}`)], told: patch, isPersons: true }
  if (now === 'closed') return { words: incident.status === 'closed' ? [] : [say('close', `Closed ${by}.${lastWords(snapshot)}`)], told: patch, isPersons: true }
  const reopens = isEnded(told.state) && told.ended === 'state'
  return {
    words: [
      ...(reopens ? [say('reopen', `Reopened ${by}.`)] : []),
      ...(now === 'in_progress' && (reopens || incident.status === 'open' || incident.status === 'assigned') ? [say('start', null)] : []),
    ],
    // A ticket that got a note in place of its end has still got it.
    told: reopens || told.ended === 'no' ? patch : { ...(isWritable(now) ? { state: now } : {}) }, isPersons: true,
  }
}

/** What was written before our last order, seen while that one waits, or read before it was called: nobody's but ours, unless the PSA says that it was changed since. */
function isEcho({ ticket: { waiting, lastCallAtMs } }: InboundInput, { updatedAtMs }: TicketSnapshot, isWritten: boolean): boolean {
  if (!isWritten || lastCallAtMs === null) return false
  if (waiting > 0) return updatedAtMs === null || updatedAtMs <= lastCallAtMs + SKEW_MS
  return updatedAtMs !== null && updatedAtMs <= lastCallAtMs
}

function isWritable(state: TicketState): state is Exclude<TicketState, 'unknown' | 'waiting'> {
  return state !== 'unknown' && state !== 'waiting'
}

function assigneeChange(input: InboundInput, snapshot: TicketSnapshot): Change {
  const { ticket, users, incident, connectorTitle, nowMs } = input
  const { told } = ticket
  const stood = stoodBefore(ticket)
  const now = snapshot.assignee?.externalId ?? null
  if (now === (stood === null ? told.assigneeId : stood.assigneeId) || now === told.assigneeId) return NO_CHANGE
  if (isEcho(input, snapshot, ticket.written.assigneeIds.includes(now))) return NO_CHANGE
  const parts = ['assignee', now ?? '', snapshot.updatedAtMs ?? nowMs]
  if (snapshot.assignee === null) return { words: incident.assignee === null ? [] : [word(ticket, 'assign', parts, { assignee: null })], told: { assigneeId: null, assignee: null }, isPersons: true }
  const user = users.get(snapshot.assignee.email?.toLowerCase() ?? '') ?? null
  if (user === null) {
    const text = `Assigned to ${line(snapshot.assignee.name, 120)} in ${connectorTitle}; nobody here has that address.`
    return { words: [word(ticket, 'note', parts, { text })], told: { assigneeId: now, assignee: incident.assignee }, isPersons: true }
  }
  return { words: user === incident.assignee ? [] : [word(ticket, 'assign', parts, { assignee: user })], told: { assigneeId: now, assignee: user }, isPersons: true }
}

function commentsOf(input: InboundInput, snapshot: TicketSnapshot): { readonly words: readonly InboundWord[]; readonly answers: readonly InboundAnswer[] } {
  const known = new Set(input.ticket.told.heard ?? [])
  const fresh = (snapshot.notes ?? []).filter((note) => !known.has(note.externalId) && !isOurs(note, input.ticket))
  return {
    words: fresh.filter(({ text }) => text.trim() !== '').map((note) => word(input.ticket, 'note', ['comment', note.externalId], { text: commentText(input, note) })),
    answers: fresh.flatMap((note) => answerOf(input, note)),
  }
}

function isOurs({ isOurs: written, text }: TicketNoteSeen, { externalRef }: SyncTicket): boolean {
  return written || isOurNote(text) || isTicketText(text, externalRef)
}

function commentText({ ticket, connectorTitle }: InboundInput, { author, text, isPublic }: TicketNoteSeen): string {
  const who = `${line(author.name, 120) || 'Somebody'}${author.isAgent ? '' : ', from the client,'}`
  return cut(`${who} in ${connectorTitle}, ticket ${numberOf(ticket)}${isPublic ? '' : ' (internal)'}: ${text.trim()}`, NOTE_MAX)
}

/** A line of one comment by a technician who was logged in there. Mail proves nothing of its sender, so what came by mail, or any way that is not known, never decides. */
function answerOf({ approvals }: InboundInput, { text, author, channel }: TicketNoteSeen): InboundAnswer[] {
  const match = /^\s*(approve|refuse)\s+([0-9a-z]{8})\s*$/i.exec(text)
  if (match === null || channel !== 'web' || !author.isAgent || author.email === null) return []
  const code = match[2]?.toUpperCase()
  const asked = approvals.find(({ id, question }) => question === 'run' && approvalCodeOf(id) === code)
  return asked === undefined ? [] : [{ approvalId: asked.id, yes: match[1]?.toLowerCase() === 'approve', email: author.email.toLowerCase(), comment: `in ticket by ${line(author.name, 120)}` }]
}

function whoChanged({ connectorTitle, ticket }: InboundInput, { assignee, statusText }: TicketSnapshot): string {
  return `in ${connectorTitle}, ticket ${numberOf(ticket)} (${line(statusText, 60)}${assignee === null ? '' : `, with ${line(assignee.name, 120)}`})`
}

/** What a technician said last, as the reason. */
function lastWords(snapshot: TicketSnapshot): string {
  const last = (snapshot.notes ?? []).filter(({ isOurs: written, author, text }) => !written && author.isAgent && !isOurNote(text)).at(-1)
  return last === undefined ? '' : ` ${line(last.text, 1_000)}`
}

const numberOf = ({ ref, externalRef }: SyncTicket): string => ref?.number ?? externalRef

function word(ticket: SyncTicket, action: CommandAction, parts: readonly (string | number)[], rest: Partial<Pick<InboundWord, 'text' | 'assignee' | 'intoIncidentId'>>): InboundWord {
  return { commandId: commandIdOf(ticket.id, action, ...parts), action, text: null, assignee: null, intoIncidentId: null, ...rest }
}
