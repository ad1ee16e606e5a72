/** Ends suppressions: by the log's time, and when the rule book or the topology changes. */
import type { CompanyNode } from '../company-node.ts'
import { placeReleased } from '../problems.ts'
import type { ProblemNode } from '../problem-node.ts'
import { SILENT_AFTER_MS } from '../retirement.ts'
import type { World } from '../world.ts'
import { enterAll } from './enter-all.ts'
import { quietDueMs } from './held-queue.ts'
import { judge } from './judge.ts'
import { letGo } from './let-go.ts'

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
      letGo(world, company, rest, { position, atMs: dueMs, cause: 'time', causeId: null }, (problem) => judge({ company, problem, atMs: dueMs, nowMs: world.upstream.nowMs }), placeReleased)
    }
  }
}

/** Judges everything anew that a company keeps quiet, after its rules or its topology have changed. What is placed already stays where it is. */
export function rejudgeCompany(world: World, company: CompanyNode, position: number): void {
  const { nowMs } = world.upstream
  enterAll(company, nowMs)
  const kept = [...company.quiet.kept].filter(({ isFiring }) => isFiring)
  letGo(world, company, kept, { position, atMs: nowMs, cause: 'time', causeId: null }, (problem) => {
    const sinceMs = problem.state.suppression?.sinceMs ?? problem.onsetMs
    return judge({ company, problem, atMs: sinceMs, nowMs }) ?? judge({ company, problem, atMs: Math.max(sinceMs, nowMs), nowMs })
  }, placeReleased)
}
