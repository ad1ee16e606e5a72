/**
 * A dependency graph read off alerts of the past: where trouble on one asset keeps following trouble on another, it is taken to depend on it. A suggestion: people look
 * at it and post it, or not. What always fires together with everything, or too seldom to tell, gives no edge.
 */
import { AppError } from '../schemas/errors.ts'
import type { TopologyEdge } from '../schemas/records.ts'
import { deduplicator, type Deduplicate } from './backtest-problems.ts'
import { inOrder, type BacktestOptions } from './backtest.ts'
import { CauseLearner } from './insight/co-occurrence.ts'

/** How often one must have followed the other. */
const SUPPORT_MIN = 4
/** And how many times more often than by chance. */
const LIFT_MIN = 5
/** And in which share of the times. */
const CONFIDENCE_MIN = 0.5
const EDGES_MAX = 20_000

/** An edge with the figures it rests on. */
export interface LearnedEdge extends TopologyEdge {
  /** Times that trouble on `to` was followed by trouble on `from` within a minute. */
  readonly support: number
  readonly confidence: number
  readonly lift: number
}

/** A graph in the form that `aw topology` and `aw backtest --topology` take, strongest edges first. */
export interface LearnedTopology {
  readonly nodes: readonly { readonly id: string }[]
  readonly edges: readonly LearnedEdge[]
}

/** Learns from the beginnings of problems; repeats teach nothing. Throws `bad_request` where the alerts are of several companies: a graph is one company's. */
export async function learnTopology({ alerts, deduplicate = deduplicator() }: { readonly alerts: BacktestOptions['alerts']; readonly deduplicate?: Deduplicate }): Promise<LearnedTopology> {
  const learner = new CauseLearner()
  let company: string | null = null
  let position = 0
  for await (const alert of inOrder(alerts)) {
    if (company !== null && alert.company !== company) throw new AppError('bad_request', `the alerts are of ${company} and of ${alert.company}; a graph is one company's, so give a file of one`)
    company = alert.company
    const atMs = Date.parse(alert.ts)
    for (const event of deduplicate(alert, atMs, (position += 1)).events) {
      if ((event.change === 'opened' || event.change === 'reopened') && event.asset !== null) learner.take({ asset: alert.company, kind: event.asset, atMs })
    }
  }
  const edges = learner.rules({ support: SUPPORT_MIN, lift: LIFT_MIN }).filter(({ confidence }) => confidence >= CONFIDENCE_MIN).slice(0, EDGES_MAX)
    .map(({ cause, effect, support, confidence, lift }): LearnedEdge => ({ from: effect, to: cause, kind: 'learned', support, confidence: round(confidence), lift: round(lift) }))
  return { nodes: [...new Set(edges.flatMap(({ from, to }) => [from, to]))].sort().map((id) => ({ id })), edges }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
