/** Names the asset of an incident that is most likely at fault, says why, and tells how it came from there to the others. */
import type { ChainLink, RootCause } from '../../schemas/records.ts'
import type { Graph, LinkKind } from '../graph.ts'
import type { ProblemNode } from '../problem-node.ts'
import { cut } from '../text.ts'
import { blame, type Blame } from './blame.ts'
import { beganMs, suspectsOf, type Suspect } from './suspects.ts'

/** Steps of a chain that are told at most. */
export const CHAIN_MAX = 12
const NAME_CHARS = 256
const KEY_CHARS = 300
const NAMES_TOLD = 3
/** Longest name within a sentence. */
const TOLD_CHARS = 120

/** A root cause with what its chain rests on. */
export interface Verdict {
  readonly rootCause: RootCause
  /** The assets that the graph ties to it, cause first, nearest first and then by time, each with the one before it. */
  readonly path: readonly Step[]
  /** Assets that were weighed. */
  readonly suspects: number
  /** Assets that alert; more than were weighed in a large storm. */
  readonly assets: number
}

/** One asset on the way from the cause. */
export interface Step {
  readonly suspect: Suspect
  /** The asset whose trouble reached it; null for the cause itself. */
  readonly from: Suspect | null
  readonly kind: LinkKind
}

/** Judges the problems of an incident; null where none has an asset. A pure function of the problems, in whatever order, and of the graph. */
export function judge(problems: Iterable<ProblemNode>, graph: Graph | null): Verdict | null {
  const { suspects, assets } = suspectsOf(problems)
  const [only] = suspects
  if (only === undefined) return null
  const found = blame(suspects, graph)
  let best = 0
  let second = -1
  found.scores.forEach((score, i) => {
    if (i === 0) return
    if (score > (found.scores[best] ?? 0)) [best, second] = [i, best]
    else if (second < 0 || score > (found.scores[second] ?? 0)) second = i
  })
  const cause = suspects[best] ?? only
  const path = pathFrom(best, suspects, found)
  const next = second < 0 ? null : suspects[second] ?? null
  const [score, nextScore] = [found.scores[best] ?? 0, second < 0 ? 0 : found.scores[second] ?? 0]
  const rootCause: RootCause = {
    asset: cut(cause.name, NAME_CHARS),
    confidence: next === null ? ONLY_ONE : confidenceOf(score, nextScore),
    reason: reasonOf(cause, next, suspects, assets, path, found),
    chain: path.length < 2 ? [] : path.slice(0, CHAIN_MAX).map(linkOf),
  }
  return { rootCause, path, suspects: suspects.length, assets }
}

/** With one asset only, the cause may still lie in something that nobody watches. */
export const ONLY_ONE = 0.6

/** From 0.35 where the next one shows as much to 0.8 where it shows nothing: over four labelled sets 0.3 to 0.5 and 0.6 to 0.8 of such verdicts are right. */
function confidenceOf(score: number, next: number): number {
  return score <= 0 ? 0.35 : Math.round((0.35 + 0.45 * (1 - next / score)) * 100) / 100
}

/** Everything that depends on the cause, over any number of steps, breadth first. */
function pathFrom(best: number, suspects: readonly Suspect[], { needs }: Blame): Step[] {
  const dependants = suspects.map((): { i: number; kind: LinkKind }[] => [])
  needs.forEach((list, i) => {
    for (const { on, kind } of list) dependants[on]?.push({ i, kind })
  })
  const cause = suspects[best]
  if (cause === undefined) return []
  const steps: Step[] = [{ suspect: cause, from: null, kind: 'depends' }]
  const seen = new Set([best])
  let ring = [best]
  while (ring.length > 0) {
    const reached: { i: number; step: Step }[] = []
    for (const from of ring) {
      for (const { i, kind } of dependants[from] ?? []) {
        const suspect = suspects[i]
        if (suspect === undefined || seen.has(i)) continue
        seen.add(i)
        reached.push({ i, step: { suspect, from: suspects[from] ?? null, kind } })
      }
    }
    reached.sort((a, b) => beganMs(a.step.suspect.first) - beganMs(b.step.suspect.first) || (a.step.suspect.asset < b.step.suspect.asset ? -1 : 1))
    steps.push(...reached.map(({ step }) => step))
    ring = reached.map(({ i }) => i)
  }
  return steps
}

const VERBS: Readonly<Record<LinkKind, string>> = { depends: 'depends on', hosted: 'runs on', instance: 'has the instance', beside: 'stands beside', behind: 'cannot be reached at the site of' }

function linkOf({ suspect, from, kind }: Step): ChainLink {
  const { first, name } = suspect
  const atMs = beganMs(first)
  return {
    asset: cut(name, NAME_CHARS), problemKey: cut(first.state.problem.problemKey, KEY_CHARS), atMs,
    because: from === null ? 'most likely at fault' : `${cut(name, TOLD_CHARS)} ${VERBS[kind]} ${cut(from.name, TOLD_CHARS)}, and began ${apart(atMs - beganMs(from.first))}`,
  }
}

function apart(ms: number): string {
  if (Math.abs(ms) < 1_000) return 'at the same time'
  return `${Math.round(Math.abs(ms) / 1_000)} s ${ms > 0 ? 'later' : 'earlier'}`
}

function reasonOf(cause: Suspect, next: Suspect | null, suspects: readonly Suspect[], assets: number, path: readonly Step[], { services }: Blame): string {
  if (next === null) return `all problems with an asset are on ${cut(cause.name, NAME_CHARS)}`
  const all = suspects.reduce((sum, { problems }) => sum + problems, 0)
  const said = [`${cause.problems} of ${all} problems ${assets > suspects.length ? `of the ${suspects.length} assets with the most evidence` : `of ${assets} assets`} are on it`]
  const leadMs = Math.min(...suspects.filter((suspect) => suspect !== cause).map(({ first }) => beganMs(first))) - beganMs(cause.first)
  said.push(leadMs > 0 ? `it began first, ${apart(leadMs).replace(' later', '')} before the others` : leadMs === 0 ? 'it began with the first' : `it began ${apart(-leadMs)} than the first`)
  if (cause.fresh > 0) said.push(cause.fresh === cause.problems ? 'none of them was seen there before' : `${cause.fresh} of them ${cause.fresh === 1 ? 'was' : 'were'} not seen there before`)
  const direct = path.filter(({ from }) => from === cause).map(({ suspect }) => suspect)
  if (direct.length > 0) said.push(`${named(direct)} ${direct.length === 1 ? 'relies' : 'rely'} on it`)
  const own = new Set(services[suspects.indexOf(cause)])
  const siblings = suspects.filter((suspect, i) => suspect !== cause && (services[i] ?? []).some((service) => own.has(service)))
  if (siblings.length > 0) said.push(`its service also fails on ${named(siblings)}`)
  return `${said.join('; ')}; next in line is ${cut(next.name, NAME_CHARS)}`
}

function named(suspects: readonly Suspect[]): string {
  const names = suspects.slice(0, NAMES_TOLD).map(({ name }) => cut(name, TOLD_CHARS))
  return suspects.length > NAMES_TOLD ? `${names.join(', ')} and ${suspects.length - NAMES_TOLD} more` : names.join(', ')
}
