import type { Graph } from './graph.ts'
import type { IncidentNode } from './incident-node.ts'
import { KeyList } from './key-list.ts'
import type { ProblemNode } from './problem-node.ts'
import { DEFAULT_TUNING, type Tuning } from './settings.ts'

/** Everything of one company: nothing here is ever reached from another one's. */
export class CompanyNode {
  readonly companyId: string
  tuning: Tuning = DEFAULT_TUNING
  settingsRevision = -1
  graph: Graph | null = null
  topologyRevision = -1
  readonly problems = new Map<string, ProblemNode>()
  readonly incidents = new Map<string, IncidentNode>()
  /** Command ids in the order they were answered, with the time. */
  readonly commands = new Map<string, number>()
  /** Problems that fire now. */
  firing = 0
  /** Serves asset and signature together too: an asset has far fewer incidents in a window than a key offers. */
  readonly assets = new Map<string, KeyList>()
  readonly signatures = new Map<string, KeyList>()
  readonly services = new Map<string, KeyList>()
  /** A site alone relates nothing; the same signature at one site does, and there it must not be crowded out by other sites. */
  readonly sites = new Map<string, KeyList>()

  constructor(companyId: string) {
    this.companyId = companyId
  }

  /** Puts a problem into the index under each of its keys. */
  index(problem: ProblemNode, incident: IncidentNode): void {
    const { asset, signature, labels } = problem
    if (asset !== null) KeyList.of(this.assets, asset).add(incident, problem)
    for (const name of labels.named) KeyList.of(this.assets, name).add(incident, problem)
    if (signature !== null) KeyList.of(this.signatures, signature).add(incident, problem)
    if (labels.service !== null) KeyList.of(this.services, labels.service).add(incident, problem)
    if (labels.site !== null && signature !== null) KeyList.of(this.sites, `${labels.site}|${signature}`).add(incident, problem)
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
  }

  /** Puts the lists a problem finds candidates in into `found`, most telling first. */
  lists(problem: ProblemNode, found: KeyList[]): void {
    const { asset, signature, labels } = problem
    found.length = 0
    if (asset !== null) pushAt(found, this.assets, asset)
    for (const name of labels.named) pushAt(found, this.assets, name)
    if (asset !== null && this.graph !== null) for (const name of this.graph.near(asset).keys()) pushAt(found, this.assets, name)
    if (signature !== null) pushAt(found, this.signatures, signature)
    if (labels.service !== null) pushAt(found, this.services, labels.service)
    if (labels.site !== null && signature !== null) pushAt(found, this.sites, `${labels.site}|${signature}`)
  }
}

function pushAt(found: KeyList[], map: ReadonlyMap<string, KeyList>, key: string): void {
  const list = map.get(key)
  if (list !== undefined) found.push(list)
}
