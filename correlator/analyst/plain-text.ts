/** Text as it may travel: what cannot be seen is taken out, because it hides words from people and rules alike. */

/** Control, formatting (zero-width, bidirectional, tag), private-use and lone surrogate characters; line breaks and tabs stay. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f]|\udb40[\udc00-\udfff]/gu
/** Line and paragraph separators of Unicode. */
const SEPARATORS = /[\u2028\u2029\u0085]/gu

/** The text in compatibility form, without what cannot be seen, at most `maxChars` long. */
export function plainText(text: string, maxChars: number): string {
  // Cut first: normalising may lengthen a text many times over.
  const seen = text.slice(0, maxChars * 2).replace(SEPARATORS, '\n').replace(UNSEEN, (character) => (character === '\n' || character === '\t' ? character : '')).normalize('NFKC')
  return seen.length <= maxChars ? seen : `${seen.slice(0, maxChars - 1)}…`
}
