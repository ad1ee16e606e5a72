import type { LessonEntry, TopologyEdge } from '../schemas/records.ts'
import { CompanyJudge, DEFAULT_JUDGE, LESSONS_MAX } from './classify/company-judge.ts'
import { Graph } from './graph.ts'
import type { IncidentNode } from './incident-node.ts'
import { Patterns } from './insight/patterns.ts'
import { KeyList, withhold } from './key-list.ts'
import { NO_KEYS, type ProblemNode } from './problem-node.ts'
import { QuietIndex } from './quiet/quiet-index.ts'
import { GroupingIndex } from './rules/grouping.ts'
import { NO_RULES, type RuleBookIndex } from './rules/rule-book.ts'
import { DEFAULT_TUNING, type Tuning } from './settings.ts'
import { Tempo } from './tempo.ts'

/** Places of a company whose tempo is learned apart. */
const PLACES_MAX = 64
const NO_PLACE = ''
const NO_ALIASES: ReadonlyMap<string, string> = new Map()

/** Everything of one company: nothing here is ever reached from another one's. */
export class CompanyNode {
  readonly companyId: string
  tuning: Tuning = DEFAULT_TUNING
  /** The rules in effect, parsed once per revision. */
  rules: RuleBookIndex = NO_RULES
  /** The grouping rules over this company's index; null where there are none. */
  grouping: GroupingIndex | null = null
  settingsRevision = -1
  graph: Graph | null = null
  /** Other names of assets, lower case, to the name that stands for them. */
  aliases: ReadonlyMap<string, string> = NO_ALIASES
  /** What people said of earlier incidents, by incident, oldest first. */
  readonly lessons = new Map<string, LessonEntry>()
  #edges: readonly TopologyEdge[] = []
  #judge: CompanyJudge | null = DEFAULT_JUDGE
  topologyRevision = -1
  /** What is learned of its rates, rhythms and ended incidents. */
  readonly patterns: Patterns
  /** How fast problems follow each other, by place. */
  readonly tempos = new Map<string, Tempo>()
  readonly problems = new Map<string, ProblemNode>()
  readonly incidents = new Map<string, IncidentNode>()
  /** Problems that are kept quiet, and what explains or may hide others. */
  readonly quiet = new QuietIndex()
  /** Command ids in the order they were answered, with the time. */
  readonly commands = new Map<string, number>()
  /** Problems that fire now. */
  firing = 0
  /** Serves asset and signature together too: an asset has far fewer incidents in a window than a key offers. */
  readonly assets = new Map<string, KeyList>()
  readonly signatures = new Map<string, KeyList>()
  readonly services = new Map<string, KeyList>()

  /** Assets that cannot be reached, by site: what fails first there and what fails behind it have little else in common. */
  readonly outages = new Map<string, KeyList>()

  constructor(companyId: string) {
    this.companyId = companyId
    this.patterns = new Patterns(companyId)
  }

  /** Judges by the rules and lessons of now; made when first asked after they changed. */
  get judge(): CompanyJudge {
    this.#judge ??= new CompanyJudge(this.rules, [...this.lessons.values()])
    return this.#judge
  }

  /** Takes a lesson in, the newest last; returns the incident of the one that made room for it. */
  learn(lesson: LessonEntry): string | null {
    this.lessons.delete(lesson.incidentId)
    this.lessons.set(lesson.incidentId, lesson)
    this.#judge = null
    if (this.lessons.size <= LESSONS_MAX) return null
    const [oldest = null] = this.lessons.keys()
    if (oldest !== null) this.lessons.delete(oldest)
    return oldest
  }

  /** Puts other rules in force. */
  rule(rules: RuleBookIndex): void {
    if (rules === this.rules) return
    const isGrouped = this.grouping !== null || rules.grouping.length > 0
    this.rules = rules
    this.#judge = null
    this.grouping = rules.grouping.length === 0 ? null : new GroupingIndex(rules)
    // What was decided stays; whom a problem finds from now on goes by the new rules, whether or not the program starts anew in between.
    if (isGrouped) for (const incident of this.incidents.values()) if (incident.into === null) this.reindex(incident)
  }

  /** Sets other names of assets; the graph speaks of assets by the names that stand for them. */
  nameAssets(aliases: Readonly<Record<string, string>>): void {
    const named = Object.entries(aliases)
    this.aliases = named.length === 0 ? NO_ALIASES : new Map(named.map(([alias, name]) => [alias.trim().toLowerCase(), name]))
    if (this.#edges.length > 0) this.connect(this.#edges)
  }

  /** Sets the dependency graph. */
  connect(edges: readonly TopologyEdge[]): void {
    this.#edges = edges
    this.graph = new Graph(this.aliases.size === 0 ? edges : edges.map(({ from, to, kind }) => ({ from: this.standing(from), to: this.standing(to), kind })))
  }

  /** The name that stands for an asset. */
  standing(asset: string): string {
    return this.aliases.get(asset.trim().toLowerCase()) ?? asset
  }

  /** The tempo of the place a problem is at, made when missing; the places beyond the limit share one. */
  tempoOf(problem: ProblemNode): Tempo {
    const known = this.tempos.get(problem.labels.site ?? NO_PLACE)
    if (known !== undefined) return known
    const place = this.tempos.size < PLACES_MAX ? problem.labels.site ?? NO_PLACE : NO_PLACE
    const shared = this.tempos.get(place)
    if (shared !== undefined) return shared
    const tempo = new Tempo(this.companyId, place)
    this.tempos.set(place, tempo)
    return tempo
  }

  /** Puts a problem into the index under each of its keys; of one that is kept quiet the grouping rules know nothing. */
  index(problem: ProblemNode, incident: IncidentNode): void {
    this.#bind(problem)
    problem.assetKey?.add(incident, problem)
    for (const list of problem.namedKeys) list.add(incident, problem)
    problem.signatureKey?.add(incident, problem)
    problem.serviceKey?.add(incident, problem)
    problem.siteKey?.add(incident, problem)
    problem.outageKey?.add(incident, problem)
    if (problem.state.suppression === null) this.grouping?.add(problem, incident)
  }

  /** Takes one problem out of what an incident offers, long after anything could be compared with it. */
  unindexProblem(problem: ProblemNode, incident: IncidentNode): void {
    incident.quiet.delete(problem)
    problem.standsIn = null
    const { assetKey, signatureKey, serviceKey, siteKey, outageKey, namedKeys } = problem
    for (const list of [assetKey, signatureKey, serviceKey, siteKey, outageKey, ...namedKeys]) {
      const group = list === null ? undefined : incident.groups.get(list)
      if (group === undefined) continue
      withhold(group.problems, problem)
      if (group.problems[0] !== null) continue
      incident.groups.delete(group.list)
      group.list.remove(group)
    }
  }

  /** Takes an incident out of the index. */
  unindex(incident: IncidentNode): void {
    for (const group of incident.groups.values()) group.list.remove(group)
    incident.groups.clear()
  }

  /** Indexes an incident anew, after problems left it or changed their names. */
  reindex(incident: IncidentNode): void {
    this.unindex(incident)
    for (const problem of incident.members) this.index(problem, incident)
    for (const problem of incident.quiet) this.index(problem, incident)
  }

  /** Puts the lists a problem finds candidates in into `found`, most telling first; how many there are. */
  lists(problem: ProblemNode, found: KeyList[]): number {
    this.#bind(problem)
    let size = 0
    if (problem.assetKey !== null) found[size++] = problem.assetKey
    for (const list of problem.namedKeys) found[size++] = list
    if (problem.asset !== null && this.graph !== null) {
      for (const name of this.graph.near(problem.asset).keys()) {
        const list = this.assets.get(name)
        if (list !== undefined) found[size++] = list
      }
    }
    if (problem.signatureKey !== null) found[size++] = problem.signatureKey
    if (problem.serviceKey !== null) found[size++] = problem.serviceKey
    if (problem.siteKey !== null) found[size++] = problem.siteKey
    if (problem.outageKey !== null) found[size++] = problem.outageKey
    return size
  }

  /** Finds the lists of a problem's names, made when missing: who asks puts the problem there at once. */
  #bind(problem: ProblemNode): void {
    if (problem.hasKeys && !isStale(problem)) return
    const { asset, signature, labels: { named, service, site } } = problem
    problem.assetKey = asset === null ? null : KeyList.of(this.assets, asset)
    problem.namedKeys = named.length === 0 ? NO_KEYS : named.map((name) => KeyList.of(this.assets, name))
    problem.signatureKey = signature === null ? null : KeyList.of(this.signatures, signature)
    problem.serviceKey = service === null ? null : KeyList.of(this.services, service)
    // A site alone relates nothing; the same signature at one site does, and there it must not be crowded out by other sites.
    problem.siteKey = site === null || problem.signatureKey === null ? null : KeyList.of((problem.signatureKey.sites ??= new Map<string, KeyList>()), site)
    const { outage } = problem
    problem.outageKey = outage === null ? null : KeyList.of(this.outages, outage)
    problem.hasKeys = true
  }
}

/** True when a list of the problem's has left the index since. */
function isStale({ assetKey, namedKeys, signatureKey, serviceKey, siteKey, outageKey }: ProblemNode): boolean {
  return assetKey?.isGone === true || signatureKey?.isGone === true || serviceKey?.isGone === true || siteKey?.isGone === true || outageKey?.isGone === true || namedKeys.some((list) => list.isGone)
}
