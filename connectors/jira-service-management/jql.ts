/** Values in JQL: always in quotes, with nothing left that could end them. */
import { ConnectorError } from '../port.ts'

const TEXT_MAX = 200

/** A value that must match as it stands. */
export function quoted(value: string): string {
  return `"${clean(value).replace(/["\\]/g, '\\$&')}"`
}

/** Words to look for with `~`; null where nothing is left. The text search has operators of its own, all of which become blanks. */
export function words(text: string): string | null {
  const left = clean(text).replace(/[+\-&|!(){}[\]^~*?\\/:"'<>=@#%;,]+/g, ' ').replace(/\b(AND|OR|NOT)\b/g, (word) => word.toLowerCase()).replace(/\s+/g, ' ').trim().slice(0, TEXT_MAX).trim()
  return left === '' ? null : `"${left}"`
}

/** A phrase for `~`, word by word as it stands. Throws `invalid` for anything but letters, digits and `-`. */
export function phrase(reference: string): string {
  if (!/^[A-Za-z0-9-]{3,64}$/.test(reference)) throw new ConnectorError('invalid', 'Jira: a reference that cannot be looked for')
  return `"\\"${reference}\\""`
}

/** Key or number of an issue, as people type it. */
export function isIssueKey(text: string): boolean {
  return /^[A-Z][A-Z0-9_]{1,49}-\d{1,12}$/i.test(text)
}

function clean(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
}
