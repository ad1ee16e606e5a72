/** How changes of one ticket are put together, so that a storm is a few writes. Pure. */
import type { Told } from './ticket-sync.ts'
import type { JoinBody, OrderBody } from './ticket-work.ts'
import type { TicketChange, TicketNote, TicketState } from './tickets.ts'

/** Longest text of one note that is made of several, in characters; below what any PSA takes. */
export const NOTE_CHARS = 8_000
const BETWEEN = '\n\n'

/**
 * The older and the newer change as one: of absolute values the later one stands, notes, files, times and change requests follow each other, each token once. Associative, so that
 * a row may grow change by change; nothing is shortened here. What a state depends on goes with that state: a person's later end, or a later return, depends on nothing.
 */
export function coalesce(older: TicketChange, newer: TicketChange): TicketChange {
  const notes = listed(older.notes, newer.notes)
  const attachments = listed(older.attachments, newer.attachments)
  const times = listed(older.times, newer.times)
  const changeRequests = listed(older.changeRequests, newer.changeRequests)
  const { unlessTouched: ended, ...before } = older
  const { unlessTouched: ends, ...after } = newer
  const unlessTouched = after.state === undefined ? ends ?? ended : ends
  return { ...before, ...after, ...(unlessTouched === undefined ? {} : { unlessTouched }), ...(notes === null ? {} : { notes }), ...(attachments === null ? {} : { attachments }), ...(times === null ? {} : { times }), ...(changeRequests === null ? {} : { changeRequests }) }
}

function listed<T extends { readonly token: string }>(older: readonly T[] | undefined, newer: readonly T[] | undefined): readonly T[] | null {
  if (older === undefined && newer === undefined) return null
  const known = new Set<string>()
  return [...(older ?? []), ...(newer ?? [])].filter(({ token }) => !known.has(token) && known.add(token))
}

/**
 * The change as it is called: notes that follow each other and are for the same readers become one, under the token of the first, up to `NOTE_CHARS`; every text
 * stands in exactly one note, in order. The same body gives the same notes, so that a second attempt knows them again; what is said in place of an end comes last and stays
 * by itself, for the others may have been written before that was known.
 */
export function gathered({ unlessTouched = [], ...change }: TicketChange): TicketChange {
  const instead = change.state === undefined ? unlessTouched : []
  if ((change.notes?.length ?? 0) < 2 && instead.length === 0) return change
  const notes: TicketNote[] = []
  for (const note of change.notes ?? []) {
    const last = notes.at(-1)
    const fits = last !== undefined && last.isPublic === note.isPublic && last.text.length + BETWEEN.length + note.text.length <= NOTE_CHARS
    if (fits) notes[notes.length - 1] = { ...last, text: `${last.text}${BETWEEN}${note.text}` }
    else notes.push(note)
  }
  return { ...change, notes: [...notes, ...instead] }
}

/** Whether the order ends a ticket, or merges it away, which it is to leave open where somebody has touched it. */
export function dependsOnTouch(order: OrderBody): boolean {
  if (order.kind === 'join') return order.body.unlessTouched !== undefined
  return order.kind === 'update' && order.body.unlessTouched !== undefined && order.body.state !== undefined
}

/** What of a ticket decides on an end that depends on it. */
export interface EndStanding {
  readonly isTouched: boolean
  readonly told: Partial<Pick<Told, 'ended' | 'stood' | 'isMoved'>>
  readonly seen: { readonly state: TicketState; readonly mergedIntoId?: string | null } | null
  /** A later order that waits sets the state too, and what was told is that one's. */
  readonly isOvertaken: boolean
}

/** What is called in place of an end, and what is told of the ticket from then on; null: as before. */
export interface Spared {
  readonly change: TicketChange
  readonly told: Pick<Told, 'ended' | 'state'> | null
}

/**
 * Leaves a ticket open that somebody touched after its end was ordered. Null: the change is called as it is.
 *
 *   the ticket                                state       what ended it
 *   stands ended, as was told                 not again   a resolution stays one, so that a second attempt knows it; nothing where it is closed
 *   was told as ended, and is not             dropped     the note, and told is that the end was said as a note
 *   was told of in another way since          dropped     the note, unless a note has said so already
 *   is another client's by now                dropped     nothing
 */
export function spared({ unlessTouched, state, resolution, ...rest }: TicketChange, { isTouched, told, seen, isOvertaken }: EndStanding): Spared | null {
  if (unlessTouched === undefined || state === undefined || !isTouched) return null
  const stands = told.stood?.state ?? seen?.state ?? 'unknown'
  if (told.ended === 'state' && told.isMoved !== true && (stands === 'resolved' || stands === 'closed')) return { change: stands === 'closed' || resolution === undefined ? rest : { ...rest, resolution }, told: null }
  const isSaid = told.isMoved !== true && told.ended !== 'note' && unlessTouched.length > 0
  return {
    change: { ...rest, ...(isSaid ? { unlessTouched } : {}) },
    told: told.ended === 'state' && !isOvertaken ? { ended: 'note', state: stands === 'assigned' || stands === 'in_progress' ? stands : 'open' } : null,
  }
}

/**
 * What is called in place of a merge of a ticket that somebody touched after it was ordered: it stays open, and a note says where the problem goes on. Nothing is said where it is ended, or merged
 * already. Null: the join is called as it is.
 */
export function sparedJoin({ unlessTouched, mapping }: JoinBody, standing: EndStanding): Spared | null {
  if (unlessTouched === undefined || mapping === undefined || !standing.isTouched) return null
  if ((standing.seen?.mergedIntoId ?? null) !== null) return { change: { mapping }, told: null }
  return spared({ mapping, state: 'closed', unlessTouched }, standing)
}

const ABSOLUTE = ['title', 'severity', 'priority', 'state', 'resolution', 'assigneeId', 'assetIds', 'parent'] as const

/** An old change without the values that later ones of the same ticket have set since: written late, it must not undo them. Notes, files, times and change requests stay. */
export function withoutOvertaken(old: TicketChange, later: readonly TicketChange[]): TicketChange {
  const overtaken = new Set<string>(ABSOLUTE.filter((name) => later.some((change) => change[name] !== undefined)))
  if (old.state !== undefined && overtaken.has('state')) overtaken.add('unlessTouched')
  const kept: Partial<TicketChange> = Object.fromEntries(Object.entries(old).filter(([name]) => !overtaken.has(name)))
  return { ...kept, mapping: old.mapping }
}
