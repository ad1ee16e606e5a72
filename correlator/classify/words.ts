/** Words of a text, for rules and for learning: lower case, letters only, so that measured values and ids say nothing. */

/** At most so many characters of a text are read, and so many words kept. */
const TEXT_CHARS = 2_000
const WORDS_MAX = 200
const WORD = /[a-z][a-z'-]*[a-z]|[^\x00-\x7f]+/g

/** The words of a text in their order; `e-mail` and `clean-up` lose their hyphens, camel case and underscores part words. */
export function wordsOf(text: string): string[] {
  const plain = text.slice(0, TEXT_CHARS).replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ').toLowerCase()
  const words: string[] = []
  for (const [word] of plain.matchAll(WORD)) {
    if (words.length >= WORDS_MAX) break
    words.push(word.replace(/['-]/g, ''))
  }
  return words
}
