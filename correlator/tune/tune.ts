/** Searches settings over alerts of the past, by replaying them again and again. */
import { AppError } from '../../schemas/errors.ts'
import type { Label } from '../../schemas/labels.ts'
import type { TopologyEdge } from '../../schemas/records.ts'
import type { TunedSettings, TuneView } from '../../schemas/tuning.ts'
import type { BacktestAlert, Deduplicated } from '../backtest-problems.ts'
import { Replay, type BacktestLine, type ReplaySettings } from '../replay.ts'
import { DEFAULT_TUNING } from '../settings.ts'
import { labelJudge, truthJudge } from './judges.ts'
import { PARTS, search } from './search.ts'

/** An alert as deduplication made it; the same for all settings, so it is made once. */
export interface TuneStep {
  readonly alert: Pick<BacktestAlert, 'id' | 'company' | 'asset' | 'signature' | 'severity'>
  readonly atMs: number
  readonly deduplicated: Deduplicated
}

/** What to tune. */
export interface TuneOptions {
  /** In order of time. */
  readonly steps: readonly TuneStep[]
  readonly edges: readonly TopologyEdge[]
  /** In force: what the search starts from, and what it leaves alone (rules, other names). */
  readonly settings: ReplaySettings
  /** The true incident of each alert id, null for noise; or what people corrected. */
  readonly by: { readonly truth: ReadonlyMap<string, string | null> } | { readonly labels: readonly Label[] }
  readonly seed: number
  readonly evaluations: number
  readonly onTried?: (tried: number) => void
}

/** Fewer than two in each part of the time say nothing about others. */
const JUDGED_MIN = PARTS * 2

/** Tunes. Throws `conflict` where there is too little to judge by. */
export function tune({ steps, edges, settings, by, seed, evaluations, onTried }: TuneOptions): TuneView {
  const linesOf = (tried: ReplaySettings): readonly BacktestLine[] => {
    const replay = new Replay(edges, { ...settings, ...tried })
    for (const { alert, atMs, deduplicated } of steps) replay.take(alert, atMs, deduplicated)
    return [...replay.lines()]
  }
  const judge = 'truth' in by
    ? truthJudge(steps.map(({ alert }) => by.truth.get(alert.id) ?? null))
    : labelJudge(steps.map(({ atMs, deduplicated: { problemKey } }) => ({ problemKey, atMs })), by.labels, linesOf({}))
  const judgedBy = 'truth' in by ? 'truth' : 'labels'
  if (judge.judged < JUDGED_MIN) {
    throw new AppError('conflict', `there ${judge.judged === 1 ? 'is' : 'are'} only ${judge.judged} ${judgedBy === 'truth' ? 'true incidents' : 'corrections by people'} in these alerts; a search needs ${JUDGED_MIN}`)
  }
  const { threshold, windowMs, maxLifeMs, weights } = DEFAULT_TUNING
  const start: TunedSettings = {
    windowMs: settings.windowMs ?? windowMs, maxLifeMs: settings.maxLifeMs ?? maxLifeMs, joinThreshold: settings.joinThreshold ?? threshold, weights: { ...weights, ...settings.weights },
  }
  const evaluate = ({ weights: triedWeights, ...tried }: TunedSettings): readonly number[] => judge.scores(linesOf({ ...tried, weights: { ...triedWeights } }))
  const found = search({ start, evaluate, seed, evaluations, ...(onTried === undefined ? {} : { onTried }) })
  return { seed, judgedBy, judged: judge.judged, ...found }
}
