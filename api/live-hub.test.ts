import { expect, test } from 'vitest'
import type { Scope } from '../schemas/access.ts'
import { TestClock } from '../schemas/clock.ts'
import { LiveHub, mayHear, type LiveEvent } from './live-hub.ts'

const news = (companyId: string | null = 'a') => ({ type: 'incident_updated' as const, companyId, assignee: null, data: {} })
const heard = (hub: LiveHub, lastId: string | null) => {
  const events: string[] = []
  hub.listen(lastId, (event) => events.push(event.type === 'resync' ? 'resync' : event.id))
  return events
}

test('goes on after the last id, with neither gap nor repeat', () => {
  const hub = new LiveHub(new TestClock())
  const ids = Array.from({ length: 5 }, () => hub.publish(news()).id)
  const events = heard(hub, ids[1] ?? '')
  const next = hub.publish(news()).id
  expect(events).toEqual([...ids.slice(2), next])
  expect(heard(hub, next)).toEqual([])
  expect(heard(hub, null)).toEqual([])
})

test.each(['', 'other-1', '7', 'NaN'])('an id that is not of this process (%j) means reading anew', (id) => {
  const hub = new LiveHub(new TestClock())
  hub.publish(news())
  expect(heard(hub, id)).toEqual(['resync'])
})

test('an id from the future or from before what is remembered means reading anew, however much was published', () => {
  const hub = new LiveHub(new TestClock())
  const first = hub.publish(news()).id
  for (let count = 0; count < 30_000; count += 1) hub.publish(news())
  expect(heard(hub, first)).toEqual(['resync'])
  expect(heard(hub, first.replace(/-1$/, '-99999'))).toEqual(['resync'])
  expect(heard(hub, first.replace(/-1$/, '-30000'))).toHaveLength(1)
})

test('tells received alerts once a second and company', async () => {
  const clock = new TestClock()
  const hub = new LiveHub(clock)
  const events: LiveEvent[] = []
  hub.listen(null, (event) => events.push(event))
  for (let count = 0; count < 10; count += 1) hub.countAlerts(count % 2 === 0 ? 'a' : 'b', 2)
  expect(events).toEqual([])
  clock.tick(1_000)
  await Promise.resolve()
  expect(events.map(({ companyId, data }) => [companyId, data])).toEqual([['a', { companyId: 'a', count: 10, at: clock.now() }], ['b', { companyId: 'b', count: 10, at: clock.now() }]])
})

const scope = (role: Scope['role'], companyIds: Scope['companyIds'] = ['a']): Scope => ({ role, userId: 'me', companyIds })
const event = (companyId: string | null, assignee: string | null): LiveEvent => ({ id: '1', type: 'incident_updated', companyId, assignee, data: {} })

test.each([
  ['an MSP Admin', scope('msp_admin', 'all'), [true, true, true, true, true]], ['a company admin', scope('company_admin'), [true, true, true, false, false]],
  ['a technician', scope('technician'), [true, true, false, false, false]], ['a viewer', scope('viewer'), [true, true, true, false, false]],
])('%s hears only what they may see', (_who, listener, expected) => {
  expect([event('a', null), event('a', 'me'), event('a', 'you'), event('b', null), event(null, null)].map((one) => mayHear(listener, one))).toEqual(expected)
})
