/** Digits a JSON number needs at least before it can lose its last ones. */
const DIGITS_MIN = 16

/**
 * JSON text with every integer in quotes that a double cannot hold exactly: ids such as Site24x7's `285731000000025126` would become one with
 * their neighbours. What reads a number takes its digits as text too. Texts without such an integer come back as they are.
 */
export function withExactIntegers(text: string): string {
  if (!/\d{16}/.test(text)) return text
  const parts: string[] = []
  let inString = false
  let from = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x22) inString = !inString
    else if (code === 0x5c && inString) index++
    else if (!inString && isNumberPart(code)) {
      const end = endOfNumber(text, index)
      const digits = text.slice(index, end)
      if (isInexact(digits)) {
        parts.push(text.slice(from, index), `"${digits}"`)
        from = end
      }
      index = end - 1
    }
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(from)
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1
  while (end < text.length && isNumberPart(text.charCodeAt(end))) end++
  return end
}

/** A digit, or one of `+ - . E e`. */
function isNumberPart(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e || code === 0x45 || code === 0x65
}

/** True for a legal integer only, so that no mistake of a sender is mended by the quotes. */
function isInexact(digits: string): boolean {
  return digits.length >= DIGITS_MIN && digits.length <= 100 && /^-?[1-9]\d*$/.test(digits) && !Number.isSafeInteger(Number(digits))
}
