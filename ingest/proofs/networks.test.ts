import { expect, test } from 'vitest'
import { NO_AUTHENTICATION } from '../../schemas/authentication.ts'
import { isAllowedAddress } from './networks.ts'

test.each([
  [[], '203.0.113.9', true],
  [['203.0.113.9'], '203.0.113.9', true],
  [['203.0.113.9'], '203.0.113.10', false],
  [['203.0.113.0/24'], '203.0.113.255', true],
  [['203.0.113.0/24'], '203.0.114.0', false],
  [['203.0.113.77/24'], '203.0.113.1', true],
  [['10.0.0.0/8', '192.0.2.0/31'], '192.0.2.1', true],
  [['10.0.0.0/8', '192.0.2.0/31'], '192.0.2.2', false],
  [['0.0.0.0/0'], '8.8.8.8', true],
  [['0.0.0.0/0'], '2001:db8::1', false],
  [['2001:db8::/32'], '2001:db8:ffff::1', true],
  [['2001:db8::/32'], '2001:db9::1', false],
  [['2001:db8::/32'], '192.0.2.1', false],
  [['203.0.113.0/24'], '::ffff:203.0.113.5', true],
  [['203.0.113.0/24'], '::ffff:203.0.114.5', false],
  [['::1/128'], '::1', true],
  [['203.0.113.0/24'], 'not an address', false],
])('%j lets %s in: %s', (allowedNetworks, address, isAllowed) => {
  expect(isAllowedAddress({ ...NO_AUTHENTICATION, allowedNetworks }, address)).toBe(isAllowed)
})
