/**
 * The story: a monitoring system keeps posting while the machine kills the program again and again, at random moments. Every delivery that was
 * answered 202 must have exactly one fate an element, the balance must be even, and a replay of the logs must give the same problems and incidents.
 */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Program, until } from '../harness/process.ts'
import { replayCorrelation, replayRaw } from '../harness/replay.ts'
import { alertBody, post, type Company } from '../harness/sender.ts'

const ROUNDS = Number(process.env.AW_CRASH_ROUNDS ?? 20)
/** A seed that is printed, so that a failure can be run again: AW_CRASH_SEED=… */
const SEED = Number(process.env.AW_CRASH_SEED ?? Date.now() % 1_000_000)

let program: Program
let company: Company
let random: () => number

beforeAll(async () => {
  console.log(`crash test: seed ${SEED}`)
  random = randomFrom(SEED)
  program = await Program.up()
  await program.start()
  company = await program.api<Company>('POST', '/api/companies', { name: 'Crash Ltd' })
})
afterAll(async () => program.remove())

it(`loses nothing over ${ROUNDS} kills under load`, { timeout: 600_000 }, async () => {
  const accepted = new Map<string, number>()
  const load = new Load(accepted)
  const running = load.run()
  for (let round = 0; round < ROUNDS; round++) {
    await delay(100 + random() * 900)
    await program.kill()
    await program.start()
  }
  load.stop()
  await running
  expect(accepted.size, 'the load got through').toBeGreaterThan(ROUNDS * 10)

  const elements = [...accepted.values()].reduce((sum, count) => sum + count, 0)
  const balance = await until('everything accepted has its fate', async () => {
    const now = await program.api<{ accepted: number; inFlight: number; difference: number; missing: number; surplus: number }>('GET', `/api/balance?company=${company.id}`)
    return now.inFlight === 0 && now.accepted >= elements ? now : null
  }, 120_000)
  expect(balance).toMatchObject({ difference: 0, inFlight: 0 })

  let checked = 0
  for (const [deliveryId, count] of accepted) {
    if (checked++ % 7 !== 0) continue
    const delivery = await program.api<{ elements: { fate: string; element: number; reason: string | null }[] }>('GET', `/api/deliveries/${deliveryId}`)
    const fates = delivery.elements.filter((alert) => alert.reason !== 'duplicate_delivery').map((alert) => alert.element)
    expect(fates.sort((a, b) => a - b), `delivery ${deliveryId}`).toEqual(Array.from({ length: count }, (_, element) => element))
  }

  await program.stop()
  const correlation = await replayCorrelation(program.dataDir)
  expect(correlation.published, 'incidents.v1 has something to compare').toBeGreaterThan(0)
  expect(correlation.differences).toEqual([])
  const raw = await replayRaw(program.dataDir)
  expect(raw.published).toBeGreaterThan(0)
  expect(raw.differences).toEqual([])
})

/** Posts without pause from four senders; what was not answered is sent again under its id, as a tool would. */
class Load {
  readonly #accepted: Map<string, number>
  #isRunning = true
  #sent = 0

  constructor(accepted: Map<string, number>) {
    this.#accepted = accepted
  }

  stop(): void {
    this.#isRunning = false
  }

  async run(): Promise<void> {
    await Promise.all([0, 1, 2, 3].map(async () => {
      while (this.#isRunning) await this.#deliver()
    }))
  }

  async #deliver(): Promise<void> {
    const number = this.#sent++
    const elements = 1 + Math.floor(random() * 3)
    const body = Array.from({ length: elements }, () => alertBody({
      asset_name: `host-${Math.floor(random() * 40)}`, signature: ['HighCPU', 'DiskFull', 'ServiceDown'][Math.floor(random() * 3)]!, status: random() < 0.4 ? 'resolved' : 'firing',
    }))
    const id = createHash('sha256').update(`${SEED}:${number}`).digest('hex').slice(0, 24)
    for (;;) {
      try {
        const { status, answer } = await post(program.url, company, 'alerts', body, id)
        if (status === 202 || (status === 200 && answer.duplicate === true)) {
          this.#accepted.set(answer.deliveryId!, elements)
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
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
