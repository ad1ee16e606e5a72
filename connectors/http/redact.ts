/** What of a call may be kept: no credential, no secret-looking field, and no more than 4 KB. */

const RECORD_MAX_BYTES = 4_096
const CUT_MARK = ' … [cut]'
const HIDDEN = '[secret]'
const SECRET_NAME = /pass(word|wd|phrase)?$|pwd|secret|token|api[-_ ]?key|auth(orization|entication)?$|integration[-_]?code|credential|private[-_]?key|signature|session|cookie|jwt/i
// What people and machines paste into alerts: schemes with their proof, tokens in three parts, keys in armour, `password=…`.
const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic|Token|Zoho-oauthtoken|GenieKey)\s+[\w+/=.~-]{8,}/gi, `$1 ${HIDDEN}`],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+/g, HIDDEN],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  [/\b(password|passwd|pwd|secret|api[_-]?key|access[_-]?token|refresh[_-]?token|client[_-]?secret)(\s*[=:]\s*)[^\s"'&,;]+/gi, `$1$2${HIDDEN}`],
]
const SHORTEST_SECRET = 4

/** Takes secrets out of what is to be kept. */
export interface Redactor {
  /** Any text: an error, an address, a body that is no JSON. */
  text(text: string): string
  /** A parsed body: fields whose name sounds secret are hidden, whatever is in them. */
  value(value: unknown): unknown
  /** Headers and body as one text, cut to 4 KB. */
  record(headers: Iterable<readonly [string, string]>, body: unknown): string
  /** An address without the secrets of its query. */
  address(url: URL): string
}

/** A redactor that knows these secrets in every form they may be sent in. */
export function redactor(secrets: readonly string[]): Redactor {
  const forms = new Set(secrets.filter((secret) => secret.length >= SHORTEST_SECRET).flatMap((secret) => [
    secret, encodeURIComponent(secret), encodeURIComponent(secret).replaceAll('%20', '+'), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ]))
  const known = [...forms].sort((a, b) => b.length - a.length)
  const text = (from: string): string => {
    const named = known.reduce((made, secret) => made.replaceAll(secret, HIDDEN), from)
    return SECRET_TEXT.reduce((made, [pattern, by]) => made.replace(pattern, by), named)
  }
  const value = (from: unknown): unknown => {
    if (typeof from === 'string') return text(from)
    if (Array.isArray(from)) return from.map(value)
    if (typeof from !== 'object' || from === null) return from
    return Object.fromEntries(Object.entries(from).map(([name, part]: [string, unknown]) => [text(name), isHidden(name, part) ? HIDDEN : value(part)]))
  }
  return {
    text, value,
    record(headers, body) {
      const lines = [...headers].map(([name, part]) => `${name}: ${SECRET_NAME.test(name) ? HIDDEN : text(part)}`)
      const shown = body === undefined || body === null ? '' : typeof body === 'string' ? text(body) : JSON.stringify(value(body))
      return cutBytes([...lines, '', shown].join('\n').trim(), RECORD_MAX_BYTES)
    },
    address(url) {
      const query = [...url.searchParams].map(([name, part]) => `${encodeURIComponent(name)}=${SECRET_NAME.test(name) ? HIDDEN : encodeURIComponent(text(part))}`)
      return text(url.origin + url.pathname) + (query.length === 0 ? '' : `?${query.join('&')}`)
    },
  }
}

/** Names tell; yes and no are no secrets, and nothing is not one. Lists and objects below such a name go whole. */
function isHidden(name: string, part: unknown): boolean {
  return SECRET_NAME.test(name) && part !== null && part !== undefined && part !== '' && typeof part !== 'boolean'
}

function cutBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  let end = maxBytes - Buffer.byteLength(CUT_MARK)
  // Never in the middle of a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.subarray(0, end).toString() + CUT_MARK
}
