/**
 * The story: a monitoring system keeps posting while the machine kills the program again and again, at random moments. Every delivery that was
 * answered 202 must have exactly one fate an element, the balance must be even, and a replay of the logs must give the same problems and incidents.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../schemas/clock.ts'
import { openDatabase } from '../../storage/postgres/database.ts'
import { Load, randomFrom } from '../harness/load.ts'
import { Program, until } from '../harness/process.ts'
import { compareProjection } from '../harness/projection.ts'
import { replayCorrelation, replayRaw, withEmbeddedLog } from '../harness/replay.ts'
import type { Company } from '../harness/sender.ts'

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

it(`loses nothing over ${ROUNDS} kills under load`, { timeout: 900_000 }, async () => {
  const load = new Load({ url: program.url, companies: [company], seed: SEED, random })
  const { accepted } = load
  const running = load.run()
  for (let round = 0; round < ROUNDS; round++) {
    await delay(100 + random() * 900)
    await program.kill()
    await program.start()
  }
  load.stop()
  await running
  expect(accepted.size, 'the load got through').toBeGreaterThan(ROUNDS * 10)

  const elements = load.elements()
  const balance = await until('everything accepted has its fate', async () => {
    const now = await program.api<{ accepted: number; inFlight: number; difference: number; missing: number; surplus: number }>('GET', `/api/balance?company=${company.id}`)
    return now.inFlight === 0 && now.accepted >= elements ? now : null
  }, 400_000)
  expect(balance).toMatchObject({ difference: 0, inFlight: 0 })

  let checked = 0
  for (const [deliveryId, { elements: count }] of accepted) {
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

  const database = await openDatabase({ dataDir: program.dataDir, clock: systemClock })
  const projection = await withEmbeddedLog(program.dataDir, (open) => compareProjection(open, database))
  await database.close()
  expect(projection.incidents, 'the database shows something').toBeGreaterThan(0)
  expect(projection.differences).toEqual([])
})
