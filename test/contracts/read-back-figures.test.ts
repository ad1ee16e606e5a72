/** What docs/tickets.md says of how many tickets an hour are read back, held to what reading one takes over there and what the account may be called. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { READ_BACK_CALLS, readBackShareOf } from '../../connectors/budget/limits.ts'
import { TestClock } from '../../schemas/clock.ts'
import { connectorWorld } from '../harness/connector-world.ts'
import { SUBJECTS } from './connector/subjects.ts'

const GUIDE = readFileSync(join(import.meta.dirname, '../../docs/tickets.md'), 'utf8')
const HOUR_MS = 3_600_000

it.each(SUBJECTS.map(({ connector, start }) => ({ id: connector.id, connector, start })))('the tickets of $id that are read back in an hour are those the guide says', async ({ connector, start }) => {
  const clock = new TestClock(Date.UTC(2026, 2, 1, 12))
  const fake = await start({ clock })
  const world = connectorWorld(connector, fake, clock)
  const ctx = world.ctx()
  const made = await connector.create(world.draft(), ctx)
  await connector.update(made.ref, { mapping: world.connection.mapping, notes: [world.note()] }, ctx)
  // What is looked up for all tickets is asked for once.
  await connector.read(made.ref, ctx)
  const before = fake.calls.length
  await connector.read(made.ref, ctx)
  const calls = fake.calls.length - before
  const pace = connector.pace(world.connection)
  const hourly = Math.min(...pace.limits.filter(({ counts }) => counts !== 'writes').map(({ calls: most, windowMs }) => {
    // The last of a window is begun while there is room for one that takes longer.
    const inWindow = Math.floor((readBackShareOf(most) - READ_BACK_CALLS) / calls) + 1
    return Math.floor((inWindow * HOUR_MS) / windowMs)
  }))
  await fake.stop()
  expect(GUIDE).toContain(`| ${connector.config.title} | ${calls} | ${hourly.toLocaleString('en')} |`)
})
