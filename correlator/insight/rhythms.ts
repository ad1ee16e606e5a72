/** When troubles began, by fingerprint: what periods are found in. */
import type { CorrelateEntry, RhythmEntry } from '../../schemas/records.ts'
import { Memory, type Remembered } from './memory.ts'

/** Onsets kept of one trouble. */
export const ONSETS_MAX = 32
/** Troubles kept of one company that began once, and as many that began again. */
export const RHYTHMS_MAX = 5_000
/** What was last seen longer ago is forgotten: the log itself keeps little more. */
export const HORIZON_MS = 28 * 86_400_000
/** Onsets closer together than this are one: another tool said the same, or it came late. */
const SAME_ONSET_MS = 60_000

/** One trouble's onsets. */
export class Rhythm implements Remembered {
  readonly id: number
  readonly stateKey: string
  readonly entry: CorrelateEntry
  readonly state: RhythmEntry

  constructor(state: RhythmEntry) {
    this.id = state.fingerprint
    this.stateKey = `${state.companyId}|o|${state.fingerprint.toString(36)}`
    this.state = state
    this.entry = { event: state }
  }

  get isRecurring(): boolean {
    return this.state.onsetsMs.length > 1
  }

  get lastMs(): number {
    return this.state.onsetsMs.at(-1) ?? 0
  }
}

/** The rhythms of one company. */
export class Rhythms {
  readonly memory = new Memory<Rhythm>(RHYTHMS_MAX)
  readonly #companyId: string

  constructor(companyId: string) {
    this.#companyId = companyId
  }

  /**
   * Notes an onset; the rhythm, and the one that had to go for it. `isKnownOnly`: begin no new rhythm, because what begins in the thick of a
   * storm says nothing of when it will again.
   */
  began(fingerprint: number, onsetMs: number, version: number, isKnownOnly: boolean): { readonly rhythm: Rhythm; readonly gone: Rhythm | null } | null {
    let rhythm = this.memory.get(fingerprint)
    if (rhythm === undefined) {
      if (isKnownOnly) return null
      rhythm = new Rhythm({ type: 'rhythm', companyId: this.#companyId, fingerprint, onsetsMs: [onsetMs], version, turn: 0 })
    } else note(rhythm.state.onsetsMs, onsetMs)
    return { rhythm, gone: this.memory.touch(rhythm, version) }
  }
}

function note(onsetsMs: number[], onsetMs: number): void {
  let at = onsetsMs.length
  while (at > 0 && (onsetsMs[at - 1] as number) > onsetMs) at -= 1
  const [before, after] = [onsetsMs[at - 1], onsetsMs[at]]
  if ((before !== undefined && onsetMs - before < SAME_ONSET_MS) || (after !== undefined && after - onsetMs < SAME_ONSET_MS)) return
  onsetsMs.splice(at, 0, onsetMs)
  const oldestMs = (onsetsMs.at(-1) ?? 0) - HORIZON_MS
  while (onsetsMs.length > ONSETS_MAX || (onsetsMs[0] ?? oldestMs) < oldestMs) onsetsMs.shift()
}
