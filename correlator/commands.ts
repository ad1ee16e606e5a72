/** Applies commands of people and programs: each ends in exactly one outcome. The state machine stands in lifecycle.ts. */
import type { ErrorCode } from '../schemas/errors.ts'
import { isSeverity, signatureOf } from './classify/company-judge.ts'
import type { Command, Evidence, LessonEntry } from '../schemas/records.ts'
import type { CompanyNode } from './company-node.ts'
import { aliveOf, type IncidentNode } from './incident-node.ts'
import { stepFrom, type Step } from './lifecycle.ts'
import type { ProblemNode } from './problem-node.ts'
import { incidentIdOf, type Outcome } from './problems.ts'
import { isOlder } from './search.ts'
import { tellMerge } from './tell-merge.ts'
import { takeAdvice } from './severity-advice.ts'
import type { Cause, World } from './world.ts'

/** How long a command id is remembered, by the log's time. */
const REMEMBER_MS = 24 * 3_600_000
/** How many are remembered for a company. */
const REMEMBER_MAX = 10_000
/** Text kept of a lesson, in characters. */
const LESSON_CHARS = 500

/** Why a command was not done; with no code, what is to be said of one that was. */
interface Refusal { readonly code: ErrorCode | null; readonly message: string }

/** Applies a command that the log took at `atMs`. */
export function applyCommand(world: World, command: Command, position: number, atMs: number): Outcome {
  const company = world.company(command.companyId)
  if (company.commands.has(command.commandId)) return { kind: 'dropped', reason: 'duplicate_command' }
  remember(world, company, command, position, atMs)
  const named = company.incidents.get(command.incidentId)
  const incident = named === undefined ? undefined : aliveOf(named)
  const by: Cause = { position, atMs, cause: 'command', causeId: command.commandId }
  const refusal = incident === undefined
    ? { code: 'incident_unknown' as const, message: `the company has no incident ${command.incidentId}, or it is older than what is kept` }
    : apply(world, company, incident, command, by)
  world.say({
    type: 'outcome', commandId: command.commandId, companyId: command.companyId, incidentId: incident?.state.incidentId ?? command.incidentId,
    action: command.action, actor: command.actor, status: refusal === null || refusal.code === null ? 'done' : 'refused', code: refusal?.code ?? null,
    message: refusal?.message ?? 'done', atMs, version: position,
  })
  return { kind: 'emitted' }
}

function apply(world: World, company: CompanyNode, incident: IncidentNode, command: Command, by: Cause): Refusal | null {
  const { state } = incident
  // What the analyst wrote stays true of what it saw; only its advice needs the version it judged.
  const isAnalysis = command.action === 'note' && command.actor.kind === 'analyst'
  if (!isAnalysis && command.judgedVersion !== null && state.version > command.judgedVersion) {
    return { code: 'version_stale', message: `the incident is at version ${state.version}, the caller judged ${command.judgedVersion}` }
  }
  const step: Step = command.action === 'assign' && command.assignee === null ? 'unassign' : command.action
  const next = stepFrom(state.status, step, state.assignee !== null)
  if ('refused' in next) return { code: next.refused, message: `${step} is not possible while the incident is ${state.status}` }
  switch (step) {
    case 'acknowledge':
      if (state.acknowledgedAtMs !== null) return { code: 'transition_refused', message: 'it is acknowledged already' }
      state.acknowledgedAtMs = by.atMs
      break
    case 'assign':
      if (state.assignee === command.assignee) return { code: 'transition_refused', message: 'it is assigned to them already' }
      state.assignee = command.assignee
      break
    case 'unassign':
      if (state.assignee === null) return { code: 'transition_refused', message: 'it is assigned to nobody' }
      state.assignee = null
      break
    case 'start':
      state.acknowledgedAtMs ??= by.atMs
      break
    case 'resolve':
      state.resolvedAtMs = by.atMs
      state.resolvedByPerson = true
      state.resolution = command.text
      incident.endedBy = command.actor.name
      break
    case 'close':
      state.resolvedAtMs ??= by.atMs
      state.closedAtMs = by.atMs
      state.resolvedByPerson = true
      state.resolution = command.text ?? state.resolution
      incident.endedBy = command.actor.name
      break
    case 'reopen':
      world.reopen(company, incident)
      // A reopened incident has no resolution that could hold the reason.
      sayNote(world, incident, command, by)
      break
    case 'note':
      return note(world, incident, command, by)
    case 'merge':
      return merge(world, company, incident, command, by)
    case 'split':
      return split(world, company, incident, command, by)
  }
  state.status = next.to
  world.touch(incident, by)
  return null
}

function note(world: World, incident: IncidentNode, command: Command, by: Cause): Refusal | null {
  if (!sayNote(world, incident, command, by)) return { code: 'bad_request', message: 'a note needs a text' }
  const notTaken = takeAdvice(incident, command)
  if (command.actor.kind === 'user' || command.actor.kind === 'token') heed(world, incident, command, by)
  world.touch(incident, by)
  return notTaken === null ? null : { code: null, message: `done; its severity was not taken: ${notTaken}` }
}

/** A person's word on category and severity stands, and is a lesson for incidents to come. */
function heed(world: World, incident: IncidentNode, command: Command, by: Cause): void {
  const { state } = incident
  const { category, actor } = command
  const severity = isSeverity(command.severity) ? command.severity : null
  if (category === null && severity === null) return
  const reason = `${actor.name} said so`
  if (severity !== null) {
    state.severity = severity
    state.severityJudgement = { severity, confidence: 1, by: 'person', reason }
  }
  const company = world.company(state.companyId)
  if (category !== null) state.classification = company.judge.given(category, 1, reason, 'person', state.severity)
  const [problem] = incident.newest
  if (problem === undefined) return
  const known = company.lessons.get(state.incidentId)
  const { title, message } = problem.state.problem
  const lesson: LessonEntry = {
    type: 'lesson', companyId: state.companyId, incidentId: state.incidentId, signature: signatureOf(problem.state.problem), text: `${title} ${message}`.slice(0, LESSON_CHARS),
    category: category ?? known?.category ?? null, severity: severity ?? known?.severity ?? null, version: by.position,
  }
  const dropped = company.learn(lesson)
  const keyOf = (incidentId: string): string => `${state.companyId}|l|${incidentId}`
  world.keep(keyOf(state.incidentId), { event: lesson })
  if (dropped !== null) world.keep(keyOf(dropped), null)
}

/** Tells the command's text as a note; false where it has none. */
function sayNote(world: World, incident: IncidentNode, command: Command, by: Cause): boolean {
  const text = command.text?.trim() ?? ''
  if (text === '') return false
  world.say({
    type: 'note', incidentId: incident.state.incidentId, companyId: command.companyId, commandId: command.commandId, actor: command.actor,
    text, atMs: by.atMs, version: by.position,
  })
  return true
}

function merge(world: World, company: CompanyNode, incident: IncidentNode, command: Command, by: Cause): Refusal | null {
  const named = command.intoIncidentId === null ? undefined : company.incidents.get(command.intoIncidentId)
  const other = named === undefined ? undefined : aliveOf(named)
  if (other === undefined) return { code: 'merge_refused', message: 'the company has no such other incident' }
  if (other === incident) return { code: 'merge_refused', message: 'they are one incident already' }
  if (other.isEnded) return { code: 'merge_refused', message: `the other incident is ${other.state.status}; reopen it first` }
  const [winner, loser] = isOlder(incident, other) ? [incident, other] : [other, incident]
  const apart = (node: IncidentNode, from: IncidentNode): string[] => node.state.apart.filter((id) => {
    const parted = company.incidents.get(id)
    return parted === undefined || aliveOf(parted) !== from
  })
  winner.state.apart = apart(winner, loser)
  loser.state.apart = apart(loser, winner)
  tellMerge(world, company, loser, by, byCommand('merged', command, company))
  world.merge(winner, loser, by)
  return null
}

function split(world: World, company: CompanyNode, incident: IncidentNode, command: Command, by: Cause): Refusal | null {
  const leaving: ProblemNode[] = []
  for (const key of new Set(command.problemKeys)) {
    const problem = company.problems.get(key)
    if (problem === undefined || problem.incident === null || aliveOf(problem.incident) !== incident) {
      return { code: 'problem_unknown', message: `problem ${key} is not in this incident, or has resolved so long ago that it cannot be moved` }
    }
    leaving.push(problem)
  }
  const remaining = incident.members.size - leaving.length + incident.state.past.problemCount
  if (leaving.length === 0 || remaining === 0) return { code: 'transition_refused', message: 'a split needs problems that leave and problems that stay' }
  const incidentId = incidentIdOf(company.companyId, `split\n${command.commandId}`)
  const openedAtMs = Math.min(...leaving.map((problem) => problem.onsetMs))
  const part = world.incident(company, incidentId, leaving[0] ?? null, openedAtMs, { ...by, cause: 'split', causeId: command.commandId })
  for (const problem of leaving) {
    incident.release(problem)
    problem.state.evidence = byCommand('split', command, company)
  }
  incident.state.judgedProblems = 0
  company.reindex(incident)
  for (const problem of leaving) world.put(company, problem, part, { ...by, cause: 'split', causeId: command.commandId })
  part.state.apart.push(incident.state.incidentId)
  incident.state.apart = [...incident.state.apart, incidentId].slice(-100)
  world.touch(incident, { ...by, cause: 'split', causeId: command.commandId })
  for (const half of [part, incident]) if (!half.isEnded) world.resolveIfQuiet(half, { ...by, cause: 'split', causeId: command.commandId })
  return null
}

function byCommand(rule: Evidence['rule'], command: Command, company: CompanyNode): Evidence {
  return {
    rule, withProblemKey: null, score: 1, threshold: 0,
    features: [{ name: 'command', value: 1, weight: 1, detail: `${command.actor.kind} ${command.actor.name} asked for it, command ${command.commandId}` }],
    ruleId: null, rulesRevision: company.rules.revision, considered: [],
  }
}

function remember(world: World, company: CompanyNode, command: Command, position: number, atMs: number): void {
  const { commandId, companyId } = command
  const keyOf = (id: string): string => `${companyId}|c|${id}`
  for (const [id, rememberedAtMs] of company.commands) {
    if (company.commands.size < REMEMBER_MAX && rememberedAtMs > atMs - REMEMBER_MS) break
    company.commands.delete(id)
    world.keep(keyOf(id), null)
  }
  company.commands.set(commandId, atMs)
  world.keep(keyOf(commandId), { event: { type: 'command', companyId, commandId, atMs, version: position } })
}
