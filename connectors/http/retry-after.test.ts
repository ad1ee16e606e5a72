import { expect, it } from 'vitest'
import { retryAfterMs } from './retry-after.ts'

const NOW = Date.UTC(2026, 0, 1)

it.each([
  ['7', 7_000], ['0.5', 500], ['86400', 900_000], [new Date(NOW + 30_000).toUTCString(), 30_000], [new Date(NOW - 30_000).toUTCString(), null], ['0', null], ['-3', null], ['soon', null], ['', null],
])('Retry-After %s waits %s ms', (value, ms) => {
  expect(retryAfterMs(new Headers(value === '' ? {} : { 'retry-after': value }), NOW)).toBe(ms)
})
