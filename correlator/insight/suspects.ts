/**
 * Weighs what each asset of an incident shows for being at fault. A problem tells the more, the more seldom it fired before (an asset
 * that alerts all the time is less suspicious), the fewer other assets of the incident show the same, the more often it repeated, the
 * earlier it began and the more severe it is; it tells less when only a caller saw it, and when it says that less work came in. What is one
 * thing measured many times (`core_1`, `core_2`, …) counts less with each.
 */
import type { Severity } from '../../schemas/records.ts'
import type { ProblemNode } from '../problem-node.ts'
import { isGateway } from '../text.ts'
import { isSecondHand, labelLinksOf, type LabelLink } from './label-links.ts'
import { traitsOf, type Traits } from './traits.ts'

/** Assets that are weighed against each other at most: those with the most evidence. */
export const SUSPECTS_MAX = 256
/** Links by labels of one asset at most. */
const LABEL_LINKS_MAX = 64
/** Onsets this far apart tell the order by two thirds. */
const ONSET_MS = 60_000
const ONSET_SHARE = 0.3
const SECOND_HAND = 0.1
const FALL = 0.3
const SEVERE: Readonly<Record<Severity, number>> = { critical: 0.5, high: 0.25, medium: 0, low: 0, info: 0, unknown: 0 }
const SHARED_POWER = 0.6
/** Weights are whole numbers, so that sums do not depend on the order of adding. */
const UNITS = 1_000_000

/** One asset and the evidence against it, in whole units. */
export interface Suspect {
  /** Canonical name. */
  readonly asset: string
  /** As its earliest problem spells it. */
  readonly name: string
  readonly problems: number
  readonly alerts: number
  /** Its earliest problem. */
  readonly first: ProblemNode
  /** Problems that had never fired before. */
  readonly fresh: number
  /** All evidence. */
  readonly weight: number
  /** Part of it that may come from what the asset depends on. */
  readonly travelling: number
  /** Part of that which says that the asset cannot be reached. */
  readonly outage: number
  readonly links: readonly LabelLink[]
  /** The site it cannot be reached at; null where nothing says so. */
  readonly cutOffAt: string | null
  /** It is gear that others are reached through. */
  readonly isGateway: boolean
}

interface Family {
  readonly traits: Traits
  readonly weights: number[]
}

interface Tally {
  first: ProblemNode
  problems: number
  alerts: number
  fresh: number
  readonly families: Map<string, Family>
  readonly links: Map<string, LabelLink>
  cutOffAt: string | null
  isGateway: boolean
}

/** The assets of these problems by evidence, most first, at most 256, and how many assets there are. The order of the problems makes no difference. */
export function suspectsOf(problems: Iterable<ProblemNode>): { readonly suspects: readonly Suspect[]; readonly assets: number } {
  const holders = new Map<string, Set<string>>()
  let startMs = Number.POSITIVE_INFINITY
  for (const problem of problems) {
    if (problem.asset === null) continue
    startMs = Math.min(startMs, beganMs(problem))
    const said = saidBy(problem)
    const assets = holders.get(said)
    if (assets === undefined) holders.set(said, new Set([problem.asset]))
    else assets.add(problem.asset)
  }
  const traits = new Map<string, Traits>()
  const tallies = new Map<string, Tally>()
  for (const problem of problems) {
    if (problem.asset === null) continue
    const said = saidBy(problem)
    let trait = traits.get(said)
    if (trait === undefined) {
      trait = traitsOf(said)
      traits.set(said, trait)
    }
    const weight = weightOf(problem, trait, startMs) / (holders.get(said)?.size ?? 1) ** SHARED_POWER
    count(tallies, problem, problem.asset, trait, weight)
  }
  const suspects = Array.from(tallies, ([asset, tally]) => suspectOf(asset, tally))
  return { suspects: suspects.sort((a, b) => b.weight - a.weight || (a.asset < b.asset ? -1 : 1)).slice(0, SUSPECTS_MAX), assets: suspects.length }
}

/** When a problem's present episode began, however long it was held back before anybody was told. */
export function beganMs({ state: { problem } }: ProblemNode): number {
  return problem.firstAtMs
}

function isEarlier(a: ProblemNode, b: ProblemNode): boolean {
  return beganMs(a) !== beganMs(b) ? beganMs(a) < beganMs(b) : a.state.problem.problemKey < b.state.problem.problemKey
}

const saidBy = (problem: ProblemNode): string => problem.state.problem.signature ?? problem.state.problem.title

function weightOf(node: ProblemNode, traits: Traits, startMs: number): number {
  const { problem, countBefore, joinedEpisode } = node.state
  const repeated = 1 + 0.5 * Math.log2(Math.max(1, countBefore + problem.count)) + SEVERE[problem.severity]
  const early = 1 - ONSET_SHARE + ONSET_SHARE * Math.exp((startMs - beganMs(node)) / ONSET_MS)
  return (repeated * early * (isSecondHand(problem.labels) ? SECOND_HAND : 1) * (traits.isFall ? FALL : 1)) / Math.sqrt(Math.max(1, joinedEpisode))
}

function count(tallies: Map<string, Tally>, node: ProblemNode, asset: string, traits: Traits, weight: number): void {
  const { problem, countBefore, joinedEpisode } = node.state
  let tally = tallies.get(asset)
  if (tally === undefined) {
    tally = { first: node, problems: 0, alerts: 0, fresh: 0, families: new Map(), links: new Map(), cutOffAt: null, isGateway: false }
    tallies.set(asset, tally)
  } else if (isEarlier(node, tally.first)) tally.first = node
  tally.problems += 1
  tally.alerts += countBefore + problem.count
  if (joinedEpisode <= 1) tally.fresh += 1
  if (node.outage !== null) {
    if (tally.cutOffAt === null || node.outage < tally.cutOffAt) tally.cutOffAt = node.outage
    tally.isGateway ||= isGateway(asset, `${problem.signature ?? ''} ${problem.title}`)
  }
  const family = tally.families.get(traits.family)
  if (family === undefined) tally.families.set(traits.family, { traits, weights: [weight] })
  else family.weights.push(weight)
  if (node.labels.named.length === 0 && node.labels.service === null && problem.labels.cluster === undefined) return
  for (const link of labelLinksOf(problem.labels, asset)) tally.links.set(`${link.kind} ${link.isReverse} ${link.other}`, link)
}

function suspectOf(asset: string, { first, problems, alerts, fresh, families, links, cutOffAt, isGateway: gateway }: Tally): Suspect {
  let [weight, travelling, outage] = [0, 0, 0]
  for (const { traits, weights } of families.values()) {
    weights.sort((a, b) => b - a)
    let sum = 0
    weights.forEach((each, i) => (sum += each / (i + 1)))
    weight += Math.round(sum * UNITS)
    travelling += Math.round(sum * traits.travels * UNITS)
    if (traits.isOutage) outage += Math.round(sum * UNITS)
  }
  const kept = [...links].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, LABEL_LINKS_MAX).map(([, link]) => link)
  return { asset, name: first.state.problem.asset ?? asset, problems, alerts, first, fresh, weight, travelling, outage, links: kept, cutOffAt, isGateway: gateway }
}
