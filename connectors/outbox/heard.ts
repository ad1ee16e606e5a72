/** Whether a ticket looks as it did when it was read last. Pure. */
import type { TicketSnapshot } from '../../schemas/tickets.ts'

/** True where anything that a person could have done differs, or the ticket was never read. Our own writes since then differ too: reading once too often costs a call, once too seldom a technician's work. */
export function isUnheard(seen: TicketSnapshot | null, now: TicketSnapshot): boolean {
  if (seen === null) return true
  const looks = ({ state, statusText, title, priorityId, assignee, companyId, mergedIntoId, isDeleted, updatedAtMs, notes }: TicketSnapshot): string =>
    JSON.stringify([state, statusText, title, priorityId, assignee?.externalId ?? null, companyId, mergedIntoId, isDeleted, updatedAtMs, now.notes === null ? null : notes?.map(({ externalId }) => externalId) ?? []])
  return looks(seen) !== looks(now)
}
