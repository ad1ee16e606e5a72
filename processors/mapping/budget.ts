/** What evaluating may cost. Steps are counted, never time, so that a replay ends where the first run did. */

/** Characters read or made that count as one step. */
const CHARS_PER_STEP = 16

/** An expression that cannot be evaluated: a wrong kind of value, or a spent budget. The message is for whoever wrote the expression. */
export class EvaluationError extends Error {
  /** True when the budget is spent: nothing else of the delivery can be evaluated either. */
  readonly isSpent: boolean

  constructor(message: string, isSpent = false) {
    super(message)
    this.name = 'EvaluationError'
    this.isSpent = isSpent
  }
}

/** Steps left for one delivery. Whoever visits, compares or makes something spends first, so that nothing grows beyond the budget. */
export class Budget {
  #limit: number
  #spent = 0
  readonly #keys = new WeakMap<object, readonly string[]>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Steps there are in all. */
  get limit(): number {
    return this.#limit
  }

  /** Steps spent so far, at most the limit. */
  get spent(): number {
    return Math.min(this.#spent, this.#limit)
  }

  /** Throws EvaluationError once more is spent than there is. */
  spend(steps: number): void {
    this.#spent += steps
    if (this.#spent > this.#limit) throw new EvaluationError(`the delivery takes more than ${this.#limit} steps; make the expressions simpler, or have the tool send smaller batches`, true)
  }

  /** Allows so many steps more. */
  grant(steps: number): void {
    this.#limit += steps
  }

  /**
   * The names of an object, listed once and free to ask for again. Listing them anew to see whether an object is empty costs as much as it has names: a payload
   * with 5,000 made a million such steps last 55 s.
   */
  namesOf(value: object): readonly string[] {
    const known = this.#keys.get(value)
    if (known !== undefined) return known
    const names = Object.keys(value)
    this.#keys.set(value, names)
    this.spend(names.length)
    return names
  }

  /** Spends for this many characters. */
  chars(count: number): void {
    this.spend(Math.ceil(count / CHARS_PER_STEP))
  }
}
