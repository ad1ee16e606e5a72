/**
 * From an incident and its tickets as they stand to what is to be done about them. Pure: the same facts, rows and moment give the same orders, and once they are carried out
 * the same look orders nothing, so that looking twice costs nothing and writes nothing.
 *
 *   incident                     ticket                        order
 *   open, younger than delay     none                          nothing yet; over by then: none ever
 *   open                         none                          create
 *   changed                      there                         update with what differs; notes together, at most one every noteEverySeconds
 *   over                         nobody touched it             update: resolved, with what solved it
 *   over                         somebody works on it          a note; also where somebody comes to it while the update waits
 *   open again                   ended, reopenHours not over   update: open, where the PSA can reopen
 *   open again                   ended                         create the next one, linked to the one before
 *   merged into another          the other has one             it is merged, linked or closed, unless somebody touched it: `merged.ts`
 *   merged into another          the other has none            the ticket goes on as that of the other
 *   in a storm                   the storm has a ticket        it becomes a child of that, or is linked to it
 *   any                          one in another system too     that one is left: `elsewhere.ts`
 */
import type { TicketFacts, SyncOrder, TicketPlan, SyncTicket, Told, PlanReason, Urgency } from '../../schemas/ticket-sync.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { TicketChange, TicketNote, TicketSettings, TicketTime, WritableTicketState } from '../../schemas/tickets.ts'
import { templateOf } from '../templates/templates.ts'
import { ticketText, titleOf } from '../templates/ticket-text.ts'
import { endText, hereAgainText, returnedText, sayable } from '../templates/note-text.ts'
import { leaving, type TicketElsewhere } from './elsewhere.ts'
import { externalRefOf, noteTokenOf, ticketIdOf } from './identity.ts'
import { merging } from './merged.ts'
import { kept, newsOf, personLines, type News } from './news.ts'
import { isOver, isSameThere, lazyFields, mappingOver, SEVERITIES, stateOf, together, urgentFields, type FieldChange, type PlanTarget } from './want.ts'

/** How long a ticket waits for a model that is being asked at this moment. */
const ANALYSIS_MS = 30_000
/** How long a ticket of a storm waits for its parent to be made. */
const PARENT_MS = 60_000
const LOOK_MS = 2_000
/** A ticket that is to be left, or that it is left for, is being made. */
const LEAVE_MS = 10_000
/** An order before the one that closes a ticket is looked after again. */
const AFTER_MS = 600_000
/** A company is looked for again. */
const UNMATCHED_MS = 600_000

/** All that a plan is made of. */
export interface PlanInput {
  readonly nowMs: number
  readonly mode: Mode
  readonly settings: TicketSettings
  readonly facts: TicketFacts
  readonly target: PlanTarget | 'no_connection' | 'company_unmatched'
  /** Tickets of ours for this incident, by generation; those that were only shown are left out once the mode lets them be sent. */
  readonly tickets: readonly SyncTicket[]
  /** The newest ticket of the incident this one was merged into. */
  readonly survivor: SyncTicket | null
  /** The oldest open ticket of the storm this incident stands in, of another incident. */
  readonly storm: SyncTicket | null
  /** Tickets of the incident in other systems; absent: none. */
  readonly elsewhere?: readonly TicketElsewhere[]
  /** Base of addresses of ours, without a slash at its end. */
  readonly publicUrl: string
}

type Ready = PlanInput & { readonly target: PlanTarget }

/** Makes the plan. */
export function plan(input: PlanInput): TicketPlan {
  const { target, tickets, facts, mode, nowMs } = input
  const current = tickets.at(-1)
  if (current === undefined) {
    if (facts.mergedInto !== null) return nothing('merged')
    const refusal = firstRefusal(input)
    if (refusal !== null) return refusal
  }
  if (target === 'no_connection') return nothing(target)
  if (target === 'company_unmatched') return nothing(target, nowMs + UNMATCHED_MS)
  const ready: Ready = { ...input, target: { ...target, mapping: mappingOver(target.mapping, input.settings.mapping) } }
  if (current === undefined) return first(ready)
  if (!current.isSimulated && current.mode !== 'dry-run' && mode !== 'sandbox' && mode !== 'production') return nothing('mode')
  if (current.isDead) return nothing('dead')
  // It is another client's now: nothing of this company is written there.
  if (current.told.isMoved === true || (facts.mergedInto !== null && input.survivor?.told.isMoved === true)) return nothing('moved')
  const left = leaving(ready, current)
  if (left.orders.length > 0) return { orders: left.orders, reason: 'ordered', againAtMs: nowMs + LOOK_MS }
  const made = facts.mergedInto === null ? existing(ready, current) : merging(ready, current)
  return left.waits ? { ...made, againAtMs: Math.min(made.againAtMs ?? Infinity, nowMs + LEAVE_MS) } : made
}

/** A ticket that was left for another system is the incident's again. */
function taken({ told }: SyncTicket): Partial<Told> {
  return (told.elsewhere ?? null) === null ? {} : { elsewhere: null }
}

function nothing(reason: PlanReason, againAtMs: number | null = null): TicketPlan {
  return { orders: [], reason, againAtMs }
}

/** Why there is no first ticket, now or ever. */
function firstRefusal({ settings, facts, nowMs }: PlanInput): TicketPlan | null {
  if (!settings.enabled) return nothing('disabled')
  if (SEVERITIES.indexOf(facts.severity) > SEVERITIES.indexOf(settings.minSeverity)) return nothing('below_severity')
  if (isOver(facts.status)) return nothing('over_in_time')
  const dueAtMs = facts.openedAtMs + settings.delaySeconds * 1_000
  if (nowMs < dueAtMs) return nothing('delay', dueAtMs)
  return facts.isAnalysing && facts.severity !== 'critical' && nowMs < dueAtMs + ANALYSIS_MS ? nothing('analysing', nowMs + LOOK_MS) : null
}

function first(input: Ready): TicketPlan {
  const { storm, target, facts, nowMs } = input
  const isParentComing = storm !== null && storm.ref === null && !storm.isDead && target.capabilities.parent && !storm.isSimulated && storm.mode !== 'dry-run' && nowMs < storm.createdAtMs + PARENT_MS
  if (isParentComing && facts.severity !== 'critical') return nothing('waits_for_parent', nowMs + LOOK_MS)
  return { orders: creation(input, 1, null), reason: 'ordered', againAtMs: soonAgain(input) }
}

/** A first ticket is looked at again once notes may be written: what was found out meanwhile is told then, and what people wrote at once. */
function soonAgain({ facts, nowMs, settings }: Ready): number | null {
  if (facts.notes.length > 0) return nowMs + LOOK_MS
  return settings.noteEverySeconds === 0 ? null : nowMs + settings.noteEverySeconds * 1_000
}

/** Urgency of what an incident of this severity needs. */
export function urgencyOf({ severity }: Pick<TicketFacts, 'severity'>): Urgency {
  return severity === 'critical' ? 0 : 2
}

function creation(input: Ready, generation: number, earlier: SyncTicket | null): SyncOrder[] {
  const { facts, target, storm, publicUrl, nowMs } = input
  const owner = target.connectionId ?? 'simulated'
  const externalRef = externalRefOf(owner, facts.incidentId, generation)
  const ticketId = ticketIdOf(owner, facts.incidentId, generation)
  const { title, text } = ticketText(templateOf(target.connector), facts, { externalRef, publicUrl, earlier: earlier?.ref ?? null, storm: storm?.ref ?? null, elsewhere: (input.elsewhere ?? []).flatMap(({ ticket: { ref } }) => ref ?? []) })
  const parent = target.capabilities.parent ? storm?.ref ?? null : null
  const assigneeId = target.capabilities.assign ? target.assigneeId : null
  const state = stateOf(facts.status)
  const told: Told = {
    seq: 1, title, severity: facts.severity, priority: facts.priority, state, assigneeId, assignee: facts.assignee?.id ?? null, assetIds: target.party.assetIds, alertCount: facts.alertCount, problemCount: facts.problemCount,
    rootCause: facts.rootCause?.asset ?? null, patterns: facts.findings.map(({ kind }) => kind), analysisId: facts.analysis?.id ?? null, runbooks: facts.runbooks.map(({ id }) => id),
    runs: facts.runs.filter(({ endedAtMs }) => endedAtMs !== null).map(({ id }) => id), booked: earlier?.told.booked ?? [], approvals: facts.approvals.map(({ id }) => id), refusals: facts.refused.map(({ commandId }) => commandId), notes: earlier?.told.notes ?? [],
    ended: 'no', endedAtMs: null, mergedInto: null, stormSinceMs: stormSince(facts), parentId: storm !== null && (parent !== null || target.capabilities.joins === 'link') ? storm.id : null, mended: 0, partyId: target.party.companyId, missingSinceMs: null,
  }
  const urgency = urgencyOf(facts)
  const join = (intoTicketId: string): SyncOrder => ({ kind: 'join', ticketId, body: { intoTicketId }, urgency: 3, dueAtMs: nowMs })
  return [
    {
      kind: 'create', ticketId, generation, told, parentTicketId: told.parentId, urgency, dueAtMs: nowMs,
      draft: { externalRef, title, text, severity: facts.severity, priority: facts.priority, state, party: target.party, assigneeId, parent, mapping: target.mapping },
    },
    ...(target.capabilities.joins === 'link' && earlier !== null && earlier.seen?.isDeleted !== true ? [join(earlier.id)] : []),
    ...(target.capabilities.joins === 'link' && storm !== null && parent === null && told.parentId !== null ? [join(storm.id)] : []),
  ]
}

/** Since when the storm goes on that the incident stands in. */
export function stormSince({ findings }: Pick<TicketFacts, 'findings'>): number | null {
  return findings.find(({ kind }) => kind === 'storm')?.sinceMs ?? null
}

function existing(input: Ready, current: SyncTicket): TicketPlan {
  const { facts, tickets, nowMs } = input
  const { told, seen } = current
  const over = isOver(facts.status)
  if (seen?.isDeleted === true) {
    if (over) return nothing('nothing_new')
    // Somebody who deletes the second one too means it.
    return tickets.filter((ticket) => ticket.seen?.isDeleted === true).length > 1 ? nothing('deleted_twice') : { orders: creation(input, current.generation + 1, current), reason: 'ordered', againAtMs: soonAgain(input) }
  }
  // What a technician did there is on its way to the incident; until it is answered nobody knows which of the two is to follow.
  if (facts.pendingWords > 0) return nothing('waits_for_word', nowMs + LOOK_MS)
  if (over) return told.ended === 'no' ? ending(input, current) : afterEnd(input, current)
  // What somebody ended there stands in what was told as soon as it is seen; the snapshot itself may be older than our last word.
  return told.ended === 'no' ? changed(input, current) : returned(input, current)
}

/** The problem is over. */
function ending(input: Ready, current: SyncTicket): TicketPlan {
  const { facts, settings, target, nowMs } = input
  const { told } = current
  const state = facts.status === 'closed' ? 'closed' : 'resolved'
  const endedAtMs = facts.resolvedAtMs ?? nowMs
  // Who ends the incident here means its ticket too; what ends by itself takes no ticket from under a person's hands.
  const isPersons = facts.endedBy === 'person'
  const closes = isPersons || (facts.endedBy !== 'psa' && settings.autoClose && !current.isTouched)
  const text = endText(facts)
  const times = timesOf(input, current)
  const written = writtenOf(input, current)
  const notes = [...written.notes, ...(closes ? [] : noteOf(input, current, [text], settings.publicNotes))]
  const after: Told = {
    ...told, ...written.told, seq: told.seq + 1, ended: closes ? 'state' : 'note', endedAtMs, state: closes ? state : told.state, runs: kept(told.runs, facts.runs.map(({ id }) => id)), booked: kept(told.booked, times.booked),
  }
  const change: TicketChange = { mapping: target.mapping, ...(closes ? { state, resolution: text, ...(isPersons ? {} : { unlessTouched: noteOf(input, current, [text], false) }) } : {}), ...(notes.length === 0 ? {} : { notes }), ...(times.times.length === 0 ? {} : { times: times.times }) }
  return ordered(input, current, change, after)
}

/** It stays over: only what people still write here is told, unless it is closed, and a resolved ticket becomes a closed one, where the PSA tells the two apart and nobody works on it. */
function afterEnd(input: Ready, current: SyncTicket): TicketPlan {
  const { facts, settings, target: { mapping }, nowMs } = input
  const { told, seen, isTouched, waiting } = current
  // Many a PSA refuses, or opens again, a closed ticket that is written to.
  const written = seen?.state === 'closed' || (told.ended === 'state' && told.state === 'closed') ? NOTHING_WRITTEN : writtenOf(input, current)
  const said: TicketChange = { mapping, ...(written.notes.length === 0 ? {} : { notes: written.notes }) }
  if (facts.status !== 'closed' || told.ended !== 'state' || told.state !== 'resolved') return ordered(input, current, said, { ...told, ...taken(current), ...written.told })
  const after = { ...told, ...taken(current), ...written.told, state: 'closed' as const }
  // An end that waits may be one that a touched ticket is spared; who closes the incident here means the ticket all the same.
  if (facts.endedBy === 'person' && waiting > 0 && seen?.state !== 'closed') return ordered(input, current, { ...said, state: mapping.status.closed === undefined ? 'resolved' : 'closed' }, after)
  const isThere = isTouched || !settings.autoClose || isSameThere(mapping, 'resolved', 'closed') || mapping.status.closed === undefined || seen?.state === 'closed'
  // Put together with an end by a person, it would make that one depend on who touches the ticket.
  if (!isThere && waiting > 0) return ordered(input, current, said, { ...told, ...taken(current), ...written.told }, nowMs + AFTER_MS)
  return ordered(input, current, isThere ? said : { ...said, state: 'closed', unlessTouched: [] }, after)
}

/** The problem is back. */
function returned(input: Ready, current: SyncTicket): TicketPlan {
  const { facts, settings, target, nowMs } = input
  const { told, seen } = current
  const isClosedThere = told.ended === 'state'
  const endedAtMs = told.endedAtMs ?? current.closedAtMs ?? nowMs
  const isFinal = target.capabilities.closesForGood === true && seen?.state === 'closed'
  const mayReopen = target.capabilities.reopen && !isFinal && seen?.mergedIntoId == null && nowMs <= endedAtMs + settings.reopenHours * 3_600_000
  if (isClosedThere && !mayReopen) return { orders: creation(input, current.generation + 1, current), reason: 'ordered', againAtMs: soonAgain(input) }
  const state = stateOf(facts.status)
  const back: News = { lines: [told.elsewhere == null ? returnedText(facts) : hereAgainText(facts)], isUrgent: true, isPublic: true, told: { ended: 'no', endedAtMs: null, alertCount: facts.alertCount, problemCount: facts.problemCount, ...(isClosedThere ? { state } : {}) } }
  return changed(input, current, { back, state: isClosedThere ? state : null })
}

/** It goes on, or goes on again: then the ticket is opened in that state, where it was ended. */
function changed(input: Ready, current: SyncTicket, returning: { readonly back: News; readonly state: WritableTicketState | null } | null = null): TicketPlan {
  const { facts, settings, target, nowMs, publicUrl } = input
  const told: Told = { ...current.told, ...taken(current), ...returning?.back.told }
  const opened: FieldChange = returning === null || returning.state === null ? { change: {}, told: {} } : { change: { state: returning.state }, told: {} }
  const fields = together([urgentFields({ ...current, told }, facts, target), opened])
  const lazy = lazyFields(current, facts, target, titleOf(templateOf(target.connector), facts))
  const news = [...(returning === null ? [] : [returning.back]), ...newsOf(facts, told, publicUrl)]
  const times = timesOf(input, current)
  const freeAtMs = (current.lastNoteAtMs ?? current.createdAtMs) + settings.noteEverySeconds * 1_000
  const written = writtenOf(input, current)
  const isFree = nowMs >= freeAtMs || written.notes.length > 0 || news.some(({ isUrgent }) => isUrgent)
  const hasLazy = news.length > 0 || times.times.length > 0 || Object.keys(lazy.told).length > 0
  const joined = parentOf(input, current)
  const all: FieldChange = isFree ? together([fields, lazy]) : fields
  const said = isFree ? news : []
  const notes = [...written.notes, ...(isFree ? notesOf(input, current, said) : [])]
  const after: Told = {
    ...told, ...written.told, ...all.told, ...Object.assign({}, ...said.map((one) => one.told)) as Partial<Told>, ...joined.told, ...(isFree ? { booked: kept(told.booked, times.booked) } : {}), stormSinceMs: told.stormSinceMs ?? stormSince(facts),
  }
  const change: TicketChange = { mapping: target.mapping, ...all.change, ...joined.change, ...(notes.length === 0 ? {} : { notes }), ...(isFree && times.times.length > 0 ? { times: times.times } : {}) }
  const waits = joined.waits && nowMs < current.createdAtMs + 10 * PARENT_MS
  const againAtMs = waits ? nowMs + LOOK_MS : hasLazy && !isFree ? freeAtMs : null
  const made = ordered(input, current, change, after, againAtMs)
  const orders = [...made.orders.map((order) => (order.kind === 'update' && joined.parentTicketId !== null ? { ...order, parentTicketId: joined.parentTicketId } : order)), ...joined.orders]
  return { orders, againAtMs, reason: orders.length > 0 ? 'ordered' : hasLazy && !isFree ? 'rate' : waits ? 'waits_for_parent' : 'nothing_new' }
}

interface Joined { readonly change: Pick<TicketChange, 'parent'>; readonly told: Partial<Told>; readonly orders: readonly SyncOrder[]; readonly parentTicketId: string | null; readonly waits: boolean }

/** A ticket that came to stand in a storm goes under the ticket of the storm, or is linked to it; what a person put it under stays. */
function parentOf({ storm, target: { capabilities }, nowMs }: Ready, { id, told, seen }: SyncTicket): Joined {
  const none: Joined = { change: {}, told: {}, orders: [], parentTicketId: null, waits: false }
  if (storm === null || told.parentId !== null) return none
  if (!capabilities.parent && capabilities.joins !== 'link') return none
  if (seen !== null && seen.parentId !== null) return { ...none, told: { parentId: storm.id } }
  const isShown = storm.isSimulated || storm.mode === 'dry-run'
  if (storm.ref === null && !isShown) return { ...none, waits: true }
  if (!capabilities.parent) return { ...none, told: { parentId: storm.id }, parentTicketId: storm.id, orders: [{ kind: 'join', ticketId: id, body: { intoTicketId: storm.id }, urgency: 3, dueAtMs: nowMs }] }
  return { ...none, change: storm.ref === null ? {} : { parent: storm.ref }, told: { parentId: storm.id }, parentTicketId: storm.id }
}

/** One order of what there is to write; nothing where told and ticket stay as they are. */
function ordered({ facts, nowMs }: Ready, { id, version, told }: SyncTicket, change: TicketChange, after: Told, againAtMs: number | null = null): TicketPlan {
  const writes = Object.keys(change).length > 1
  const tells = JSON.stringify(after) !== JSON.stringify(told)
  if (!writes && !tells) return nothing('nothing_new', againAtMs)
  const next = writes && after.seq === told.seq ? { ...after, seq: told.seq + 1 } : after
  const order: SyncOrder = writes
    ? { kind: 'update', ticketId: id, version, change, told: next, urgency: urgencyOf(facts), dueAtMs: nowMs }
    : { kind: 'note_down', ticketId: id, version, told: next }
  return { orders: [order], reason: 'ordered', againAtMs }
}

/** What is new as one note for technicians, and one for the client where they may read ours. */
function notesOf(input: Ready, row: SyncTicket, news: readonly News[]): TicketNote[] {
  const isPublic = ({ isPublic: fits }: News): boolean => fits && input.settings.publicNotes && input.target.capabilities.publicNote
  const lines = (some: readonly News[]): string[] => some.flatMap((one) => [...one.lines])
  const [open, internal] = [lines(news.filter(isPublic)), lines(news.filter((one) => !isPublic(one)))]
  return [...(open.length === 0 ? [] : noteOf(input, row, open, true)), ...(internal.length === 0 ? [] : noteOf(input, row, internal, false))]
}

interface Written { readonly notes: readonly TicketNote[]; readonly told: Pick<Told, 'notes'> }

const NOTHING_WRITTEN: Written = { notes: [], told: {} }

/** What people wrote here since, for technicians: a note for each, known by what it tells, so that it is written once whatever else is said. */
function writtenOf({ facts, target: { capabilities, connector } }: Ready, { id, told: { notes: told = [] } }: SyncTicket): Written {
  const fresh = facts.notes.filter((note) => !told.includes(note.id))
  if (fresh.length === 0) return NOTHING_WRITTEN
  return {
    told: { notes: kept(told, fresh.map((note) => note.id)) },
    notes: capabilities.internalNote ? fresh.map((note) => ({ token: noteTokenOf(id, 0, `note ${note.id}`), isPublic: false, text: sayable(personLines(note), templateOf(connector).textMax) })) : [],
  }
}

/** A note of these lines. An internal one is never written where the PSA has none: it would be read by the client. */
function noteOf({ target: { capabilities, connector } }: Ready, { id, told }: SyncTicket, lines: readonly string[], wantsPublic: boolean): TicketNote[] {
  const isPublic = wantsPublic && capabilities.publicNote
  if (!isPublic && !capabilities.internalNote) return []
  return [{ token: noteTokenOf(id, told.seq + 1, isPublic ? 'public' : ''), isPublic, text: sayable(lines, templateOf(connector).textMax) }]
}

/** Runs that are to be booked as time and were not yet. */
function timesOf({ facts, settings, target }: Ready, { id, told }: SyncTicket): { readonly times: readonly TicketTime[]; readonly booked: readonly string[] } {
  if (!settings.timeEntries || !target.capabilities.time) return { times: [], booked: [] }
  const runs = facts.runs.filter((run) => run.startedAtMs !== null && run.endedAtMs !== null && !run.isSimulated && !told.booked.includes(run.id)).slice(0, 10)
  return {
    booked: runs.map((run) => run.id),
    times: runs.map((run) => ({ token: noteTokenOf(id, 0, `time ${run.id}`), startedAtMs: run.startedAtMs ?? 0, minutes: Math.max(1, Math.ceil(((run.endedAtMs ?? 0) - (run.startedAtMs ?? 0)) / 60_000)), text: sayable([`Runbook ${run.runbookId}: ${run.summary}`], 500) })),
  }
}
