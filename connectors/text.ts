/** What all connectors do with text: ours is plain, and nothing in it may become markup, a mention or a command over there. */

const CUT_MARK = ' … [cut]'

/** Plain text as HTML: everything escaped, line ends as `<br>`. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;').replace(/\r\n|\r|\n/g, '<br>\n')
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', '#39': "'" }

/** HTML as plain text: tags away, breaks and ends of blocks as line ends, entities resolved. What comes out is text and never to be taken for HTML again. */
export function plainText(html: string): string {
  return html
    // Each pattern ends where it could begin anew, so that no comment, however long, is gone through more than a few times.
    .replace(/<(script|style)\b(?:(?!<\1\b)[\s\S])*?<\/\1\s*>/gi, '')
    .replace(/\r?\n/g, ' ')
    .replace(/<br\s*\/?>\s?|<\/(p|div|li|tr|h[1-6])>\s?/gi, '\n')
    .replace(/<[^<>]*>/g, '')
    .replace(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name.toLowerCase()] ?? numbered(name) ?? whole)
    .trim()
}

function numbered(name: string): string | null {
  const code = /^#x[0-9a-f]+$/i.test(name) ? Number.parseInt(name.slice(2), 16) : /^#\d+$/.test(name) ? Number(name.slice(1)) : null
  return code === null || code > 0x10ffff ? null : keepable(String.fromCodePoint(code))
}

/** The same without NUL and halves of characters, which no database keeps and some systems refuse: each becomes a mark that something was there. */
export function keepable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}

/** The first characters of a text, at most `max`. One outside the basic plane is never cut in half. */
export function start(text: string, max: number): string {
  const last = text.charCodeAt(max - 1)
  return text.slice(0, text.length > max && last >= 0xd800 && last <= 0xdbff ? max - 1 : max)
}

/** At most `max` characters; what is cut says so at its end. Characters outside the basic plane are never cut in half. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text
  const mark = max > CUT_MARK.length ? CUT_MARK : ''
  return start(text, max - mark.length) + mark
}

/** One line for a title: control characters and line ends become spaces. */
export function oneLine(text: string, max: number): string {
  return cut(text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim(), max)
}

/** The text of a note with its token at the end, at most `max` characters together: the token is never what is cut. */
export function withToken(text: string, token: string, max: number): string {
  const tail = `\n\n[${token}]`
  return cut(text, max - tail.length) + tail
}

/** Words of a search, as they are: nothing of them means anything to a search. At most eight. */
export function wordsOf(text: string): readonly string[] {
  return (text.match(/[\p{L}\p{N}_.-]+/gu) ?? []).slice(0, 8)
}

/** Which of these tokens stand in one of the texts; texts may be plain or HTML. */
export function tokensIn(texts: Iterable<string>, tokens: Iterable<string>): ReadonlySet<string> {
  const all = [...texts]
  return new Set([...tokens].filter((token) => all.some((text) => text.includes(`[${token}]`))))
}

const REFERENCE = /\bAW-[0-9A-HJKMNP-TV-Z]{12}\b/

/** Our reference in a title such as `[AW-0123456789AB] disk full`; null: there is none. */
export function referenceIn(text: string): string | null {
  return REFERENCE.exec(text)?.[0] ?? null
}
