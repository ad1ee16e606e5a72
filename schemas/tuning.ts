/** What a search for better settings found. */

/** The settings a search moves. */
export interface TunedSettings {
  readonly windowMs: number
  readonly maxLifeMs: number
  readonly joinThreshold: number
  readonly weights: Readonly<Record<string, number>>
}

/** How well settings did, 0 to 1. */
export interface TunedScore {
  /** By time: the parts the search saw, oldest first; null where a part says nothing. */
  readonly searched: readonly (number | null)[]
  /** Their mean. */
  readonly mean: number
  /** The newest part, which the search never saw; null where it says nothing. */
  readonly keptBack: number | null
}

/** The outcome. Nothing is put in force: a person does that. */
export interface TuneView {
  readonly seed: number
  /** Settings that were tried. */
  readonly evaluations: number
  /** What the score rests on: true incidents, or labels of people. */
  readonly judgedBy: 'truth' | 'labels'
  readonly judged: number
  readonly before: TunedScore
  readonly after: TunedScore
  /** Better where it searched, and not worse on what was kept back. */
  readonly isBetter: boolean
  readonly settings: TunedSettings
}
