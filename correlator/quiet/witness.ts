/**
 * Which problem explains another: a source of an inhibition, or an asset that cannot be reached with the other behind it.
 *
 * A cause explains what begins from a minute before it (the lateness bound: children are often told before their parent) until it ends. An
 * asset is cut off when it cannot be reached, or when all it hangs on is cut off: one of two uplinks that works keeps the rest in sight. Where
 * two problems could explain each other, the one that began first stays in sight; and no chain of explanations ends where it began.
 */
import { holds } from '../../schemas/conditions.ts'
import type { CompanyNode } from '../company-node.ts'
import type { Graph } from '../graph.ts'
import type { ProblemNode } from '../problem-node.ts'
import type { ReadyInhibition } from '../rules/rule-book.ts'
import { LATENESS_MS } from '../score.ts'
import { isCircular } from './components.ts'
import { ofAssetKey, ofParentKey, unreachableKey } from './key-names.ts'
import { inhibitionKey, isDependencyOn, labelParents } from './keys.ts'
import { beganBefore, type CauseItem } from './quiet-index.ts'

/** Steps that are followed along the graph, both ways. */
const STEPS_MAX = 8
/** Assets that are looked at for one problem: beyond them it is not behind anything. */
const LOOKS_MAX = 64
/** Causes under one key that are asked, oldest first. */
const CAUSES_ASKED = 256
/** Assets that are looked at for what hangs on a cause. */
const REACH_MAX = 20_000
const CHAIN_MAX = 64

/** What explains a problem, and until when: infinite while it fires. */
export interface Witness {
  readonly problem: ProblemNode
  readonly endMs: number
}

/** For whom and when is asked. `atMs`: when the problem began, or would if it were told now; `nowMs`: the log's time. */
export interface Question {
  readonly company: CompanyNode
  readonly problem: ProblemNode
  readonly atMs: number
  readonly nowMs: number
}

type Walk = Question & { looks: number }

/** The source of an inhibition that explains a problem; null where none does. */
export function inhibitor(question: Question, rule: ReadyInhibition): Witness | null {
  const { company, problem } = question
  const isSource = holds(rule.source, problem.state.problem)
  const fits = ({ problem: cause }: CauseItem): boolean => !isSource || !holds(rule.target, cause.state.problem) || beganBefore(cause, problem)
  return best(question, company.quiet.causes(inhibitionKey(rule, problem)), fits)
}

/** The asset that cannot be reached and has the problem behind it; null where there is none. */
export function cutOffBy(question: Question): Witness | null {
  const { company, problem } = question
  if (!isDependencyOn(company)) return null
  const parents = parentsOf(company, problem)
  if (parents.length === 0) return null
  return all({ ...question, looks: 0 }, parents, new Set(problem.asset === null ? [] : [problem.asset]), 1)
}

function parentsOf({ graph }: CompanyNode, problem: ProblemNode): readonly string[] {
  const named = labelParents(problem)
  const needed = graph === null || problem.asset === null ? [] : graph.carriers(problem.asset)
  return named.length === 0 ? needed : [...new Set([...named, ...needed])]
}

/** The witness of the first asset where all are cut off; it holds as long as each of theirs. */
function all(walk: Walk, assets: readonly string[], path: ReadonlySet<string>, step: number): Witness | null {
  let first: Witness | null = null
  for (const asset of assets) {
    const witness = path.has(asset) ? null : cut(walk, asset, path, step)
    if (witness === null) return null
    first = first === null ? witness : { problem: first.problem, endMs: Math.min(first.endMs, witness.endMs) }
  }
  return first
}

function cut(walk: Walk, asset: string, path: ReadonlySet<string>, step: number): Witness | null {
  const { company, problem } = walk
  walk.looks += 1
  if (walk.looks > LOOKS_MAX) return null
  const own = best(walk, company.quiet.causes(unreachableKey(asset)), ({ problem: cause }) => mayHide(company, cause, problem))
  if (own !== null) return own
  const needed = step >= STEPS_MAX ? [] : company.graph?.carriers(asset) ?? []
  return needed.length === 0 ? null : all(walk, needed, new Set([...path, asset]), step + 1)
}

/** Of assets that depend on each other only the one that failed first may hide the other. */
function mayHide({ graph }: CompanyNode, cause: ProblemNode, problem: ProblemNode): boolean {
  if (cause.asset === null || problem.asset === null) return true
  const isMutual = isCircular(graph, cause.asset, problem.asset) || labelParents(cause).includes(problem.asset)
  return !isMutual || beganBefore(cause, problem)
}

/** The one that is named already while it fires, else the oldest that fires, else the last to end. */
function best({ company, problem, atMs, nowMs }: Question, causes: readonly CauseItem[], fits: (cause: CauseItem) => boolean): Witness | null {
  const named = problem.state.suppression?.byProblemKey ?? null
  let found: Witness | null = null
  const asked = Math.min(causes.length, CAUSES_ASKED)
  for (let i = 0; i < asked; i += 1) {
    const cause = causes[i] as CauseItem
    const { problem: other } = cause
    if (cause.firstAtMs - LATENESS_MS > atMs) break
    const { endMs } = other
    if (isOne(other, problem) || endMs < atMs || endMs + LATENESS_MS < nowMs) continue
    const isNamed = other.isFiring && other.state.problem.problemKey === named
    if (found !== null && endMs <= found.endMs && !isNamed) continue
    if (!fits(cause) || leadsTo(company, other, problem)) continue
    found = { problem: other, endMs }
    if (other.isFiring && (named === null || isNamed)) break
  }
  return found
}

/** A problem may also be asked for as it would be after an event. */
function isOne(a: ProblemNode, b: ProblemNode): boolean {
  return a.state.problem.problemKey === b.state.problem.problemKey
}

/** True when what explains a problem is in the end explained by the other one; so too for a chain too long to follow. */
function leadsTo(company: CompanyNode, from: ProblemNode, to: ProblemNode): boolean {
  let at: ProblemNode | undefined = from
  for (let step = 0; step < CHAIN_MAX; step += 1) {
    if (at !== undefined && isOne(at, to)) return true
    const key: string | null | undefined = at?.state.suppression?.byProblemKey
    if (key == null) return false
    at = company.problems.get(key)
  }
  return true
}

/** The problem at the end of the chain that explains a problem: it stands in an incident, or is kept quiet for a reason of its own. */
export function rootOf(company: CompanyNode, problem: ProblemNode): ProblemNode {
  let at = problem
  for (let step = 0; step < CHAIN_MAX; step += 1) {
    const key = at.state.suppression?.byProblemKey
    const above = key == null ? undefined : company.problems.get(key)
    if (above === undefined) break
    at = above
  }
  return at
}

/** What a cause that begins may explain by one of its keys: placed problems, and those whose own cause has just ended; oldest first. */
export function reachOf({ quiet, graph }: CompanyNode, cause: ProblemNode, keys: readonly string[]): readonly ProblemNode[] {
  const found = new Set<ProblemNode>()
  const take = (key: string): void => {
    for (const problem of quiet.open(key)) if (problem !== cause) found.add(problem)
  }
  for (const key of keys) {
    if (cause.asset === null || key !== unreachableKey(cause.asset)) take(key)
    else behind(graph, cause.asset, take)
  }
  return [...found].sort((a, b) => (beganBefore(a, b) ? -1 : 1))
}

/** What a cause may no longer explain once it has ended: what names it, and what hangs on its asset among others; oldest first. */
export function heldBy({ quiet, graph }: CompanyNode, cause: ProblemNode, keys: readonly string[]): readonly ProblemNode[] {
  const found = new Set(quiet.explainedBy(cause.state.problem.problemKey))
  if (cause.asset !== null && keys.includes(unreachableKey(cause.asset))) {
    behind(graph, cause.asset, (key) => {
      for (const problem of quiet.behind(key)) found.add(problem)
    })
  }
  return [...found].sort((a, b) => (beganBefore(a, b) ? -1 : 1))
}

/** Everything that hangs on an asset, step by step. */
function behind(graph: Graph | null, asset: string, take: (key: string) => void): void {
  const seen = new Set([asset])
  let ring = [asset]
  for (let step = 1; step <= STEPS_MAX && ring.length > 0; step += 1) {
    const next: string[] = []
    for (const name of ring) {
      take(ofParentKey(name))
      for (const other of graph?.carried(name) ?? []) {
        if (seen.has(other) || seen.size >= REACH_MAX) continue
        seen.add(other)
        take(ofAssetKey(other))
        next.push(other)
      }
    }
    ring = next
  }
}
