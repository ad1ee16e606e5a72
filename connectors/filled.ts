/** A mapping as it is meant: a default that somebody emptied is not mapped at all. */
import type { TicketMapping } from '../schemas/tickets.ts'

/** The same mapping without empty values. */
export function filled({ status, priority, place }: TicketMapping): TicketMapping {
  const left = <T extends Readonly<Record<string, string | undefined>>>(words: T): T => Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined && value !== '')) as T
  return { status: left(status), priority: left(priority), place: left(place) }
}
