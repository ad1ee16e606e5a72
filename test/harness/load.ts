/** Monitoring tools that never stop posting, and never give up on what was not answered. */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { alertBody, post, type Company } from './sender.ts'

/** What is posted where. */
export interface LoadOptions {
  readonly url: string
  readonly companies: readonly Company[]
  /** Makes the delivery ids of this run. */
  readonly seed: number
  readonly random: () => number
  readonly senders?: number
  /** Pause of each sender after each delivery, in ms. */
  readonly pauseMs?: number
}

/** A delivery that was answered as accepted. */
export interface Accepted {
  readonly companyId: string
  readonly elements: number
}

/** Posts without end from several senders; what was not answered is sent again under its id, as a tool would. */
export class Load {
  /** By delivery id. */
  readonly accepted = new Map<string, Accepted>()
  readonly #options: LoadOptions
  #isRunning = true
  #sent = 0

  constructor(options: LoadOptions) {
    this.#options = options
  }

  /** So many alerts were accepted, of one company or of all. */
  elements(companyId?: string): number {
    return [...this.accepted.values()].reduce((sum, one) => sum + (companyId === undefined || one.companyId === companyId ? one.elements : 0), 0)
  }

  /** Until `stop`. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  stop(): void {
    this.#isRunning = false
  }

  /** Resolves once stopped and every sender has its last answer. */
  async run(): Promise<void> {
    const { senders = 4, pauseMs = 0 } = this.#options
    await Promise.all(Array.from({ length: senders }, async () => {
      while (this.#isRunning) {
        await this.#deliver()
        if (pauseMs > 0) await delay(pauseMs)
      }
    }))
  }

  async #deliver(): Promise<void> {
    const { url, companies, seed, random } = this.#options
    const number = this.#sent++
    const company = companies[number % companies.length]!
    const elements = 1 + Math.floor(random() * 3)
    const body = Array.from({ length: elements }, () => alertBody({
      asset_name: `host-${Math.floor(random() * 40)}`, signature: ['HighCPU', 'DiskFull', 'ServiceDown'][Math.floor(random() * 3)]!, status: random() < 0.4 ? 'resolved' : 'firing',
    }))
    const id = createHash('sha256').update(`${seed}:${number}`).digest('hex').slice(0, 24)
    for (;;) {
      try {
        const { status, answer } = await post(url, company, 'alerts', body, id)
        if (status === 202 || (status === 200 && answer.duplicate === true)) {
          this.accepted.set(answer.deliveryId!, { companyId: company.id, elements })
          return
        }
        if (status !== 503 && status !== 429 && status !== 401) throw new Error(`a delivery was answered ${status}: ${JSON.stringify(answer)}`)
        if (status === 429) await delay(1_000)
      } catch (thrown) {
        if (thrown instanceof Error && thrown.message.startsWith('a delivery was answered')) throw thrown
      }
      // A sender gives up on what was never accepted only when the test is over.
      if (!this.#isRunning) return
      await delay(20)
    }
  }
}

/** A small linear congruential generator: the same seed gives the same moments. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
