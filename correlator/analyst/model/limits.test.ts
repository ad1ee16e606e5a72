import { describe, expect, test } from 'vitest'
import { limitNotices, retryAfterSeconds } from './limits.ts'

const NOW = Date.UTC(2026, 0, 1)
const from = (headers: Record<string, string>) => (name: string): string | null => headers[name] ?? null

describe('a wait in headers', () => {
  test.each([
    ['seconds', { 'retry-after': '7' }, 7],
    ['a fraction, rounded up', { 'retry-after': '0.2' }, 1],
    ['a date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30],
    ['a date that has passed', { 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    ['milliseconds, which go first', { 'retry-after-ms': '1500', 'retry-after': '60' }, 2],
    ['a year, taken as an hour', { 'retry-after': '31536000' }, 3_600],
    ['nothing', {}, null],
    ['nonsense', { 'retry-after': 'soon' }, null],
  ])('reads %s', (_what, headers, seconds) => {
    expect(retryAfterSeconds(from(headers as Record<string, string>), NOW)).toBe(seconds)
  })
})

describe('limits in headers', () => {
  test.each([['1s', 1_000], ['6m0s', 360_000], ['20ms', 20], ['1h2m3.5s', 3_600_000], ['45', 45_000], ['59s', 59_000]])('reads a reset of %s', (reset, resetMs) => {
    expect(limitNotices(from({ 'x-ratelimit-remaining-requests': '9', 'x-ratelimit-reset-requests': reset }), NOW)).toEqual([{ kind: 'requests', left: 9, resetMs }])
  })

  test('reads Anthropic’s, whose resets are dates', () => {
    expect(limitNotices(from({
      'anthropic-ratelimit-requests-remaining': '49', 'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:10Z', 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': '2026-01-01T00:01:00Z',
    }), NOW)).toEqual([{ kind: 'requests', left: 49, resetMs: 10_000 }, { kind: 'tokens', left: 0, resetMs: 60_000 }])
  })

  test.each([['no reset', { 'x-ratelimit-remaining-tokens': '1' }], ['a count that is none', { 'x-ratelimit-remaining-tokens': '-1', 'x-ratelimit-reset-tokens': '1s' }], ['a reset that is none', { 'x-ratelimit-remaining-tokens': '1', 'x-ratelimit-reset-tokens': 'soon' }]])('takes %s as not told', (_what, headers) => {
    expect(limitNotices(from(headers as Record<string, string>), NOW)).toEqual([])
  })
})
