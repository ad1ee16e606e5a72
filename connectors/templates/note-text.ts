/** What is said in a ticket after it was opened. */
import type { TicketFacts } from '../../schemas/ticket-sync.ts'
import type { TicketRef } from '../../schemas/tickets.ts'
import { NOTE_HEAD } from '../sync/identity.ts'
import { start } from '../text.ts'
import { runLine } from './ticket-text.ts'
import { clock, counted, line, span } from './words.ts'

/** Lines as the text of a note: it begins like every note of ours, and what is too long is cut visibly. */
export function sayable(lines: readonly string[], max: number): string {
  const text = NOTE_HEAD + lines.join('\n')
  return text.length <= max ? text : `${start(text, max - 6).trimEnd()}\n[cut]`
}

/** How it ended, and what solved it. */
export function endText({ openedAtMs, resolvedAtMs, updatedAtMs, resolution, endedBy, alertCount, problemCount, runs }: TicketFacts): string {
  const endedAtMs = resolvedAtMs ?? updatedAtMs
  const by = endedBy === 'person' ? 'Ended in Alert Whisperer' : endedBy === 'psa' ? 'Ended in the ticket system' : 'Over: the monitoring tools report no open problem any more'
  return [
    `${by} at ${clock(endedAtMs)}, after ${span(endedAtMs - openedAtMs)}; ${counted(alertCount, 'alert')} of ${counted(problemCount, 'problem')} in all.`,
    ...(resolution === null ? [] : [line(resolution, 1_500)]),
    ...runs.filter(({ endedAtMs: ended }) => ended !== null).slice(0, 5).map((run) => `- ${runLine(run)}`),
  ].join('\n')
}

/** It is back. */
export function returnedText({ title, alertCount, openProblemCount, updatedAtMs, severity }: TicketFacts): string {
  return `The problem is back since ${clock(updatedAtMs)}: ${line(title, 300)}; ${counted(openProblemCount, 'problem')} open, severity ${severity}, ${counted(alertCount, 'alert')} in all.`
}

/** It goes on in another system. */
export function elsewhereText(number: number, ref: Pick<TicketRef, 'number' | 'url'> | null): string {
  return `Incident ${number} goes on in another ticket system${named(ref)}; this ticket is not kept up any more.`
}

/** A ticket of another system was left for this one. */
export function leftText(ref: Pick<TicketRef, 'number' | 'url'>): string {
  return `The incident goes on here; meanwhile it had a ticket in another system${named(ref)}.`
}

/** It goes on in a ticket that was left for another system. */
export function hereAgainText({ title, openProblemCount, severity, alertCount }: TicketFacts): string {
  return `The incident goes on here again: ${line(title, 300)}; ${counted(openProblemCount, 'problem')} open, severity ${severity}, ${counted(alertCount, 'alert')} in all.`
}

function named(ref: Pick<TicketRef, 'number' | 'url'> | null): string {
  return ref === null ? '' : `, ticket ${line(ref.number, 60)}${ref.url === null ? '' : ` ${ref.url}`}`
}

/** Where it goes on. */
export function mergedText(number: number, survivor: Pick<TicketRef, 'number' | 'url'> | null): string {
  return `Incident ${number} is part of another one${survivor === null ? '' : `; it goes on in ticket ${line(survivor.number, 60)}${survivor.url === null ? '' : ` ${survivor.url}`}`}.`
}
