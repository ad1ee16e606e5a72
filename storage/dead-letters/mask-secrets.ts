/** Hides what stands behind names of secrets in a text of any form: JSON, form, XML attributes, lines. One pass, so that no text can make it slow. */

const WORD = /[\w.-]+/g
const SECRET = /secret|token|passw|pwd|api[_-]?key|authorization|credential|(?:routing|integration|license|access)[_-]?key/i
/** Keys and secrets of ours, which a path or a text may hold without any name before them. */
const OURS = /\b(?:(awt?_)[\w-]{16,}|(whsec_)[A-Za-z0-9+/_-]{16,}=*)/g
/** User and password of an address. */
const IN_ADDRESS = /:\/\/[^\s/@:"']{0,128}:[^\s/@"']{1,256}@/g
/** Longer words are no names. */
const NAME_CHARS = 80
const BETWEEN = /["'\\\s]/
const ENDS = /[\s,;&}\]<>"']/

/** The same text with the values behind such names as ***. */
export function maskSecrets(text: string): string {
  const parts: string[] = []
  let copied = 0
  WORD.lastIndex = 0
  for (let found = WORD.exec(text); found !== null; found = WORD.exec(text)) {
    const [word] = found
    if (word.length > NAME_CHARS || !SECRET.test(word)) continue
    const start = valueStart(text, found.index + word.length)
    if (start === null) continue
    const end = valueEnd(text, start)
    parts.push(text.slice(copied, start), '***')
    copied = end
    WORD.lastIndex = end
  }
  return (parts.join('') + text.slice(copied)).replace(OURS, '$1$2***').replace(IN_ADDRESS, '://***@')
}

/** Where the value of a name that ends here begins: after a colon or an equals sign and an opening quote; null where none follows. */
function valueStart(text: string, nameEnd: number): number | null {
  let at = skip(text, nameEnd)
  if (text[at] !== ':' && text[at] !== '=') return null
  at = skip(text, at + 1)
  return at < text.length && !ENDS.test(text[at] ?? '') && text[at] !== '{' && text[at] !== '[' ? at : null
}

/** Quotes and blanks, a few of them: names and values are written close together. */
function skip(text: string, from: number): number {
  let at = from
  while (at < text.length && at - from < 8 && BETWEEN.test(text[at] ?? '')) at += 1
  return at
}

/** After an opening quote the next one that is not escaped ends the value, else the next separator. */
function valueEnd(text: string, start: number): number {
  const quote = text[start - 1]
  let at = start
  if ((quote === '"' || quote === "'") && text[start - 2] === '\\') {
    // JSON within JSON: the quotes themselves are escaped.
    const end = text.indexOf(`\\${quote}`, start)
    return end < 0 ? text.length : end
  }
  if (quote === '"' || quote === "'") {
    while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1
    return Math.min(at, text.length)
  }
  // "Authorization: Bearer x": the scheme is no secret, what follows is.
  while (at < text.length && !ENDS.test(text[at] ?? '')) at += 1
  const scheme = text.slice(start, at)
  if (/^(?:basic|bearer|digest|token)$/i.test(scheme) && text[at] === ' ') for (at += 1; at < text.length && !ENDS.test(text[at] ?? '');) at += 1
  return at
}
