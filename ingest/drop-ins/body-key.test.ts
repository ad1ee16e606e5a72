import { expect, test } from 'vitest'
import { bodyKey } from './body-key.ts'

const [KNOWN, OTHER] = [`aw_${'k'.repeat(43)}`, `aw_${'o'.repeat(43)}`]
const isKnown = (key: string): boolean => key === KNOWN || key === OTHER
const keyIn = (value: unknown): string | null => bodyKey(Buffer.from(JSON.stringify(value)), isKnown)

test('a known key at the top of an object is found under either name, wherever it stands', () => {
  expect(keyIn({ routing_key: KNOWN })).toBe(KNOWN)
  expect(keyIn({ payload: { summary: 'x' }, service_key: KNOWN })).toBe(KNOWN)
  expect(bodyKey(Buffer.from(`{ "routing_key" :\n "${KNOWN}" }`), isKnown)).toBe(KNOWN)
})

test('a known key deeper inside, where alerts quote others, counts for nothing', () => {
  expect(keyIn({ payload: { custom_details: { routing_key: OTHER } } })).toBeNull()
  expect(keyIn({ payload: { custom_details: { routing_key: OTHER } }, routing_key: KNOWN })).toBe(KNOWN)
  expect(keyIn({ payload: { summary: `{"routing_key":"${OTHER}"}` }, routing_key: KNOWN })).toBe(KNOWN)
  expect(keyIn([{ routing_key: KNOWN }])).toBeNull()
})

test('a body without a known key is not parsed, whatever it is', () => {
  // Neither is JSON: the answer comes from the bytes alone.
  expect(bodyKey(Buffer.from('[1,[1,[1, "aw_nobody"'), isKnown)).toBe('aw_nobody')
  expect(bodyKey(Buffer.from('[1,[1,[1,'), isKnown)).toBeNull()
  expect(bodyKey(Buffer.from('"aw_'), isKnown)).toBeNull()
})

test('a body that is all keys of nobody costs a bounded number of look-ups', () => {
  let asked = 0
  const body = Buffer.from(JSON.stringify(Array.from({ length: 10_000 }, (_, index) => `aw_${index}`)))
  expect(bodyKey(body, () => (asked++, false))).toBe('aw_0')
  expect(asked).toBeLessThan(1_100)
})

test('what an alert quotes of keys cannot hide the one at the top', () => {
  const quoted = Array.from({ length: 3_000 }, (_, index) => `"aw_${index}"`).join(' ')
  expect(keyIn({ payload: { summary: quoted }, routing_key: KNOWN })).toBe(KNOWN)
  expect(keyIn({ payload: { summary: `"aw_${'x'.repeat(5_000)}"`, log: `aw_${'x'.repeat(5_000)}` }, routing_key: KNOWN })).toBe(KNOWN)
})
