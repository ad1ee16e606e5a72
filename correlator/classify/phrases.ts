/** Finds phrases among the words of a text in time that does not grow with the number of phrases. */
import { wordsOf } from './words.ts'

/** A phrase that speaks for something. */
export interface Phrase<T> {
  readonly words: readonly string[]
  readonly means: T
  /** How strongly, 1 for a usual word. */
  readonly weight: number
}

/** Phrases by their first word. */
export class PhraseBook<T> {
  readonly #byFirst = new Map<string, Phrase<T>[]>()

  /** Adds a phrase; a longer one says more. Text without a word in it is passed over. */
  add(text: string, means: T, weight = 1): void {
    const words = wordsOf(text)
    const [first] = words
    if (first === undefined) return
    const phrase = { words, means, weight: weight * words.length }
    const known = this.#byFirst.get(first)
    if (known === undefined) this.#byFirst.set(first, [phrase])
    else known.push(phrase)
  }

  /** Calls back for every phrase found, in the order of the text. */
  find(words: readonly string[], found: (phrase: Phrase<T>) => void): void {
    for (let at = 0; at < words.length; at += 1) {
      const phrases = this.#byFirst.get(words[at] ?? '')
      if (phrases === undefined) continue
      for (const phrase of phrases) if (phrase.words.every((word, i) => words[at + i] === word)) found(phrase)
    }
  }
}
