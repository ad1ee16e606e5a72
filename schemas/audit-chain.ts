/** How lines of the audit log are chained, and how a chain is checked: the same for the database's own and for a file that was exported. */
import { createHash } from 'node:crypto'

/** Hash before the first line. */
export const CHAIN_START = '00'.repeat(32)

/** One line with its place in the chain. `entry` is the text that was hashed: JSON, to be kept byte for byte. */
export interface ChainedLine {
  readonly seq: number
  /** Hex. */
  readonly previous: string
  /** Hex. */
  readonly hash: string
  readonly entry: string
}

/** What a check found; `broken` names the first line that does not hold and why. */
export interface ChainReport {
  readonly ok: boolean
  readonly lines: number
  /** Lines that are left out of what was given, such as those of other companies: the chain was not seen whole. */
  readonly gaps: number
  /** The newest line that holds, to be noted somewhere else; null: there is none. */
  readonly head: { readonly seq: number; readonly hash: string } | null
  readonly broken: { readonly seq: number; readonly reason: string } | null
}

/** Hash of a line, in hex. */
export function linkHash(previous: string, entry: string): string {
  return createHash('sha256').update(Buffer.from(previous, 'hex')).update(entry).digest('hex')
}

/** The line as it is written to a file: JSON with the entry inside as it is. */
export function chainedText({ seq, previous, hash, entry }: ChainedLine): string {
  return `{"seq":${seq},"previous":"${previous}","hash":"${hash}","entry":${entry}}`
}

const LINE = /^\{"seq":(\d{1,15}),"previous":"([0-9a-f]{64})","hash":"([0-9a-f]{64})","entry":(\{.*\})\}$/s

/** Reads a line back; null where it has not that form. */
export function readChained(text: string): ChainedLine | null {
  const [, seq, previous, hash, entry] = LINE.exec(text) ?? []
  if (seq === undefined || previous === undefined || hash === undefined || entry === undefined) return null
  return { seq: Number(seq), previous, hash, entry }
}

/** Takes lines in order and says in the end whether they hold together. */
export class ChainCheck {
  #lines = 0
  #gaps = 0
  #head: ChainReport['head'] = null
  #broken: ChainReport['broken'] = null
  readonly #expected: { readonly seq: number; readonly hash: string } | null
  #isExpectedSeen = false

  /** `expected`: a head that was noted earlier; the chain must hold that very line. */
  constructor(expected: { readonly seq: number; readonly hash: string } | null = null) {
    this.#expected = expected
  }

  /** Judges the next line; after the first that does not hold nothing more is judged. */
  take(line: ChainedLine): void {
    if (this.#broken !== null) return
    const { seq, previous, hash } = line
    const head = this.#head ?? { seq: 0, hash: CHAIN_START }
    if (seq <= head.seq) return this.fail(seq, `it stands after line ${head.seq}`)
    if (seq === head.seq + 1 && previous !== head.hash) return this.fail(seq, 'it was not written after the line before it: a line was changed or taken out')
    if (linkHash(previous, line.entry) !== hash) return this.fail(seq, 'its text is not the one that was hashed')
    if (this.#expected?.seq === seq) {
      if (this.#expected.hash !== hash) return this.fail(seq, 'it is not the line that was noted: the chain was made anew')
      this.#isExpectedSeen = true
    }
    if (seq > head.seq + 1) this.#gaps += seq - head.seq - 1
    this.#lines += 1
    this.#head = { seq, hash }
  }

  /** Says that a line does not hold, for a reason only the caller can see. */
  fail(seq: number, reason: string): void {
    this.#broken ??= { seq, reason }
  }

  /** What was found. */
  report(): ChainReport {
    if (this.#expected !== null && !this.#isExpectedSeen) this.fail(this.#expected.seq, 'the line that was noted is not there: the end was cut off')
    return { ok: this.#broken === null, lines: this.#lines, gaps: this.#gaps, head: this.#head, broken: this.#broken }
  }
}
