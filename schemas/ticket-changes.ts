/** How changes of one ticket are put together, so that a storm is a few writes. Pure. */
import type { TicketChange, TicketNote } from './tickets.ts'

/** Longest text of one note that is made of several, in characters; below what any PSA takes. */
export const NOTE_CHARS = 8_000
const BETWEEN = '\n\n'

/**
 * The older and the newer change as one: of absolute values the later one stands, notes, files, times and change requests follow each other, each token once. Associative, so that
 * a row may grow change by change; nothing is shortened here.
 */
export function coalesce(older: TicketChange, newer: TicketChange): TicketChange {
  const notes = listed(older.notes, newer.notes)
  const attachments = listed(older.attachments, newer.attachments)
  const times = listed(older.times, newer.times)
  const changeRequests = listed(older.changeRequests, newer.changeRequests)
  return { ...older, ...newer, ...(notes === null ? {} : { notes }), ...(attachments === null ? {} : { attachments }), ...(times === null ? {} : { times }), ...(changeRequests === null ? {} : { changeRequests }) }
}

function listed<T extends { readonly token: string }>(older: readonly T[] | undefined, newer: readonly T[] | undefined): readonly T[] | null {
  if (older === undefined && newer === undefined) return null
  const known = new Set<string>()
  return [...(older ?? []), ...(newer ?? [])].filter(({ token }) => !known.has(token) && known.add(token))
}

/**
 * The change as it is called: notes that follow each other and are for the same readers become one, under the token of the first, up to `NOTE_CHARS`; every text
 * stands in exactly one note, in order. The same body gives the same notes, so that a second attempt knows them again.
 */
export function gathered(change: TicketChange): TicketChange {
  if (change.notes === undefined || change.notes.length < 2) return change
  const notes: TicketNote[] = []
  for (const note of change.notes) {
    const last = notes.at(-1)
    const fits = last !== undefined && last.isPublic === note.isPublic && last.text.length + BETWEEN.length + note.text.length <= NOTE_CHARS
    if (fits) notes[notes.length - 1] = { ...last, text: `${last.text}${BETWEEN}${note.text}` }
    else notes.push(note)
  }
  return { ...change, notes }
}

const ABSOLUTE = ['title', 'severity', 'priority', 'state', 'resolution', 'assigneeId', 'assetIds', 'parent'] as const

/** An old change without the values that later ones of the same ticket have set since: written late, it must not undo them. Notes, files, times and change requests stay. */
export function withoutOvertaken(old: TicketChange, later: readonly TicketChange[]): TicketChange {
  const overtaken = new Set<string>(ABSOLUTE.filter((name) => later.some((change) => change[name] !== undefined)))
  const kept: Partial<TicketChange> = Object.fromEntries(Object.entries(old).filter(([name]) => !overtaken.has(name)))
  return { ...kept, mapping: old.mapping }
}
