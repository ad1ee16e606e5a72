import { expect, test } from 'vitest'
import { credentialOf, CredentialSnapshot, isSame } from './authenticate.ts'
import { credential, KEY } from './testing/edge.ts'

test('finds the credential behind a key', () => {
  const ours = credential()
  expect(credentialOf(KEY, new CredentialSnapshot([ours]), 0)).toBe(ours)
})

test('says why there is none', () => {
  const snapshot = new CredentialSnapshot([credential({ expiresAtMs: 1_000 })])
  expect(credentialOf(null, snapshot, 0)).toBe('key_missing')
  expect(credentialOf(`${KEY}x`, snapshot, 0)).toBe('key_unknown')
  expect(credentialOf(KEY, snapshot, 999)).toMatchObject({ keyId: 'key-1' })
  expect(credentialOf(KEY, snapshot, 1_000)).toBe('key_expired')
})

test('refuses a look-up that answers with another key', () => {
  const other = credential({ key: 'aw_other' })
  expect(credentialOf(KEY, { byKeyHash: () => other, used: () => undefined }, 0)).toBe('key_unknown')
})

test('forgets a key that the next snapshot does not hold', () => {
  const snapshot = new CredentialSnapshot([credential()])
  snapshot.replace([])
  expect(credentialOf(KEY, snapshot, 0)).toBe('key_unknown')
})

test('notes when keys were used, once a call', () => {
  const snapshot = new CredentialSnapshot()
  snapshot.used('key-1', 5)
  snapshot.used('key-1', 7)
  expect([...snapshot.takeUsed()]).toEqual([['key-1', 7]])
  expect(snapshot.takeUsed().size).toBe(0)
})

test.each([
  ['a'.repeat(64), 'a'.repeat(64), true],
  ['a'.repeat(64), `${'a'.repeat(63)}b`, false],
  ['a'.repeat(63), 'a'.repeat(64), false],
  ['abc', 'abc', true],
  ['abc', 'abd', false],
  ['\u00e9'.repeat(64), 'e'.repeat(64), false],
])('compares %s with %s', (given, expected, isEqual) => {
  expect(isSame(given, expected)).toBe(isEqual)
})

test('puts back notes that could not be written down, but never over a newer one', () => {
  const snapshot = new CredentialSnapshot()
  snapshot.used('key-1', 5)
  snapshot.used('key-2', 5)
  const taken = snapshot.takeUsed()
  snapshot.used('key-1', 9)
  snapshot.restoreUsed(taken)
  expect([...snapshot.takeUsed()].sort()).toEqual([['key-1', 9], ['key-2', 5]])
})
