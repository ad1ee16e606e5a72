/**
 * What the analyst's word on severity may do. It is advice: a note of the analyst carries a severity and how sure it is, and the correlator follows only
 *   - above a confidence of 0.7,
 *   - on the very version the analyst judged, of an incident that is not over,
 *   - one step up or down at most, seen from what the problems say, however often it advises,
 *   - never down from critical,
 *   - and never against a rule of the company or a person.
 * A problem that is worse than the judged severity ends the judgement: it is something the analyst has not seen.
 */
import type { Command, IncidentSeverity } from '../schemas/records.ts'
import type { IncidentNode } from './incident-node.ts'
import { isWorse, severityOf, worse } from './priority.ts'
import { cut } from './text.ts'

/** Advice counts only above this confidence. */
export const ADVICE_CONFIDENCE = 0.7

const STEPS: readonly IncidentSeverity[] = ['info', 'low', 'medium', 'high', 'critical']
const REASON_CHARS = 300

/** Follows the severity a command advises, or answers in words why not; null where it was followed or there is none to follow. */
export function takeAdvice(incident: IncidentNode, command: Command): string | null {
  const { state } = incident
  const advised = STEPS.find((step) => step === command.severity)
  if (command.actor.kind !== 'analyst' || command.severity === null) return null
  if (advised === undefined) return `"${cut(command.severity, 40)}" is no severity`
  const confidence = command.confidence ?? 0
  // Written so that a confidence that is no number fails too.
  if (!(confidence > ADVICE_CONFIDENCE && confidence <= 1)) return `the confidence is not above ${ADVICE_CONFIDENCE}`
  if (command.judgedVersion === null || state.version > command.judgedVersion) return 'the incident has moved on since it was judged'
  if (incident.isEnded) return `the incident is ${state.status}`
  if (state.severityJudgement?.by === 'person') return 'a person has said what the severity is'
  if (state.severityJudgement?.by === 'rule') return 'a rule of the company decides the severity'
  const base = severityBeforeAdvice(incident)
  const [from, to] = [STEPS.indexOf(base), STEPS.indexOf(advised)]
  const target = STEPS[from + Math.sign(to - from)] ?? base
  if (isWorse(base, target) && base === 'critical') return 'what is critical is not lowered'
  if (target === state.severity) return null
  state.severity = target
  state.severityJudgement = target === base ? null : { severity: target, confidence, by: 'analyst', reason: cut(command.text ?? '', REASON_CHARS) }
  return null
}

/** Where the analyst has judged before, the worst its problems say; else the severity it has. */
function severityBeforeAdvice(incident: IncidentNode): IncidentSeverity {
  if (incident.state.severityJudgement?.by !== 'analyst') return incident.state.severity
  let worst: IncidentSeverity = 'info'
  for (const { state } of incident.members) worst = worse(worst, severityOf(state.problem.severity))
  return worst
}
