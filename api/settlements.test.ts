import { expect, test } from 'vitest'
import { TestClock } from '../schemas/clock.ts'
import type { CommandView } from '../schemas/views.ts'
import { Settlements } from './settlements.ts'

const command = (status: CommandView['status']): CommandView => ({
  id: 'c', companyId: 'a', incidentId: 'i', action: 'note', status, code: null, message: null, version: null, appliedIncidentId: null, createdAt: '', settledAt: null,
})
const turns = async (count = 20) => { for (let turn = 0; turn < count; turn += 1) await Promise.resolve() }

test('is woken by the projection at once', async () => {
  const settlements = new Settlements(new TestClock())
  let status: CommandView['status'] = 'pending'
  const outcome = settlements.outcome(command('pending'), async () => command(status))
  await turns()
  status = 'done'
  settlements.settled('another')
  settlements.settled('c')
  expect((await outcome).status).toBe('done')
})

test('an outcome that lands between asking and waiting is not missed', async () => {
  const settlements = new Settlements(new TestClock())
  let looks = 0
  const outcome = settlements.outcome(command('pending'), async () => {
    settlements.settled('c')
    return command(looks++ === 0 ? 'pending' : 'refused')
  })
  expect((await outcome).status).toBe('refused')
})

test('finds out by itself where another process projects, and gives up after five seconds', async () => {
  const clock = new TestClock()
  const settlements = new Settlements(clock)
  let looks = 0
  const outcome = settlements.outcome(command('pending'), async () => { looks += 1; return command('pending') })
  for (let tick = 0; tick < 20; tick += 1) {
    await turns()
    clock.tick(250)
  }
  expect((await outcome).status).toBe('pending')
  expect(looks).toBeGreaterThan(15)
})
