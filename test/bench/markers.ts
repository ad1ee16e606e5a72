/** Markers: problems nobody has seen, posted while a load runs, and how long each takes from its post to the live event of its committed incident. */
import { performance } from 'node:perf_hooks'
import type { Program } from '../harness/process.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

/** Posts markers to a running program and hears of their incidents. */
export class Markers {
  readonly #program: Program
  readonly #seen = new Map<string, (atMs: number) => void>()
  #posted = 0

  private constructor(program: Program) {
    this.#program = program
  }

  /** Listens to the program's live events. */
  static async listen(program: Program): Promise<Markers> {
    const markers = new Markers(program)
    const answer = await fetch(`${program.url}/api/events`, { headers: { authorization: `Bearer ${program.adminToken}` } })
    if (!answer.ok || answer.body === null) throw new Error(`/api/events answered ${answer.status}`)
    // The stream ends with the program.
    markers.#read(answer.body).catch((thrown: unknown) => {
      if (markers.#seen.size > 0) throw thrown
    })
    return markers
  }

  /** Posts one; the time until its incident is committed, in ms. */
  async post(company: Company): Promise<number> {
    const name = `marker${this.#posted++}`
    const startedMs = performance.now()
    const seen = new Promise<number>((resolve) => this.#seen.set(name, resolve))
    const { status } = await post(this.#program.url, company, 'alerts', alertBody({ asset_name: name, signature: name, message: name, tool_source: name }))
    if (status !== 202) throw new Error(`a marker was answered ${status}`)
    return (await seen) - startedMs
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    for await (const chunk of body) {
      for (const [, name = ''] of decoder.decode(chunk, { stream: true }).matchAll(/"title":"(marker\d+) on/g)) {
        this.#seen.get(name)?.(performance.now())
        this.#seen.delete(name)
      }
    }
  }
}

/** The value below which a share `q` of the values lies; null of none. */
export function quantile(values: readonly number[], q: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? null
}
