/** The finding that problems of an incident go back and forth. Each tool's flips are judged, with hysteresis, by the process stage; here stands what they make of the incident. */
import type { IncidentNode } from '../incident-node.ts'
import type { ProblemNode } from '../problem-node.ts'
import { storedFinding, storeFinding } from './stored.ts'

const KEYS_MAX = 20

/** Notes that a problem began or ceased to flap; a problem that was seen before says what it was then. */
export function noteFlapping(incident: IncidentNode, problem: ProblemNode, atMs: number): void {
  const { problemKey, flapping } = problem.state.problem
  const said = storedFinding(incident, 'flapping')
  const before = said?.problemKeys ?? []
  if (before.includes(problemKey) === flapping || (flapping && before.length >= KEYS_MAX)) return
  const problemKeys = flapping ? [...before, problemKey] : before.filter((key) => key !== problemKey)
  if (problemKeys.length === 0) {
    storeFinding(incident, 'flapping', null)
    return
  }
  const { asset, signature, title } = problem.state.problem
  const what = problemKeys.length === 1 ? `${signature ?? title}${asset === null ? '' : ` on ${asset}`} goes` : `${problemKeys.length === KEYS_MAX ? 'At least ' : ''}${problemKeys.length} problems go`
  storeFinding(incident, 'flapping', {
    confidence: 0.9,
    reason: `${what.slice(0, 300)} back and forth: five flips and more between firing and resolved within 30 min; it ends after 10 min without one.`,
    sinceMs: said?.sinceMs ?? atMs,
    problemKeys,
    figures: { problems: problemKeys.length },
  })
}
