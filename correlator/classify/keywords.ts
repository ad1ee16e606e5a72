/** Which category the words of a text speak for, and how clearly. */
import { DEFAULT_CATEGORIES, type Category } from './categories.ts'
import { PhraseBook } from './phrases.ts'
import { wordsOf } from './words.ts'

/** What a classifier says: the best category, how sure it is, 0 to 1, and the words it rests on. */
export interface Guess {
  readonly category: Category
  readonly confidence: number
  readonly reason: string
}

/** A word of the title says more of the matter than one of the message. */
const TITLE_WEIGHT = 2
/** A score that stands for a lone usual word: less of it is a guess. */
const LONE = 2
const REASONS_MAX = 5

/** Classifies texts by the phrases of the given categories. */
export class KeywordClassifier {
  readonly #book = new PhraseBook<number>()
  readonly #categories: readonly Category[]

  constructor(categories: readonly Category[] = DEFAULT_CATEGORIES) {
    this.#categories = categories
    categories.forEach(({ words }, at) => {
      for (const entry of words) {
        const [, text = entry, weight = '1'] = /^(.*?)\*(\d+)$/.exec(entry) ?? []
        this.#book.add(text, at, Number(weight))
      }
    })
  }

  /** The category that the words speak for; null where none does. */
  classify(title: string, message: string): Guess | null {
    const scores = new Array<number>(this.#categories.length).fill(0)
    const said: (Set<string> | undefined)[] = []
    const read = (text: string, weight: number): void => {
      this.#book.find(wordsOf(text), (phrase) => {
        const word = phrase.words.join(' ')
        const known = (said[phrase.means] ??= new Set())
        // A word that stands there ten times says it once.
        if (known.has(word)) return
        known.add(word)
        scores[phrase.means] = (scores[phrase.means] ?? 0) + weight * phrase.weight
      })
    }
    read(title, TITLE_WEIGHT)
    read(message, 1)
    let best = -1
    let second = 0
    scores.forEach((score, at) => {
      if (score <= 0) return
      if (best < 0 || score > (scores[best] ?? 0)) {
        second = best < 0 ? 0 : scores[best] ?? 0
        best = at
      } else second = Math.max(second, score)
    })
    const category = this.#categories[best]
    if (category === undefined) return null
    const score = scores[best] ?? 0
    const words = [...(said[best] ?? [])].slice(0, REASONS_MAX).map((word) => `"${word}"`).join(', ')
    return { category, confidence: round(score / (score + second + LONE)), reason: `the text says ${words}` }
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
