/**
 * Scores a pair of problems. Only what two problems say of themselves counts, never totals of an incident, and the score is the same
 * both ways, so the grouping does not depend on which of them was seen first.
 */
import type { Evidence, Feature } from '../schemas/records.ts'
import type { Graph } from './graph.ts'
import { labelOverlap } from './labels.ts'
import type { ProblemNode } from './problem-node.ts'
import type { Tuning } from './settings.ts'
import { similarity } from './text.ts'

/** Problems that began within this time of each other are as near as can be: the lateness bound of the design. */
export const LATENESS_MS = 60_000

/** Assets of a site that cannot be reached from so near a time on were cut off by one thing. */
const OUTAGE_MS = 2 * 60_000

/** Value of a relation in the graph by steps. */
const BY_STEPS = [0, 1, 0.7, 0.5] as const
const NAMED = 1
const BOTH_NAME = 0.7
const SAME_SERVICE = 0.7
/** Words in common from which another tool says the same although its signature reads differently. */
const SAME_WORDS = 0.5

/** Nearness at the end of the window. */
const NEARNESS_LAST = 0.7

/** So many spans are the end of the reach at least, however short the span is. */
const REACH_SPANS = 2

/**
 * 1 for problems that began within the span of each other, falling to 0.7 at the end of their reach, 0 beyond it. The reach is the window
 * where things are quiet, and shrinks with the square of the span where they are not.
 */
export function nearness(apartMs: number, windowMs: number, spanMs: number): number {
  if (apartMs > windowMs) return 0
  if (apartMs <= spanMs) return 1
  const share = Math.min(1, spanMs / LATENESS_MS)
  const reachMs = Math.min(windowMs, Math.max(REACH_SPANS * spanMs, windowMs * share * share))
  if (apartMs > reachMs) return 0
  return 1 - ((1 - NEARNESS_LAST) * (apartMs - spanMs)) / Math.max(1, reachMs - spanMs)
}

/**
 * How far apart in time two problems are: their beginnings, as what one fault breaks breaks together. Another tool that says the same of the same
 * asset may say it later, while the other still does: then only the pause between the two counts, and one as short as the lateness bound is none.
 */
export function apartMs(a: ProblemNode, b: ProblemNode, isSame: boolean): number {
  const [first, second] = a.onsetMs <= b.onsetMs ? [a, b] : [b, a]
  return isSame ? Math.max(0, Math.min(second.onsetMs - first.onsetMs, second.onsetMs - first.endMs - LATENESS_MS)) : second.onsetMs - first.onsetMs
}

const spanOf = (a: ProblemNode, b: ProblemNode): number => (a.spanMs > b.spanMs ? a.spanMs : b.spanMs)

/** True when two assets in one connected part of the graph have problems that began together. */
function beganTogether(a: ProblemNode, b: ProblemNode, graph: Graph | null): boolean {
  if (graph === null || a.asset === null || b.asset === null || Math.abs(a.onsetMs - b.onsetMs) > spanOf(a, b)) return false
  const part = graph.part(a.asset)
  return part !== null && part === graph.part(b.asset)
}

/** How far two different assets are related: 1 a label of one names the other or one step in the graph, less further away and for a service or a third asset in common, 0 not at all. */
export function relation(a: ProblemNode, b: ProblemNode, graph: Graph | null): number {
  if (a.assetKey === null || b.assetKey === null) return 0
  let value = a.serviceKey !== null && a.serviceKey === b.serviceKey ? SAME_SERVICE : 0
  const aNames = a.namedKeys
  const bNames = b.namedKeys
  if (aNames.length > 0 || bNames.length > 0) {
    if (aNames.includes(b.assetKey) || bNames.includes(a.assetKey)) return NAMED
    for (const name of aNames) if (bNames.includes(name)) value = Math.max(value, BOTH_NAME)
  }
  if (graph === null || a.asset === null || b.asset === null) return value
  const steps = graph.near(a.asset).get(b.asset) ?? graph.near(b.asset).get(a.asset)
  return steps === undefined ? value : Math.max(value, BY_STEPS[steps] ?? 0)
}

/** The score of two problems, 0 to 1. One that stays below `needed` for certain is told too low: the texts, which are the dearest, are left out. */
export function scorePair(a: ProblemNode, b: ProblemNode, tuning: Tuning, graph: Graph | null, needed: number): number {
  const isSameAsset = a.assetKey !== null && a.assetKey === b.assetKey
  const isSameSignature = a.signatureKey !== null && a.signatureKey === b.signatureKey
  const near = nearness(apartMs(a, b, isSameAsset && isSameSignature && isOtherTool(a, b)), tuning.windowMs, spanOf(a, b))
  if (near === 0) return 0
  const { weights } = tuning
  let score = weights.labels * agreement(a, b, isSameAsset)
  if (isSameAsset) score += weights.same_asset
  else {
    score += weights.related_asset * relation(a, b, graph)
    if (beganTogether(a, b, graph)) score += weights.began_together
  }
  if (isSameSignature) score += weights.same_signature
  if (isSiteOutage(a, b)) score += weights.site_outage
  // Most pairs stop here: no likeness of the texts could lift them over the threshold.
  if (score + weights.text + (isSameAsset ? weights.other_tool : 0) < needed) return score <= 0 ? 0 : score * (1 - weights.nearness * (1 - near))
  const words = similarity(a.sketch, b.sketch)
  score += weights.text * words
  if (isSameAsset && saysTheSame(a, b, isSameSignature, words)) score += weights.other_tool
  return score <= 0 ? 0 : Math.min(1, score) * (1 - weights.nearness * (1 - near))
}

/** True when both say that another asset of one site cannot be reached, and that began at about the same time. */
function isSiteOutage(a: ProblemNode, b: ProblemNode): boolean {
  return a.outageKey !== null && a.outageKey === b.outageKey && a.assetKey !== b.assetKey && Math.abs(a.onsetMs - b.onsetMs) <= OUTAGE_MS
}

/** Labels that differ speak against even the same asset; where two problems of one asset have no labels in common, nothing does. */
function agreement(a: ProblemNode, b: ProblemNode, isSameAsset: boolean): number {
  return labelOverlap(a.labels, b.labels) ?? (isSameAsset ? 1 : 0)
}

/** True when two tools tell of them. */
export function isOtherTool(a: ProblemNode, b: ProblemNode): boolean {
  return a.state.problem.source !== b.state.problem.source
}

function saysTheSame(a: ProblemNode, b: ProblemNode, isSameSignature: boolean, words: number): boolean {
  return isOtherTool(a, b) && (isSameSignature || words >= SAME_WORDS)
}

/** Collects features; what is kept with every problem is a copy of the exact size. */
const scratch: Feature[] = []

/** The same score with every term told. */
export function explainPair(a: ProblemNode, b: ProblemNode, score: number, tuning: Tuning, graph: Graph | null): Evidence {
  const { weights } = tuning
  let size = 0
  const isSameAsset = a.assetKey !== null && a.assetKey === b.assetKey
  const isSameSignature = a.signatureKey !== null && a.signatureKey === b.signatureKey
  const words = similarity(a.sketch, b.sketch)
  const overlap = agreement(a, b, isSameAsset)
  const say = (name: keyof Tuning['weights'], value: number, detail: string): void => {
    scratch[size] = { name, value, weight: weights[name], detail }
    size += 1
  }
  if (isSameAsset) {
    say('same_asset', 1, a.asset ?? '')
    if (saysTheSame(a, b, isSameSignature, words)) say('other_tool', 1, `${a.state.problem.source} and ${b.state.problem.source} agree`)
  } else {
    const related = relation(a, b, graph)
    if (related > 0) say('related_asset', related, `${a.asset ?? ''} and ${b.asset ?? ''}`)
    if (beganTogether(a, b, graph)) say('began_together', 1, `within ${Math.round(spanOf(a, b) / 1000)} s in one connected part of the topology`)
  }
  if (isSameSignature) say('same_signature', 1, a.signature ?? '')
  if (isSiteOutage(a, b)) say('site_outage', 1, `neither can be reached at ${a.labels.location ?? ''}`)
  if (overlap > 0 || (overlap < 0 && !isSameAsset)) say('labels', overlap, overlap < 0 ? 'labels name different places' : 'share of common labels that agree; 1 where one asset has none in common')
  if (words > 0) say('text', words, 'share of words in common')
  const onsetsMs = Math.abs(a.onsetMs - b.onsetMs)
  const near = nearness(apartMs(a, b, isSameAsset && isSameSignature && isOtherTool(a, b)), tuning.windowMs, spanOf(a, b))
  say('nearness', near, `began ${Math.round(onsetsMs / 1000)} s apart; scales the sum of the others`)
  return { rule: 'scored', withProblemKey: b.state.problem.problemKey, score, threshold: tuning.threshold, features: scratch.slice(0, size), ruleId: null, rulesRevision: 0, considered: [] }
}
