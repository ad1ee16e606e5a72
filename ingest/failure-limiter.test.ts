import { expect, test } from 'vitest'
import { FailureLimiter } from './failure-limiter.ts'

test('an address may fail so often in a minute and then has to wait', () => {
  const limiter = new FailureLimiter(2)
  expect(limiter.fail('192.0.2.1', 0)).toBeNull()
  expect(limiter.fail('192.0.2.1', 1_000)).toBeNull()
  expect(limiter.fail('192.0.2.1', 2_000)).toBe(58)
  expect(limiter.fail('192.0.2.2', 2_000)).toBeNull()
  expect(limiter.fail('192.0.2.1', 60_000)).toBeNull()
})

test('the addresses of one IPv6 customer count together', () => {
  const limiter = new FailureLimiter(1)
  expect(limiter.fail('2001:db8:1:2::1', 0)).toBeNull()
  expect(limiter.fail('2001:db8:1:2:9:9:9:9', 0)).not.toBeNull()
  expect(limiter.fail('2001:db8:1:3::1', 0)).toBeNull()
})

test('however their zeros are shortened', () => {
  const limiter = new FailureLimiter(1)
  expect(limiter.fail('2001:db8::1', 0)).toBeNull()
  for (const same of ['2001:db8:0:0:1::', '2001:db8::9:8:7:6', '2001:0db8:0000:0:0:0:0:2', '2001:DB8::1:0:0:5']) expect(limiter.fail(same, 0)).not.toBeNull()
  expect(limiter.fail('2001:db8:0:1::1', 0)).toBeNull()
  expect(limiter.fail('::1', 0)).toBeNull()
})

test('IPv4 addresses written as IPv6 count alone', () => {
  const limiter = new FailureLimiter(1)
  expect(limiter.fail('::ffff:192.0.2.1', 0)).toBeNull()
  expect(limiter.fail('::ffff:192.0.2.2', 0)).toBeNull()
})

test('a flood from many addresses costs bounded memory', () => {
  const limiter = new FailureLimiter(1)
  for (let index = 0; index < 12_000; index++) limiter.fail(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, 0)
  expect(limiter.size).toBe(10_000)
})
