import { expect, it } from 'vitest'
import { refusedForMs, retryAfterMs } from './retry-after.ts'

const NOW = Date.UTC(2026, 0, 1)

it.each([
  ['7', 7_000], ['0.5', 500], ['86400', 900_000], [new Date(NOW + 30_000).toUTCString(), 30_000], [new Date(NOW - 30_000).toUTCString(), null], ['0', null], ['-3', null], ['soon', null], ['', null],
])('Retry-After %s waits %s ms', (value, ms) => {
  expect(retryAfterMs(new Headers(value === '' ? {} : { 'retry-after': value }), NOW)).toBe(ms)
})

it.each([
  [{ 'retry-after': '7', 'x-ratelimit-reset': '60' }, 7_000], [{ 'x-ratelimit-reset': String(NOW / 1_000 + 40) }, 40_000], [{ 'ratelimit-reset': '12' }, 12_000], [{ 'x-ratelimit-reset': '2026-01-01T00:00:09Z' }, 9_000],
  [{ 'x-ratelimit-reset': String(NOW / 1_000 - 40) }, null], [{ 'x-ratelimit-reset': String(NOW / 1_000 + 3_000) }, 900_000], [{}, null],
])('a refusal with %j waits %s ms', (headers, ms) => {
  expect(refusedForMs(new Headers(headers as Record<string, string>), NOW)).toBe(ms)
})
