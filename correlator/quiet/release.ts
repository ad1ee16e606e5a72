/**
 * Ends suppressions: by the log's time, and when the rule book or the topology changes. What still fires is placed. It is compared as if it had
 * begun when it was released, because nobody could know of it before; a hold alone delays only the telling, so after it the true onset counts.
 * Whatever is due at one moment is judged first, and then placed in the order in which it began.
 */
import type { Suppression } from '../../schemas/records.ts'
import type { CompanyNode } from '../company-node.ts'
import type { IncidentNode } from '../incident-node.ts'
import { began } from '../insight/patterns.ts'
import { placeReleased } from '../problems.ts'
import type { ProblemNode } from '../problem-node.ts'
import { SILENT_AFTER_MS } from '../retirement.ts'
import type { Cause, World } from '../world.ts'
import { enterAll } from './enter-all.ts'
import { free, hold, isSame, notePlaced } from './keep.ts'
import { quietDueMs } from './held-queue.ts'
import { judge } from './judge.ts'
import { beganBefore } from './quiet-index.ts'
import { leaveHome } from './stand.ts'

/**
 * Does what is due before `now`. Not what is due just now: another partition may yet tell of the same moment that the problem is over, and what was told in
 * time must count whichever is read first.
 */
export function releaseDue(world: World, position: number): void {
  while (world.held.firstMs < world.upstream.nowMs) {
    const dueMs = world.held.firstMs
    const due: ProblemNode[] = []
    for (const problem of world.held.takeFirst()) {
      if (problem.state.suppression === null || world.company(problem.state.problem.companyId).problems.get(problem.state.problem.problemKey) !== problem) continue
      if (quietDueMs(problem) === dueMs) due.push(problem)
      else if (quietDueMs(problem) > dueMs) world.held.want(problem)
    }
    for (const [companyId, problems] of Map.groupBy(due, ({ state }) => state.problem.companyId)) {
      const company = world.company(companyId)
      const leaving = problems.filter(({ isFiring, state }) => !isFiring || state.problem.lastAtMs + SILENT_AFTER_MS <= dueMs)
      for (const problem of leaving) {
        if (problem.isFiring) company.firing -= 1
        world.dropProblem(company, problem)
      }
      const rest = problems.filter((problem) => !leaving.includes(problem))
      releaseAll(world, company, rest, { position, atMs: dueMs, cause: 'time', causeId: null }, (problem) => judge({ company, problem, atMs: dueMs, nowMs: world.upstream.nowMs }))
    }
  }
}

/** Judges everything anew that a company keeps quiet, after its rules or its topology have changed. What is placed already stays where it is. */
export function rejudgeCompany(world: World, company: CompanyNode, position: number): void {
  const { nowMs } = world.upstream
  enterAll(company, nowMs)
  const kept = [...company.quiet.kept].filter(({ isFiring }) => isFiring)
  releaseAll(world, company, kept, { position, atMs: nowMs, cause: 'time', causeId: null }, (problem) => {
    const sinceMs = problem.state.suppression?.sinceMs ?? problem.onsetMs
    return judge({ company, problem, atMs: sinceMs, nowMs }) ?? judge({ company, problem, atMs: Math.max(sinceMs, nowMs), nowMs })
  })
}

function releaseAll(world: World, company: CompanyNode, problems: readonly ProblemNode[], by: Cause, again: (problem: ProblemNode) => Suppression | null): void {
  const leaving: { readonly problem: ProblemNode; readonly held: Suppression }[] = []
  const homes = new Set<IncidentNode>()
  for (const problem of [...problems].sort((a, b) => (beganBefore(a, b) ? -1 : 1))) {
    const { state } = problem
    const held = state.suppression
    if (held === null) continue
    const verdict = again(problem)
    if (verdict !== null && isSame(held, verdict)) continue
    if (held.kind !== 'hold') state.releasedAtMs = Math.max(by.atMs, state.problem.firstAtMs)
    const home = leaveHome(problem)
    if (home !== null) homes.add(home)
    problem.settleOnset()
    if (verdict === null) leaving.push({ problem, held })
    else hold(world, company, problem, verdict, by)
  }
  for (const home of homes) company.reindex(home)
  for (const { problem } of leaving) free(company, problem)
  for (const { problem, held } of leaving) {
    placeReleased(world, company, problem, held, { ...by, causeId: problem.state.problem.problemKey })
    notePlaced(world, company, problem)
    // What was held began when it did; a window that closes makes no storm.
    if (held.kind === 'hold') began(world, company, problem, { ...by, causeId: problem.state.problem.problemKey })
  }
}
