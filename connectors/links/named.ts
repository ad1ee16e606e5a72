/** Finds the one ticket a person names: by its number, its id, or the address of its page. */
import type { TicketRef, TicketSnapshot } from '../../schemas/tickets.ts'
import { ConnectorError, type CallContext, type TicketConnector } from '../port.ts'

/** Reads and searches made for one name, so that nobody's budget goes into guesses. */
const READS_MAX = 3
const FOUND_MAX = 10
/** What failed is no such ticket, but a name this system cannot have. */
const NO_SUCH = new Set(['not_found', 'invalid', 'unsupported', 'forbidden'])

/** What a name may stand for: ids and numbers, the likeliest first. An address of another host stands for nothing. */
export function namesIn(named: string, baseUrl: string): readonly string[] {
  const text = named.trim()
  if (!/^https?:\/\//i.test(text)) return text === '' ? [] : [...new Set([text.replace(/^#/, ''), text])]
  if (!URL.canParse(text)) return []
  const url = new URL(text)
  if (!isSameHouse(url.hostname, new URL(baseUrl).hostname)) return []
  const query = new URLSearchParams(`${url.search.slice(1)}&${url.hash.replace(/^#[^?]*\??/, '')}`)
  const values = ['id', 'sys_id', 'ticketid', 'ticket', 'number', 'service_recid', 'recid', 'selectedissue'].flatMap((name) => [...query].filter(([key]) => key.toLowerCase() === name).map(([, value]) => value))
  const segments = `${url.pathname}/${url.hash.replace(/^#/, '').split('?')[0] ?? ''}`.split('/').map(decoded).filter((part) => part !== '').reverse()
  // A ticket's name has a digit in it; words of the path have none.
  return [...new Set([...values, ...segments].filter((part) => /\d/.test(part) && part.length <= 80 && !/\.(?:html?|php|aspx?|do|rails)$/i.test(part)))]
}

/** The page for people is often of a neighbour of the address programs call: `acme.halopsa.com` and `api.halopsa.com`. */
function isSameHouse(host: string, other: string): boolean {
  if (host === other) return true
  const [one, two] = [host, other].map((name) => name.split('.').slice(-2).join('.'))
  return one === two && !/^[\d.]+$/.test(host)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    if (error instanceof URIError) return ''
    throw error
  }
}

/**
 * The ticket of this name; null: there is none, or the credentials may not see it. Throws ConnectorError where the system cannot be asked. With `of`, a company, one of any other is
 * none as well, and as many calls are made for it as for none.
 */
export async function findNamed(connector: TicketConnector, named: string, ctx: CallContext, of: string | null = null): Promise<TicketSnapshot | null> {
  const names = namesIn(named, ctx.connection.baseUrl)
  const read = (ref: TicketRef): Promise<TicketSnapshot | null> => connector.read(ref, ctx, of ?? undefined)
  const isOurs = (one: TicketSnapshot | null): one is TicketSnapshot => one !== null && (of === null || one.companyId === of)
  let reads = 0
  for (const name of names) {
    if (looksLikeId(name) && reads++ < READS_MAX) {
      const there = await unlessNone(() => read(refOf(name)))
      if (isOurs(there) && !there.isDeleted && isNamed(there, name)) return there
    }
    const found = await unlessNone(() => connector.search({ text: name, companyId: of, limit: FOUND_MAX }, ctx))
    const hit = found?.find((one) => isOurs(one) && isNamed(one, name))
    if (hit !== undefined && !hit.isDeleted) return await unlessNone(() => read(hit.ref)) ?? hit
  }
  return null
}

/** A number alone or a long id is read; what people call a ticket is searched. */
const looksLikeId = (name: string): boolean => /^\d{1,20}$/.test(name) || /^[0-9a-f]{24,36}$/i.test(name) || /^[A-Z][A-Z0-9]+-\d+$/.test(name)

const isNamed = ({ ref }: TicketSnapshot, name: string): boolean => [ref.externalId, ref.number, ref.number.replace(/^#/, '')].some((one) => one.toLowerCase() === name.toLowerCase())

const refOf = (externalId: string): TicketRef => ({ externalId, number: externalId, url: null })

async function unlessNone<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ConnectorError && NO_SUCH.has(error.code)) return null
    throw error
  }
}
