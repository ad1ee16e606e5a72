/** Search terms of Zoho Desk: `*` is a wildcard, a comma begins another value, `${…}` is a command, and a colon ends a field's name. */
import { ConnectorError } from '../port.ts'

const TERM_MAX = 90
const TERM_MIN = 3

/** Text between wildcards; null where too little is left to look for. */
export function wildcard(text: string): string | null {
  const words = text.replace(/[\p{Cc}\u2028\u2029*,${}:"\\]+/gu, ' ').replace(/\s+/g, ' ').trim().slice(0, TERM_MAX).trim()
  return words.length < TERM_MIN ? null : `*${words}*`
}

/** A reference as it stands. Throws `invalid` for what is none. */
export function exactPhrase(reference: string): string {
  if (!/^[A-Za-z0-9-]{3,64}$/.test(reference)) throw new ConnectorError('invalid', 'Zoho Desk: a reference that cannot be looked for')
  return reference
}
