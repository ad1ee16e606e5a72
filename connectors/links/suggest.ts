/** Which tickets are likely to belong to an incident, and why. Pure. */
import type { TicketSuggestion } from '../../schemas/ticket-links.ts'
import type { TicketState } from '../../schemas/tickets.ts'

/** What an incident is compared by. */
export interface Compared {
  readonly title: string
  readonly assets: readonly string[]
  readonly signatures: readonly string[]
  readonly openedAtMs: number
}

/** A ticket that may belong to it. */
export interface Candidate extends Omit<TicketSuggestion, 'score' | 'reasons' | 'updatedAt'> {
  readonly updatedAtMs: number | null
  /** Machines of the incident that the ticket stands for already, as we know ourselves. */
  readonly assets: readonly string[]
}

const SUGGESTED_MAX = 10
const DAY_MS = 86_400_000
const OPEN: readonly TicketState[] = ['open', 'assigned', 'in_progress', 'waiting']
/** Words that say nothing of what is wrong. */
const IDLE = new Set(['the', 'and', 'for', 'with', 'from', 'not', 'has', 'was', 'are', 'too', 'high', 'low', 'critical', 'warning', 'alert', 'error', 'failed', 'problem', 'issue'])

/** The likeliest first, at most ten; one that shares neither a machine nor a word of what is wrong is left out. */
export function suggest(incident: Compared, candidates: readonly Candidate[]): readonly TicketSuggestion[] {
  const seen = new Set<string>()
  return candidates
    .map((candidate) => judged(incident, candidate))
    .filter((one) => one !== null)
    .sort((a, b) => b.score - a.score || (b.updatedAt ?? '').localeCompare(a.updatedAt ?? '') || a.externalId.localeCompare(b.externalId))
    .filter(({ connectionId, externalId }) => {
      const key = `${connectionId} ${externalId}`
      if (seen.has(key)) return false
      seen.add(key)
      return true
    })
    .slice(0, SUGGESTED_MAX)
}

function judged(incident: Compared, { assets, updatedAtMs, ...ticket }: Candidate): TicketSuggestion | null {
  const reasons: string[] = []
  let score = 0
  const title = ticket.title.toLowerCase()
  const named = incident.assets.filter((asset) => asset.length > 2 && title.includes(asset.toLowerCase()))
  if (assets.length > 0) {
    score += 45
    reasons.push(`It stands for another incident of ${listed(assets)}.`)
  } else if (named.length > 0) {
    score += 40
    reasons.push(`Its title names ${listed(named)}.`)
  }
  const shared = sharedWords(incident, title)
  if (shared.length > 0) {
    score += Math.min(30, 12 * shared.length)
    reasons.push(`Its title says ${listed(shared.map((word) => `“${word}”`))} too.`)
  }
  if (score === 0) return null
  if (OPEN.includes(ticket.state)) {
    score += 15
    reasons.push('It is still open.')
  }
  const apartMs = updatedAtMs === null ? Infinity : Math.abs(updatedAtMs - incident.openedAtMs)
  if (apartMs <= DAY_MS) {
    score += 10
    reasons.push('It changed within a day of the incident.')
  }
  return { ...ticket, updatedAt: updatedAtMs === null ? null : new Date(updatedAtMs).toISOString(), score: Math.min(100, score), reasons }
}

/** Words of what is wrong that stand in both, machines left out. */
function sharedWords({ title, signatures, assets }: Compared, ticketTitle: string): readonly string[] {
  const machines = new Set(assets.map((asset) => asset.toLowerCase()))
  const own = new Set([title, ...signatures].flatMap(wordsOf).filter((word) => !machines.has(word)))
  const theirs = new Set(wordsOf(ticketTitle))
  return [...own].filter((word) => theirs.has(word)).slice(0, 5)
}

const wordsOf = (text: string): string[] => (text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}-]{2,}/gu) ?? []).flatMap((word) => [word]).filter((word) => !IDLE.has(word) && !/^\d+$/.test(word))

const listed = (words: readonly string[]): string => words.slice(0, 3).join(', ') + (words.length > 3 ? ` and ${words.length - 3} more` : '')

/** What is wrong in at most so many words, machines left out; empty: nothing says it. */
export function wordsFor({ title, assets, signatures }: Pick<Compared, 'title' | 'assets' | 'signatures'>, most: number): string {
  return [...new Set([...signatures.flatMap((one) => wordsOf(one.replaceAll('_', ' '))), ...wordsOf(title)])].filter((word) => !assets.some((asset) => asset.toLowerCase() === word)).slice(0, most).join(' ')
}

/** What a ticket system is searched for, the likeliest first: the main machine, then what is wrong. */
export function searchesFor(incident: Compared): readonly string[] {
  return [...incident.assets.slice(0, 1), wordsFor(incident, 2)].filter((text) => text.length > 2).slice(0, 2)
}
