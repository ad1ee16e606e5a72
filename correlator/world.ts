/**
 * The state of one partition in memory: companies, their incidents and problems, time; and the few moves that change them. Everything is
 * a pure function of the state entries, so that a restart between any two records changes nothing.
 */
import type { CommandOutcome, CorrelateEntry, IncidentCause, IncidentChanged, IncidentEntry, IncidentRecord, LessonEntry, NoteAdded, PlacedProblem, ProblemEntry, ProblemPlaced, Severity } from '../schemas/records.ts'
import { TOPICS } from '../schemas/topics.ts'
import type { Keyed, StateView } from '../processors/stage.ts'
import { CompanyNode } from './company-node.ts'
import { DueQueue } from './due-queue.ts'
import { aliveOf, IncidentNode } from './incident-node.ts'
import { insightsOf } from './insight/insight.ts'
import { remember, type LearnedEntry } from './insight/patterns.ts'
import { mergeFindings } from './insight/stored.ts'
import { ProblemNode, newestFirst } from './problem-node.ts'
import { compareSeverity, isWorse, severityOf } from './priority.ts'
import { enterAll } from './quiet/enter-all.ts'
import { HeldQueue } from './quiet/held-queue.ts'
import { enterHome } from './quiet/stand.ts'
import { nextDueMs } from './retirement.ts'
import { rulesOf } from './rules/rule-book.ts'
import { tuningOf } from './settings.ts'
import { snapshotOf, titleOf } from './snapshot.ts'
import { SPAN_MS, Tempo } from './tempo.ts'
import { TIME_KEY, Upstream } from './upstream.ts'

/** What caused a change: the record's position and time, and what in it. */
export interface Cause {
  readonly position: number
  readonly atMs: number
  readonly cause: IncidentCause
  readonly causeId: string | null
}

/** One partition's state in memory. */
export class World {
  readonly companies = new Map<string, CompanyNode>()
  readonly due = new DueQueue()
  /** Problems that are kept quiet, by when they are next looked at. */
  readonly held = new HeldQueue()
  upstream = new Upstream()
  /** Problems of one company that may fire at once. */
  openMax = Number.POSITIVE_INFINITY
  /** Entries to write and things to tell at the end of the batch. */
  readonly #incidents = new Set<IncidentNode>()
  readonly #problems = new Set<ProblemNode>()
  readonly #entries = new Map<string, CorrelateEntry | null>()
  /** What is learned, apart: while `#entries` is empty, as it mostly is, no change of a problem has to look whether it stands there. */
  readonly #learned = new Map<string, CorrelateEntry | null>()
  /** Incidents the present record has changed. */
  readonly #changed: IncidentNode[] = []
  readonly #told: (IncidentChanged | ProblemPlaced)[] = []
  readonly #said: (NoteAdded | CommandOutcome)[] = []
  #isTimeTouched = false

  /** Builds the world over stored entries. */
  static of(entries: IterableIterator<[string, CorrelateEntry]>): World {
    const world = new World()
    const problems: ProblemNode[] = []
    const incidents: IncidentNode[] = []
    const lessons: LessonEntry[] = []
    const learned = new Map<string, LearnedEntry[]>()
    const commands: { companyId: string; commandId: string; atMs: number; version: number }[] = []
    for (const [key, { event }] of entries) {
      if (event.type === 'time') world.upstream = new Upstream(event)
      else if (event.type === 'problem') problems.push(new ProblemNode(key, event))
      else {
        const company = world.company(event.companyId)
        if (event.type === 'incident') {
          const incident = new IncidentNode(key, event)
          incidents.push(incident)
          company.incidents.set(event.incidentId, incident)
        } else if (event.type === 'company') {
          company.settingsRevision = event.revision
          company.tuning = tuningOf(event)
          company.rule(rulesOf(event, company.rules))
          company.nameAssets(event.aliases)
        } else if (event.type === 'topology') {
          company.topologyRevision = event.revision
          company.connect(event.edges)
        } else if (event.type === 'lesson') lessons.push(event)
        else if (event.type === 'command') commands.push(event)
        else if (event.type === 'tempo') company.tempos.set(event.place, new Tempo(event.companyId, event.place, event))
        else learned.set(event.companyId, [...(learned.get(event.companyId) ?? []), event])
      }
    }
    for (const { companyId, commandId, atMs } of commands.sort((a, b) => a.version - b.version)) world.company(companyId).commands.set(commandId, atMs)
    for (const lesson of lessons.sort((a, b) => a.version - b.version || (a.incidentId < b.incidentId ? -1 : 1))) world.company(lesson.companyId).learn(lesson)
    for (const incident of incidents) {
      const { mergedInto, companyId } = incident.state
      incident.into = mergedInto === null ? null : world.company(companyId).incidents.get(mergedInto) ?? null
    }
    for (const incident of incidents) if (incident.into !== null) aliveOf(incident).aliases.push(incident)
    // Oldest first, so that every list of the index grows at its end.
    for (const problem of problems.sort((a, b) => newestFirst(b, a))) {
      const company = world.company(problem.state.problem.companyId)
      if (problem.state.suppression !== null) {
        world.#keepOn(company, problem)
        continue
      }
      const incident = company.incidents.get(problem.state.incidentId)
      if (incident === undefined) continue
      company.problems.set(problem.state.problem.problemKey, problem)
      if (problem.isFiring) company.firing += 1
      aliveOf(incident).take(problem)
      company.index(problem, aliveOf(incident))
    }
    for (const incident of incidents) incident.hasNewShape = false
    for (const [companyId, entries] of learned) world.company(companyId).patterns.load(entries)
    for (const incident of incidents) if (incident.into === null) world.due.want(incident, nextDueMs(incident))
    for (const company of world.companies.values()) enterAll(company, world.upstream.nowMs)
    return world
  }

  /** Takes up a stored problem that is kept quiet. */
  #keepOn(company: CompanyNode, problem: ProblemNode): void {
    const { problem: { problemKey }, standsWith } = problem.state
    company.problems.set(problemKey, problem)
    if (problem.isFiring) company.firing += 1
    company.quiet.kept.add(problem)
    this.held.want(problem)
    const home = standsWith === null ? undefined : company.incidents.get(standsWith)
    if (home !== undefined) enterHome(company, problem, aliveOf(home))
  }

  /** A company's part, made when missing. */
  company(companyId: string): CompanyNode {
    let company = this.companies.get(companyId)
    if (company === undefined) {
      company = new CompanyNode(companyId)
      this.companies.set(companyId, company)
    }
    return company
  }

  /** Hears of an upstream partition's time; true when `now` moved. */
  hear(partition: number, atMs: number): boolean {
    this.#isTimeTouched = true
    return this.upstream.hear(partition, atMs)
  }

  /** Makes a problem that is not placed yet. */
  problem(company: CompanyNode, problem: PlacedProblem, position: number): ProblemNode {
    const state: ProblemEntry = {
      type: 'problem', incidentId: '', countBefore: 0, joinedEpisode: problem.episode, version: position,
      evidence: { rule: 'founded', withProblemKey: null, score: 0, threshold: company.tuning.threshold, features: [], ruleId: null, rulesRevision: company.rules.revision, considered: [] },
      problem, suppression: null, releasedAtMs: null, toldAtMs: null, cameFrom: null, standsWith: null, spanMs: SPAN_MS,
    }
    return new ProblemNode(`${company.companyId}|p|${problem.problemKey}`, state)
  }

  /** Makes an incident around a first problem that has not joined yet. */
  incident(company: CompanyNode, incidentId: string, founder: ProblemNode | null, openedAtMs: number, by: Cause): IncidentNode {
    const state: IncidentEntry = {
      type: 'incident', incidentId, companyId: company.companyId, foundedPosition: by.position, founderKey: founder?.state.problem.problemKey ?? null,
      version: by.position, atMs: by.atMs, cause: by.cause, causeId: by.causeId, title: '', status: 'open', severity: 'info', openedAtMs,
      updatedAtMs: by.atMs, acknowledgedAtMs: null, resolvedAtMs: null, closedAtMs: null, assignee: null, resolution: null, reopenCount: 0,
      resolvedByPerson: false, mergedInto: null, apart: [], findings: [], rootCause: null, classification: null, severityJudgement: null, judgedProblems: 0, judgedAlerts: 0, judgedAtMs: 0, past: { problemCount: 0, alertCount: 0, assetCount: 0, assets: [], sources: [], latestProblemKeys: [] },
    }
    const incident = new IncidentNode(`${company.companyId}|i|${incidentId}`, state)
    company.incidents.set(incidentId, incident)
    return incident
  }

  /** Learns from a problem that begins, and notes how near in time others must have begun to say something. */
  hearOnset(company: CompanyNode, problem: ProblemNode): void {
    const tempo = company.tempoOf(problem)
    problem.spanMs = tempo.hear(problem.onsetMs)
    problem.state.spanMs = problem.spanMs
    this.#learned.set(tempo.stateKey, tempo.entry)
  }

  /** Puts a problem into an incident. */
  put(company: CompanyNode, problem: ProblemNode, incident: IncidentNode, by: Cause): void {
    const { state } = incident
    if (problem.onsetMs < state.openedAtMs) state.openedAtMs = problem.onsetMs
    incident.take(problem)
    company.index(problem, incident)
    this.raise(incident, problem)
    this.touchProblem(problem, by.position)
    this.touch(incident, by)
  }

  /** Raises the incident's severity to that of a firing problem in it. */
  raise(incident: IncidentNode, problem: ProblemNode, known: Severity | null = null): void {
    const held = incident.state.severityJudgement?.by
    if (!problem.isFiring || held === 'person') return
    const { severity, judgement } = this.company(incident.state.companyId).judge.severityOf(problem.state.problem)
    // The first problem of an incident may be judged to be as mild as an incident begins.
    if (incident.members.size === 1 && severity === incident.state.severity) incident.state.severityJudgement = judgement
    if (!isWorse(severity, incident.state.severity)) return
    if (known !== null && held === 'analyst' && !isWorse(severity, severityOf(known))) return
    incident.state.severity = severity
    // What the analyst judged before is outgrown: this is something it has not seen.
    incident.state.severityJudgement = judgement
  }

  /** Lowers the severity to that of the problems that are left, after one left that should never have raised it; what others judged stands. */
  lower(incident: IncidentNode): void {
    const { state, members } = incident
    if (members.size === 0 || state.past.problemCount > 0 || state.severityJudgement?.by === 'person' || state.severityJudgement?.by === 'analyst') return
    const { judge } = this.company(state.companyId)
    let worst: ReturnType<typeof judge.severityOf> | null = null
    for (const { state: { problem } } of members) {
      const judged = judge.severityOf(problem)
      if (worst === null || isWorse(judged.severity, worst.severity)) worst = judged
    }
    if (worst === null || !isWorse(state.severity, worst.severity)) return
    state.severity = worst.severity
    state.severityJudgement = worst.judgement
  }

  /** Sorts an incident by the worst of its newest problems that says anything, of equal ones by the oldest of them; what a person said stands. */
  classify(incident: IncidentNode): void {
    const { state, newest } = incident
    if (state.classification?.by === 'person') return
    const { judge } = this.company(state.companyId)
    const worstFirst = newest.toReversed().sort((a, b) => compareSeverity(a.state.problem.severity, b.state.problem.severity))
    for (const { state: { problem } } of worstFirst) {
      state.classification = judge.classify(problem, state.severity)
      if (state.classification !== null) return
    }
  }

  /** Merges two incidents of a company; `winner` survives. */
  merge(winner: IncidentNode, loser: IncidentNode, by: Cause): void {
    const [to, from] = [winner.state, loser.state]
    winner.absorb(loser)
    if (to.severityJudgement?.by !== 'person' && isWorse(from.severity, to.severity)) [to.severity, to.severityJudgement] = [from.severity, from.severityJudgement]
    if (from.classification?.by === 'person' && to.classification?.by !== 'person') to.classification = from.classification
    to.openedAtMs = Math.min(to.openedAtMs, from.openedAtMs)
    to.acknowledgedAtMs = to.acknowledgedAtMs === null ? from.acknowledgedAtMs : Math.min(to.acknowledgedAtMs, from.acknowledgedAtMs ?? to.acknowledgedAtMs)
    to.assignee ??= from.assignee
    if (to.status === 'open' && to.assignee !== null) to.status = 'assigned'
    if (from.status === 'in_progress' && (to.status === 'open' || to.status === 'assigned')) to.status = 'in_progress'
    to.apart = [...new Set([...to.apart, ...from.apart])].slice(-100)
    const listed = new Set(to.past.assets.map(({ asset }) => asset))
    to.past = {
      problemCount: to.past.problemCount + from.past.problemCount,
      alertCount: to.past.alertCount + from.past.alertCount,
      assetCount: to.past.assetCount + from.past.assetCount - from.past.assets.filter(({ asset }) => listed.has(asset)).length,
      assets: [...to.past.assets, ...from.past.assets.filter(({ asset }) => !listed.has(asset))].slice(0, 20),
      sources: [...new Set([...to.past.sources, ...from.past.sources])].slice(0, 20),
      latestProblemKeys: [...to.past.latestProblemKeys, ...from.past.latestProblemKeys].slice(0, 20),
    }
    from.mergedInto = to.incidentId
    mergeFindings(winner, loser)
    to.updatedAtMs = Math.max(to.updatedAtMs, from.updatedAtMs)
    this.touch(loser, { ...by, cause: 'merge', causeId: to.incidentId })
    this.touch(winner, { ...by, cause: 'merge', causeId: from.incidentId })
  }

  /** Opens an ended incident again. */
  reopen(company: CompanyNode, incident: IncidentNode): void {
    const { state } = incident
    state.status = state.assignee === null ? 'open' : 'assigned'
    state.resolvedAtMs = null
    state.closedAtMs = null
    state.resolvedByPerson = false
    state.resolution = null
    state.reopenCount += 1
    state.severity = 'info'
    if (state.severityJudgement?.by === 'analyst') state.severityJudgement = null
    for (const problem of incident.members) this.raise(incident, problem)
    // Problems that left while it had ended may have been among those it offers for comparing.
    company.reindex(incident)
  }

  /** Resolves an incident whose last problem has resolved. */
  resolveIfQuiet(incident: IncidentNode, by: Cause): void {
    if (incident.firing > 0 || incident.isEnded) return
    incident.state.status = 'resolved'
    // Never before its latest event: one that arrives late must not make the end look earlier.
    incident.state.resolvedAtMs = Math.max(by.atMs, incident.state.updatedAtMs)
    incident.state.resolvedByPerson = false
    this.touch(incident, by)
  }

  /** Notes that an incident has changed because of a record. */
  touch(incident: IncidentNode, by: Cause): void {
    const { state } = incident
    state.version = by.position
    state.cause = by.cause
    state.causeId = by.causeId
    if (by.atMs > state.updatedAtMs) state.updatedAtMs = by.atMs
    state.atMs = by.atMs
    this.#incidents.add(incident)
    if (this.#entries.size > 0) this.#entries.delete(incident.stateKey)
    if (!this.#changed.includes(incident)) this.#changed.push(incident)
  }

  /** Notes that a placed problem has changed because of a record. */
  touchProblem(problem: ProblemNode, position: number): void {
    problem.state.version = position
    // Told as of now: what it merges into later is told by the alias.
    if (problem.incident !== null) problem.state.incidentId = aliveOf(problem.incident).state.incidentId
    this.#problems.add(problem)
    if (this.#entries.size > 0) this.#entries.delete(problem.stateKey)
  }

  /** Ends a record: what depends on an incident as a whole is settled here, never at the end of a batch, so that cuts change nothing. */
  settle(): void {
    // What time does to several incidents at once comes in another order after a restart; what is put down of them must not.
    if (this.#changed.length > 1) this.#changed.sort((a, b) => (a.state.incidentId < b.state.incidentId ? -1 : 1))
    for (const incident of this.#changed) {
      const { state } = incident
      remember(this, this.company(state.companyId), incident)
      if (incident.into !== null) continue
      const title = titleOf(incident)
      // At 1, 2, 4, 8 … problems: what an incident is shows early, and a storm must not cost a reading of texts for each of its problems.
      if (title !== state.title && (incident.members.size & (incident.members.size - 1)) === 0) this.classify(incident)
      state.title = title
      const { findings, rootCause } = insightsOf(incident, this.company(state.companyId), this.upstream.nowMs)
      state.findings = findings
      state.rootCause = rootCause
      this.due.want(incident, nextDueMs(incident))
    }
    this.#changed.length = 0
  }

  /** Tells an incident's last change at once, because something that is not told is about to change its figures. */
  tellNow(incident: IncidentNode): void {
    if (!this.#incidents.delete(incident)) return
    this.#told.push(snapshotOf(incident, this.company(incident.state.companyId).tuning))
    this.#entries.set(incident.stateKey, incident.entry)
  }

  /** The same for every incident of a company. */
  tellCompany(companyId: string): void {
    for (const incident of [...this.#incidents]) if (incident.state.companyId === companyId) this.tellNow(incident)
  }

  /** Writes an entry that is not told. */
  keep(key: string, entry: CorrelateEntry | null): void {
    this.#entries.set(key, entry)
  }

  /** Writes an entry of what is learned: neither an incident nor a problem. */
  learn(key: string, entry: CorrelateEntry | null): void {
    this.#learned.set(key, entry)
  }

  /** Forgets a problem. */
  dropProblem(company: CompanyNode, problem: ProblemNode): void {
    company.problems.delete(problem.state.problem.problemKey)
    company.quiet.forget(problem)
    if (problem.standsIn !== null) company.unindexProblem(problem, aliveOf(problem.standsIn))
    if (this.#problems.delete(problem)) this.#told.push(placed(problem))
    this.#entries.set(problem.stateKey, null)
  }

  /** Forgets an incident; its last change is still told. */
  dropIncident(company: CompanyNode, incident: IncidentNode): void {
    company.unindex(incident)
    company.incidents.delete(incident.state.incidentId)
    this.#entries.set(incident.stateKey, null)
    // Days without any incident: what was learned of the tempo is older than it counts.
    if (company.incidents.size > 0) return
    for (const tempo of company.tempos.values()) this.#learned.set(tempo.stateKey, null)
    company.tempos.clear()
  }

  say(event: NoteAdded | CommandOutcome): void {
    this.#said.push(event)
  }

  /** Ends a batch: writes the touched entries and tells what changed, incidents first, answers last. */
  flush(state: StateView<CorrelateEntry>): Keyed<IncidentRecord>[] {
    const out: Keyed<IncidentRecord>[] = []
    const tell = (key: string, event: IncidentRecord['event']): void => {
      out.push({ topic: TOPICS.incidents.name, key, record: { event } })
    }
    for (const event of this.#told) tell(event.type === 'incident' ? event.companyId : event.problem.companyId, event)
    for (const incident of this.#incidents) {
      state.set(incident.stateKey, incident.entry)
      tell(incident.state.companyId, snapshotOf(incident, this.company(incident.state.companyId).tuning))
    }
    for (const problem of this.#problems) {
      state.set(problem.stateKey, problem.entry)
      tell(problem.state.problem.companyId, placed(problem))
    }
    for (const entries of [this.#entries, this.#learned]) {
      for (const [key, entry] of entries) {
        if (entry === null) state.delete(key)
        else state.set(key, entry)
      }
    }
    if (this.#isTimeTouched) {
      this.upstream.settle()
      state.set(TIME_KEY, this.upstream.entry)
    }
    for (const event of this.#said) tell(event.companyId, event)
    this.#incidents.clear()
    this.#problems.clear()
    this.#entries.clear()
    this.#learned.clear()
    this.#told.length = 0
    this.#said.length = 0
    this.#isTimeTouched = false
    return out
  }
}

function placed({ state: { incidentId, evidence, version, problem, suppression } }: ProblemNode): ProblemPlaced {
  return { type: 'problem', incidentId, evidence, version, problem, suppression }
}
