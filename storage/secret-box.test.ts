import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { hashApiKey, newApiKey, newHmacSecret, openSecretBox } from './secret-box.ts'

const box = openSecretBox(randomBytes(32))

test('gives back what was sealed, and never seals alike', () => {
  const [one, two] = [box.seal('whsec_x', 'row-1'), box.seal('whsec_x', 'row-1')]
  expect(box.open(one, 'row-1').toString()).toBe('whsec_x')
  expect(one.equals(two)).toBe(false)
  expect(one.toString('latin1')).not.toContain('whsec_x')
})

test.each([
  ['in another row', (sealed: Buffer) => box.open(sealed, 'row-2')], ['under another master key', (sealed: Buffer) => openSecretBox(randomBytes(32)).open(sealed, 'row-1')],
  ['after one bit was changed', (sealed: Buffer) => { sealed[sealed.length - 1]! ^= 1; return box.open(sealed, 'row-1') }], ['cut short', (sealed: Buffer) => box.open(sealed.subarray(0, 20), 'row-1')],
])('does not open %s', (_how, open) => {
  expect(() => open(box.seal('whsec_x', 'row-1'))).toThrow(expect.objectContaining({ code: 'config_invalid' }))
})

test('refuses a master key of another length', () => {
  expect(() => openSecretBox(randomBytes(16))).toThrow('AW_MASTER_KEY must be 32 bytes')
})

test('makes keys and secrets with 256 random bits in their documented form', () => {
  expect(newApiKey()).toMatch(/^aw_[\w-]{43}$/)
  expect(Buffer.from(newHmacSecret().slice('whsec_'.length), 'base64')).toHaveLength(32)
  expect(hashApiKey('aw_x')).toHaveLength(32)
})
