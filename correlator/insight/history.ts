/**
 * Incidents that have ended, so that the next of the same problems is recognised. An incident is put down when it ends and taken out again
 * when it goes on after all; those whose problems are alike stand in one entry, with when each was and how a person last ended one.
 */
import type { CorrelateEntry, Fix, HistoryEntry } from '../../schemas/records.ts'
import { likeness } from './fingerprint.ts'
import { Memory, type Remembered } from './memory.ts'
import { HORIZON_MS } from './rhythms.ts'

/** Entries kept of one company of which one incident is known, and as many of which several are. */
export const HISTORY_MAX = 1_000
/** Incidents named in one entry. */
export const OCCURRENCES_MAX = 16
/** Sets so alike are the same trouble when it is put down. */
const SAME_LIKENESS = 0.8
/** Entries one hash offers, newest first. */
const OFFERED_MAX = 8
const TEXT_CHARS = 500

/** Incidents of the same problems. */
export class HistoryNode implements Remembered {
  readonly id: string
  readonly stateKey: string
  readonly entry: CorrelateEntry
  readonly state: HistoryEntry

  constructor(state: HistoryEntry) {
    this.id = state.historyId
    this.stateKey = `${state.companyId}|h|${state.historyId}`
    this.state = state
    this.entry = { event: state }
  }

  get isRecurring(): boolean {
    return this.state.occurrences.length > 1
  }

  get lastMs(): number {
    return this.state.occurrences.at(-1)?.endedAtMs ?? 0
  }
}

/** An entry that is like what was asked for. */
export interface Seen { readonly node: HistoryNode; readonly likeness: number }

/** An incident that has ended, as it is put down. */
export interface Ended {
  readonly incidentId: string
  readonly sketch: readonly number[]
  readonly size: number
  readonly openedAtMs: number
  readonly endedAtMs: number
}

/** The history of one company. */
export class History {
  readonly #memory = new Memory<HistoryNode>(HISTORY_MAX)
  readonly #byHash = new Map<number, HistoryNode[]>()
  readonly #byIncident = new Map<string, HistoryNode>()
  readonly #companyId: string

  constructor(companyId: string) {
    this.#companyId = companyId
  }

  get size(): number {
    return this.#memory.size
  }

  /** Puts back what was stored. */
  load(nodes: HistoryNode[]): void {
    this.#memory.load(nodes)
    for (const node of nodes) this.#index(node)
  }

  /** The entry that holds an incident. */
  holding(incidentId: string): HistoryNode | undefined {
    return this.#byIncident.size === 0 ? undefined : this.#byIncident.get(incidentId)
  }

  /** The entry most like a set of problems, at least so much; of equally alike ones the latest. */
  find(sketch: readonly number[], atLeast: number): Seen | null {
    let [best, most]: [HistoryNode | null, number] = [null, 0]
    for (const hash of sketch) {
      const nodes = this.#byHash.get(hash)
      if (nodes === undefined) continue
      for (const node of nodes.slice(-OFFERED_MAX)) {
        if (node === best) continue
        const alike = likeness(sketch, node.state.sketch)
        if (alike >= atLeast && (best === null || alike > most || (alike === most && isLater(node, best)))) [best, most] = [node, alike]
      }
    }
    return best === null ? null : { node: best, likeness: most }
  }

  /** Puts an incident down by the record at `version`; the entry that holds it now, and the one that had to go for it. */
  putDown({ incidentId, sketch, size, openedAtMs, endedAtMs }: Ended, version: number): { readonly node: HistoryNode; readonly gone: HistoryNode | null } {
    let node = this.find(sketch, SAME_LIKENESS)?.node
    if (node === undefined) node = new HistoryNode({ type: 'history', companyId: this.#companyId, historyId: incidentId, sketch: [], size, occurrences: [], fix: null, version, turn: 0 })
    else this.#unindex(node)
    const { state } = node
    // The latest shape counts: troubles change slowly.
    state.sketch = [...sketch]
    state.size = size
    const occurrences = [...state.occurrences, { incidentId, openedAtMs, endedAtMs }].sort((a, b) => a.endedAtMs - b.endedAtMs || (a.incidentId < b.incidentId ? -1 : 1))
    const oldestMs = (occurrences.at(-1)?.endedAtMs ?? 0) - HORIZON_MS
    state.occurrences = occurrences.filter((occurrence) => occurrence.endedAtMs >= oldestMs).slice(-OCCURRENCES_MAX)
    this.#index(node)
    const gone = this.#memory.touch(node, version)
    if (gone !== null) this.#unindex(gone)
    return { node, gone }
  }

  /** Notes how a person ended the incident; words are not replaced by silence. */
  noteFix(node: HistoryNode, fix: Fix): void {
    const { fix: known } = node.state
    const said = fix.text?.trim().slice(0, TEXT_CHARS) ?? ''
    if (said === '' && known !== null && known.text !== null) return
    node.state.fix = { ...fix, text: said === '' ? null : said }
  }

  /** Takes an incident out of its entry, because it goes on after all. The entry that is gone: this one where it is empty now, or one that had to go for it. */
  takeOut(node: HistoryNode, incidentId: string, version: number): HistoryNode | null {
    const { state } = node
    this.#unindex(node)
    state.occurrences = state.occurrences.filter((occurrence) => occurrence.incidentId !== incidentId)
    // What was done did not hold.
    if (state.fix?.incidentId === incidentId) state.fix = null
    this.#memory.remove(node)
    if (state.occurrences.length === 0) return node
    this.#index(node)
    const gone = this.#memory.touch(node, version)
    if (gone !== null) this.#unindex(gone)
    return gone
  }

  /** Forgets what ended before a time. */
  expire(beforeMs: number, most: number, forgotten: (node: HistoryNode) => void): void {
    this.#memory.expire(beforeMs, most, (node) => {
      this.#unindex(node)
      forgotten(node)
    })
  }

  #index(node: HistoryNode): void {
    for (const hash of node.state.sketch) {
      const nodes = this.#byHash.get(hash)
      if (nodes === undefined) this.#byHash.set(hash, [node])
      else nodes.push(node)
    }
    for (const { incidentId } of node.state.occurrences) this.#byIncident.set(incidentId, node)
  }

  #unindex(node: HistoryNode): void {
    for (const hash of node.state.sketch) {
      const nodes = this.#byHash.get(hash)
      const at = nodes?.indexOf(node) ?? -1
      if (nodes === undefined || at < 0) continue
      if (nodes.length === 1) this.#byHash.delete(hash)
      else nodes.splice(at, 1)
    }
    for (const { incidentId } of node.state.occurrences) if (this.#byIncident.get(incidentId) === node) this.#byIncident.delete(incidentId)
  }
}

function isLater(a: HistoryNode, b: HistoryNode): boolean {
  return a.lastMs !== b.lastMs ? a.lastMs > b.lastMs : a.id > b.id
}
