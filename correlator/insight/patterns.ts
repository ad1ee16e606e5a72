/**
 * What a company's patterns rest on, and the few moments at which they are fed: a problem begins, a problem tells more alerts, an incident has
 * changed, a day has passed. Everything here is bounded by numbers and a pure function of state entries and the log.
 */
import type { HistoryEntry, PulseEntry, RhythmEntry, UsualEntry } from '../../schemas/records.ts'
import type { CompanyNode } from '../company-node.ts'
import { aliveOf, type IncidentNode } from '../incident-node.ts'
import type { ProblemNode } from '../problem-node.ts'
import type { Cause, World } from '../world.ts'
import { noteFlapping } from './flapping.ts'
import { History, HistoryNode } from './history.ts'
import { isMissing, missingFinding } from './missing.ts'
import { periodicFinding, periodOf } from './periodic.ts'
import { Pulse } from './pulse.ts'
import { noteRecurrence } from './recurrence.ts'
import { HORIZON_MS, Rhythm, Rhythms } from './rhythms.ts'
import { isIn, noteStorm } from './storm.ts'
import { isOn, storedFinding, storeFinding } from './stored.ts'
import { Usual } from './usual.ts'

/** Troubles of one storm whose onsets are new and kept; what begins after so many says nothing of when it will again. */
const STORM_ONSETS_MAX = 2_000
/** Items looked at for their age beside each new one, and when a day has passed. */
const EXPIRED_AT_ONCE = 2
const EXPIRED_A_DAY = 10_000

/** One company's rates, rhythms and history. */
export class Patterns {
  readonly companyId: string
  pulse: Pulse
  readonly rhythms: Rhythms
  readonly history: History

  constructor(companyId: string) {
    this.companyId = companyId
    this.pulse = new Pulse(companyId, null, new Usual(companyId, null))
    this.rhythms = new Rhythms(companyId)
    this.history = new History(companyId)
  }

  /** Puts back what was stored. */
  load(stored: readonly LearnedEntry[]): void {
    const rhythms: Rhythm[] = []
    const nodes: HistoryNode[] = []
    let [pulse, usual]: [PulseEntry | null, UsualEntry | null] = [null, null]
    for (const entry of stored) {
      if (entry.type === 'rhythm') rhythms.push(new Rhythm(entry))
      else if (entry.type === 'history') nodes.push(new HistoryNode(entry))
      else if (entry.type === 'pulse') pulse = entry
      else usual = entry
    }
    this.pulse = new Pulse(this.companyId, pulse, new Usual(this.companyId, usual))
    this.rhythms.memory.load(rhythms)
    this.history.load(nodes)
  }
}

/** What is stored of patterns. */
export type LearnedEntry = PulseEntry | UsualEntry | RhythmEntry | HistoryEntry

/** Counts alerts, and problems that began, into a company's pulse. A storm that begins is told of every incident that was opened or grew in its first minute. */
export function beat(world: World, company: CompanyNode, problems: number, alerts: number, by: Cause): void {
  const { pulse } = company.patterns
  const begun = pulse.hear(by.atMs, problems, alerts)
  world.learn(pulse.stateKey, pulse.entry)
  if (pulse.hasLearned) {
    pulse.hasLearned = false
    world.learn(pulse.usual.stateKey, pulse.usual.entry)
  }
  if (begun === null || !isOn(company, 'storm')) return
  for (const incident of company.incidents.values()) {
    if (incident.into !== null || incident.isEnded || !isIn(incident, begun)) continue
    noteStorm(incident, begun)
    world.touch(incident, by)
  }
}

/** A problem began, or began again: looks for what it shows of its company, of itself and of its incident. */
export function began(world: World, company: CompanyNode, problem: ProblemNode, by: Cause): void {
  if (problem.incident === null) return
  const incident = aliveOf(problem.incident)
  const { pulse } = company.patterns
  beat(world, company, 1, problem.state.problem.count, by)
  const storm = pulse.stormAt(by.atMs)
  if (storm !== null && isOn(company, 'storm') && isIn(incident, storm)) noteStorm(incident, storm)
  noteRhythm(world, company, incident, problem, by, storm !== null && storm.count > STORM_ONSETS_MAX)
  if (problem.state.problem.flapping) noteFlapping(incident, problem, by.atMs)
  if (isMissing(problem) && isOn(company, 'missing')) storeFinding(incident, 'missing', missingFinding(problem))
}

/** A problem that is known told more: its alerts count, and whether it flaps. */
export function toldMore(world: World, company: CompanyNode, incident: IncidentNode, problem: ProblemNode, alerts: number, wasFlapping: boolean, by: Cause): void {
  if (alerts > 0) beat(world, company, 0, alerts, by)
  if (problem.state.problem.flapping !== wasFlapping) noteFlapping(incident, problem, by.atMs)
}

function noteRhythm(world: World, company: CompanyNode, incident: IncidentNode, problem: ProblemNode, by: Cause, isKnownOnly: boolean): void {
  const { rhythms } = company.patterns
  const noted = rhythms.began(problem.fingerprint, problem.state.problem.firstAtMs, by.position, isKnownOnly)
  if (noted === null) return
  const { rhythm, gone } = noted
  world.learn(rhythm.stateKey, rhythm.entry)
  if (gone !== null) world.learn(gone.stateKey, null)
  rhythms.memory.expire(by.atMs - HORIZON_MS, EXPIRED_AT_ONCE, ({ stateKey }) => world.learn(stateKey, null))
  if (!isOn(company, 'periodic')) return
  const said = storedFinding(incident, 'periodic')
  const isOfIt = said !== null && said.problemKeys[0] === problem.state.problem.problemKey
  const period = periodOf(rhythm.state.onsetsMs)
  if (period === null ? isOfIt : said === null || isOfIt || period.confidence > said.confidence) {
    storeFinding(incident, 'periodic', period === null ? null : periodicFinding(problem, period, rhythm.state.onsetsMs[0] ?? problem.onsetMs))
  }
}

/** Ends a record for an incident it has changed: puts it down in the history or takes it out, and looks for its like there where its problems are others than before. */
export function remember(world: World, company: CompanyNode, incident: IncidentNode): void {
  keepHistory(world, company, incident)
  if (!incident.hasNewShape) return
  incident.hasNewShape = false
  if (incident.into === null && !incident.isEnded) noteRecurrence(company, incident)
}

/** An incident is put down when it has ended, and taken out when it goes on after all. */
function keepHistory(world: World, company: CompanyNode, incident: IncidentNode): void {
  const { history } = company.patterns
  const { state, endedBy } = incident
  const held = history.holding(state.incidentId)
  incident.endedBy = null
  if (incident.into !== null || !incident.isEnded) {
    if (held === undefined) return
    const gone = history.takeOut(held, state.incidentId, state.version)
    world.learn(held.stateKey, held.entry)
    if (gone !== null) world.learn(gone.stateKey, null)
    return
  }
  let node = held
  if (node === undefined) {
    // Its problems have left the state already: what is left of them would be another shape.
    if (incident.members.size === 0 || state.past.problemCount > 0) return
    const put = history.putDown({
      incidentId: state.incidentId, sketch: incident.sketch.hashes, size: incident.members.size, openedAtMs: state.openedAtMs,
      endedAtMs: state.resolvedAtMs ?? state.closedAtMs ?? state.atMs,
    }, state.version)
    node = put.node
    if (put.gone !== null) world.learn(put.gone.stateKey, null)
    history.expire(state.atMs - HORIZON_MS, EXPIRED_AT_ONCE, ({ stateKey }) => world.learn(stateKey, null))
  } else if (endedBy === null) return
  if (endedBy !== null) history.noteFix(node, { incidentId: state.incidentId, by: endedBy, text: state.resolution, atMs: state.closedAtMs ?? state.resolvedAtMs ?? state.atMs })
  world.learn(node.stateKey, node.entry)
}

/** Forgets what is too old, of companies that nothing was heard of too: once a day of the log's time. */
export function forgetOld(world: World, company: CompanyNode): void {
  const { patterns, companyId } = company
  const beforeMs = world.upstream.nowMs - HORIZON_MS
  const forgotten = ({ stateKey }: { readonly stateKey: string }): void => world.learn(stateKey, null)
  patterns.rhythms.memory.expire(beforeMs, EXPIRED_A_DAY, forgotten)
  patterns.history.expire(beforeMs, EXPIRED_A_DAY, forgotten)
  if (patterns.pulse.heardMs < 0 || patterns.pulse.heardMs >= beforeMs) return
  patterns.pulse = new Pulse(companyId, null, new Usual(companyId, null))
  world.learn(patterns.pulse.stateKey, null)
  world.learn(patterns.pulse.usual.stateKey, null)
}
