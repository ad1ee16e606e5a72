import { expect, it } from 'vitest'
import { NEW_ACCOUNT, type AccountState } from '../../schemas/call-accounts.ts'
import { TestClock } from '../../schemas/clock.ts'
import { ExecutorError, type CloudAccount, type Executor } from '../executors/port.ts'
import { CALL_RATES, callGate } from '../runs/call-gate.ts'
import type { CallGate } from '../runs/ports.ts'
import { pacedInventory } from './paced-inventory.ts'
import { someMachine } from './test-plans.ts'

const QUERY = { text: 'web-01', tag: null }

/** An account whose look-up takes so many requests, one after the other; the last may go wrong. */
function world({ requests = 1, fault = null, key = null }: { readonly requests?: number; readonly fault?: ExecutorError | null; readonly key?: string | null } = {}) {
  const clock = new TestClock()
  const states = new Map<string, AccountState>()
  const gate: CallGate = callGate({
    change(account, _, work) {
      const { state, answer } = work(states.get(account) ?? NEW_ACCOUNT)
      states.set(account, state)
      return Promise.resolve(answer)
    },
    read: () => Promise.resolve(states),
  })
  const made: number[] = []
  const executor: Pick<Executor, 'machines' | 'countedBy'> = {
    async machines(_query, { turn }) {
      for (let request = 1; request <= requests; request++) {
        await turn?.()
        made.push(clock.now())
      }
      if (fault !== null) throw fault
      return [someMachine()]
    },
    ...(key === null ? {} : { countedBy: () => key }),
  }
  const open = (companyId: string, id: string): Promise<CloudAccount> => Promise.resolve({ id, companyId, cloud: 'aws', environment: 'production', fields: {}, secret: () => Promise.resolve(null) })
  const inventory = pacedInventory({ open, executors: () => Promise.resolve(executor), gate, clock })
  /** Looks up while time goes on in steps of a tenth of a second, as long as it has to wait. */
  const look = async (accountId = 'a'): Promise<unknown> => {
    let result: unknown
    const looking = inventory('c1', accountId, QUERY).then((found) => void (result = found), (thrown: unknown) => void (result = thrown))
    for (let step = 0; step < 400 && result === undefined; step++) {
      for (let turn = 0; turn < 50; turn++) await Promise.resolve()
      if (result === undefined) clock.tick(100)
    }
    await looking
    return result
  }
  return { clock, gate, made, look }
}
const asks = async (gate: CallGate, nowMs: number, count: number): Promise<number[]> => {
  const waits: number[] = []
  for (let call = 0; call < count; call++) waits.push(await gate.take('aws', 'a', 'ask', nowMs))
  return waits
}

it('never keeps a command from what it would have had, and gets no turn while one waits', async () => {
  const { clock, gate, made, look } = world({ requests: 60 })
  expect(await look()).toHaveLength(1)
  expect(made).toHaveLength(60)
  const { burst, perSecond } = CALL_RATES.aws.ask
  for (const at of made) expect(made.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(burst / 2 + perSecond)
  expect(await asks(gate, clock.now(), burst / 2)).toEqual(Array(burst / 2).fill(0))
  expect(await gate.spare('aws', 'a', clock.now())).toBeGreaterThan(0)
})

it('ends with its reason where commands leave nothing over in time, having called nobody', async () => {
  const { clock, gate, made, look } = world()
  await asks(gate, clock.now(), 400)
  const thrown = await look()
  expect(thrown).toMatchObject({ fault: 'throttled', message: expect.stringMatching(/busy with commands, which go first; try again in \d+ s/) as string })
  expect(made).toEqual([])
})

it('tells nothing of what it found before its turn was over', async () => {
  const { look, made } = world({ requests: 1_000 })
  expect(await look()).toMatchObject({ fault: 'throttled' })
  expect(made.length).toBeGreaterThan(100)
})

it('lets an account rest for everybody when the cloud throttles the look-up, and calls nobody while it rests', async () => {
  const { clock, gate, made, look } = world({ fault: new ExecutorError('throttled', 'too many', { retryAfterMs: 45_000 }) })
  expect(await look()).toMatchObject({ message: 'too many' })
  expect(await gate.take('aws', 'a', 'send', clock.now())).toBe(45_000)
  expect(await look()).toMatchObject({ fault: 'throttled', message: expect.stringContaining('rests') as string })
  expect(made).toHaveLength(1)
  expect(await look('b')).toMatchObject({ message: 'too many' })
})

it('counts accounts as one that are one at the cloud, and hands on other faults as they are', async () => {
  const fault = new ExecutorError('forbidden', 'no')
  const { clock, gate, look } = world({ key: 'shared', fault })
  expect(await look()).toBe(fault)
  await gate.rest('aws', 'shared', clock.now() + 60_000, clock.now())
  expect(await look('other')).toMatchObject({ fault: 'throttled' })
})
