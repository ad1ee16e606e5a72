import { expect, test } from 'vitest'
import { hashPassword, verifyPassword } from './passwords.ts'

const CHEAP = { N: 16, r: 8, p: 1 }

test('knows its password, in either Unicode form, and no other', async () => {
  const stored = await hashPassword('café latte macchiato', CHEAP)
  expect(await verifyPassword('cafe\u0301 latte macchiato', stored)).toBe(true)
  expect(await verifyPassword('cafe latte macchiato', stored)).toBe(false)
  expect(await verifyPassword('', stored)).toBe(false)
})

test('never stores the same password alike, and keeps the cost it was made with', async () => {
  const [one, two] = [await hashPassword('the same password', CHEAP), await hashPassword('the same password', { ...CHEAP, N: 32 })]
  expect(one).toMatch(/^scrypt\$16\$8\$1\$/)
  expect(one.split('$')[4]).not.toBe(two.split('$')[4])
  expect(await verifyPassword('the same password', two)).toBe(true)
})

test('a stored hash of another kind is an error, not a wrong password', async () => {
  await expect(verifyPassword('x', 'md5$x')).rejects.toThrow('unknown form')
})
