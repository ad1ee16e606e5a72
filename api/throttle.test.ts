import { expect, test } from 'vitest'
import { TestClock } from '../schemas/clock.ts'
import { LOGIN_LIMITS, LoginThrottle } from './throttle.ts'

const times = (count: number, work: (index: number) => void) => { for (let index = 0; index < count; index += 1) work(index) }
const refused = (work: () => unknown) => { try { work(); return false } catch { return true } }

test('refuses one account from one address after its limit, with the seconds to wait, and forgets after 15 minutes', () => {
  const clock = new TestClock()
  const throttle = new LoginThrottle(clock)
  times(LOGIN_LIMITS.pair, () => throttle.attempt('a@x', '1.1.1.1'))
  clock.tick(60_000)
  expect(() => throttle.attempt('A@x', '1.1.1.1')).toThrow(expect.objectContaining({ code: 'rate_limited', details: { retryAfterSeconds: 840 } }))
  expect(refused(() => throttle.attempt('a@x', '2.2.2.2'))).toBe(false)
  clock.tick(14 * 60_000)
  expect(refused(() => throttle.attempt('a@x', '1.1.1.1'))).toBe(false)
})

test('refuses an account tried from many addresses, and an address that tries many accounts', () => {
  const throttle = new LoginThrottle(new TestClock())
  times(LOGIN_LIMITS.account, (index) => throttle.attempt('victim@x', `10.0.0.${index}`))
  expect(refused(() => throttle.attempt('victim@x', '10.9.9.9'))).toBe(true)
  times(LOGIN_LIMITS.address, (index) => throttle.attempt(`user-${index}@x`, '3.3.3.3'))
  expect(refused(() => throttle.attempt('fresh@x', '3.3.3.3'))).toBe(true)
})

test('attempts that succeed do not count, and those under way do', () => {
  const throttle = new LoginThrottle(new TestClock())
  times(5 * LOGIN_LIMITS.address, () => throttle.attempt('a@x', '1.1.1.1')())
  const pending = Array.from({ length: LOGIN_LIMITS.pair }, () => throttle.attempt('a@x', '1.1.1.1'))
  expect(refused(() => throttle.attempt('a@x', '1.1.1.1'))).toBe(true)
  pending[0]?.()
  expect(refused(() => throttle.attempt('a@x', '1.1.1.1'))).toBe(false)
})
