/**
 * Learns from the order of alerts which kind of trouble brings which other about: "B follows A on the same asset or one next to it". Fed one alert after the other
 * in order of time; bounded; of equal times the order makes no difference. Offline for now: a backtest may learn, the live engine does not yet.
 */

/** A follower within this long makes a pair likely. */
const NEAR_MS = 60_000
/** Which of two came first is counted over this long. */
const WINDOW_MS = 300_000
const KINDS_MAX = 1_000
const PAIRS_MAX = 100_000
const ASSETS_MAX = 20_000
/** Occurrences remembered on one asset. */
const RECENT_MAX = 64
/** Followers told of one occurrence. */
const FOLLOWERS_MAX = 64

/** One alert, as far as the learner needs it. */
export interface Occurrence {
  readonly asset: string
  readonly kind: string
  readonly atMs: number
}

/** What is learned: `cause` brings `effect` about. */
export interface CauseRule {
  readonly cause: string
  readonly effect: string
  /** Occurrences of the cause that the effect followed within a minute. */
  readonly support: number
  /** Their share of all occurrences of the cause. */
  readonly confidence: number
  /** How many times more often than by chance. */
  readonly lift: number
}

interface Recent {
  readonly kind: string
  readonly atMs: number
  /** Kinds that followed it. */
  readonly followers: Set<string>
}

interface Pair {
  near: number
  within: number
}

/** Counts who follows whom. */
export class CauseLearner {
  readonly #neighbours: (asset: string) => readonly string[]
  readonly #kinds = new Map<string, number>()
  readonly #pairs = new Map<string, Map<string, Pair>>()
  /** Least recently heard first. */
  readonly #recent = new Map<string, Recent[]>()
  #pairCount = 0
  #firstMs = Number.POSITIVE_INFINITY
  #lastMs = Number.NEGATIVE_INFINITY
  #assets = 0
  /** Alerts left out because a limit was reached. */
  leftOut = 0

  /** `neighbours`: the assets next to one in the topology. */
  constructor(neighbours: (asset: string) => readonly string[] = () => []) {
    this.#neighbours = neighbours
  }

  /** Takes the next alert; it must not be earlier than the one before. */
  take({ asset, kind, atMs }: Occurrence): void {
    const known = this.#kinds.get(kind)
    if (known === undefined && this.#kinds.size >= KINDS_MAX) {
      this.leftOut += 1
      return
    }
    this.#kinds.set(kind, (known ?? 0) + 1)
    this.#firstMs = Math.min(this.#firstMs, atMs)
    this.#lastMs = Math.max(this.#lastMs, atMs)
    const now: Recent = { kind, atMs, followers: new Set() }
    for (const place of [asset, ...this.#neighbours(asset)]) {
      for (const before of this.#recent.get(place) ?? []) {
        if (atMs - before.atMs > WINDOW_MS || before.kind === kind) continue
        this.#follow(before, now)
        if (before.atMs === atMs) this.#follow(now, before)
      }
    }
    this.#remember(asset, now)
  }

  /**
   * The rules found, strongest first. Of two kinds that follow each other the one that more often comes first is the cause: trouble that two kinds share by chance
   * goes both ways, and a cause goes one way. `least`: support and lift that a rule needs.
   */
  rules(least: { readonly support: number; readonly lift: number } = { support: 3, lift: 1 }): CauseRule[] {
    const rules: CauseRule[] = []
    const spanMs = Math.max(1, this.#lastMs - this.#firstMs)
    for (const [cause, effects] of this.#pairs) {
      const count = this.#kinds.get(cause) ?? 0
      for (const [effect, { near, within }] of effects) {
        const back = this.#pairs.get(effect)?.get(cause)
        if (back !== undefined && (back.within > within || (back.within === within && cause > effect))) continue
        const confidence = near / Math.max(1, count)
        const byChance = 1 - Math.exp((-(this.#kinds.get(effect) ?? 0) * NEAR_MS) / (Math.max(1, this.#assets) * spanMs))
        const lift = confidence / Math.max(byChance, Number.MIN_VALUE)
        if (near >= least.support && lift >= least.lift) rules.push({ cause, effect, support: near, confidence, lift })
      }
    }
    return rules.sort((a, b) => b.confidence - a.confidence || (a.cause + a.effect < b.cause + b.effect ? -1 : 1))
  }

  /** Alerts come in order of time, so the first time that a kind follows an occurrence is also the nearest. */
  #follow(before: Recent, after: Recent): void {
    if (before.followers.has(after.kind) || before.followers.size >= FOLLOWERS_MAX) return
    before.followers.add(after.kind)
    let effects = this.#pairs.get(before.kind)
    if (effects === undefined) {
      effects = new Map()
      this.#pairs.set(before.kind, effects)
    }
    let pair = effects.get(after.kind)
    if (pair === undefined) {
      if (this.#pairCount >= PAIRS_MAX) {
        this.leftOut += 1
        return
      }
      this.#pairCount += 1
      pair = { near: 0, within: 0 }
      effects.set(after.kind, pair)
    }
    pair.within += 1
    if (after.atMs - before.atMs <= NEAR_MS) pair.near += 1
  }

  #remember(asset: string, now: Recent): void {
    let recent = this.#recent.get(asset)
    if (recent === undefined) {
      recent = []
      this.#assets += 1
      const oldest = this.#recent.size < ASSETS_MAX ? undefined : this.#recent.keys().next().value
      if (oldest !== undefined) this.#recent.delete(oldest)
    } else this.#recent.delete(asset)
    this.#recent.set(asset, recent)
    while (recent.length >= RECENT_MAX || (recent[0] !== undefined && now.atMs - recent[0].atMs > WINDOW_MS)) recent.shift()
    recent.push(now)
  }
}
